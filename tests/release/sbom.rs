//! The bills of materials: valid by CycloneDX's own schema, of exactly the crates that are built, the same bytes twice.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CREATED: &str = "1700000000";

const MODULE: (&str, &str) = ("envoy-cors", "wasm32-wasip1");
const TOOL: (&str, &str) = ("envoy-cors-tool", "x86_64-unknown-linux-musl");

const VALIDATE: &str = "
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
sys.exit(str(JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read()) or '') or 0)
";

fn write((package, target): (&str, &str), file: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_sbom")).args([package, target, CREATED]).arg(file).output().unwrap();
    succeeded(&output);
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `name version` of each component.
fn components(bom: &Value) -> BTreeSet<String> {
    let components = bom["components"].as_array().unwrap().iter();
    components
        .map(|found| format!("{} {}", found["name"].as_str().unwrap(), found["version"].as_str().unwrap()))
        .collect()
}

/// The same by `cargo tree`, without the package itself.
fn tree((package, target): (&str, &str)) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", package, "--target", target])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .output()
        .unwrap();
    succeeded(&output);
    let words = |line: &str| line.replace(" v", " ").split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    String::from_utf8(output.stdout).unwrap().lines().skip(1).map(words).collect()
}

fn in_new_folder(test: impl FnOnce(PathBuf)) {
    let folder = kit::envoy::new_folder();
    test(folder.clone());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn each_lists_exactly_the_crates_that_are_built() {
    in_new_folder(|folder| {
        for package in [MODULE, TOOL] {
            let bom = write(package, &folder.join("bom.json"));
            assert_eq!(components(&bom), tree(package));
            assert_eq!(bom["metadata"]["component"]["name"], package.0);
            assert_eq!(bom["metadata"]["properties"][0]["value"], package.1);
        }
    });
}

/// Not only by `cargo tree`, which the bill is made from.
#[test]
fn the_module_s_lists_the_crates_that_the_module_may_contain() {
    in_new_folder(|folder| {
        let bom = write(MODULE, &folder.join("bom.json"));
        let listed: BTreeSet<&str> =
            bom["components"].as_array().unwrap().iter().map(|found| found["name"].as_str().unwrap()).collect();
        let allowed = kit::table::read("tests/lint/module_crates.md", "crate");
        let allowed: BTreeSet<String> = allowed.iter().map(|row| row["crate"].trim_matches('`').to_owned()).collect();
        assert_eq!(listed, allowed.iter().map(String::as_str).filter(|name| *name != "envoy-cors").collect());
    });
}

#[test]
fn each_is_valid_by_the_schema() {
    in_new_folder(|folder| {
        for package in [MODULE, TOOL] {
            let file = folder.join("bom.json");
            write(package, &file);
            let python = kit::repository("target/tools/bin/python");
            let output = Command::new(python).args(["-c", VALIDATE]).arg(&file).output().unwrap();
            assert!(output.status.success(), "{}: {}", package.0, String::from_utf8_lossy(&output.stderr));
        }
    });
}

#[test]
fn each_component_has_what_a_scanner_needs_and_is_reached_from_the_package() {
    in_new_folder(|folder| {
        for package in [MODULE, TOOL] {
            let bom = write(package, &folder.join("bom.json"));
            let components = bom["components"].as_array().unwrap();
            for found in components {
                let name = found["name"].as_str().unwrap();
                assert!(found["licenses"][0]["expression"].is_string(), "{found}");
                // Another crate `cors` is in the registry.
                let ours = ["cors", "document"].contains(&name);
                let purl = format!("pkg:cargo/{name}@{}", found["version"].as_str().unwrap());
                assert_eq!(found["purl"].as_str(), (!ours).then_some(purl.as_str()));
                assert_eq!(found["hashes"][0]["content"].as_str().map(str::len), (!ours).then_some(64));
            }
            let uses: BTreeMap<&str, &Value> = bom["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| (entry["ref"].as_str().unwrap(), &entry["dependsOn"]))
                .collect();
            let mut reached = BTreeSet::new();
            let mut next = vec![bom["metadata"]["component"]["bom-ref"].as_str().unwrap()];
            while let Some(reference) = next.pop() {
                if reached.insert(reference) {
                    next.extend(uses[reference].as_array().unwrap().iter().map(|used| used.as_str().unwrap()));
                }
            }
            let listed: BTreeSet<&str> = components.iter().map(|found| found["bom-ref"].as_str().unwrap()).collect();
            assert_eq!(reached.len(), listed.len() + 1);
            assert!(reached.is_superset(&listed));
        }
    });
}

#[test]
fn the_same_arguments_give_the_same_bytes_without_a_folder_of_this_machine() {
    in_new_folder(|folder| {
        for package in [MODULE, TOOL] {
            let [first, second] = ["first", "second"].map(|name| {
                write(package, &folder.join(name));
                std::fs::read_to_string(folder.join(name)).unwrap()
            });
            assert!(first == second, "{}", package.0);
            assert!(first.contains("\"timestamp\": \"2023-11-14T22:13:20Z\""), "{first}");
            let repository = kit::repository("").canonicalize().unwrap();
            assert!(!first.contains(repository.to_str().unwrap()), "{first}");
        }
    });
}

#[test]
fn a_package_that_does_not_exist_is_an_error() {
    in_new_folder(|folder| {
        let file = folder.join("bom.json");
        let output = Command::new(env!("CARGO_BIN_EXE_sbom"))
            .args(["envoy-corn", "wasm32-wasip1", CREATED])
            .arg(&file)
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains("envoy-corn"));
        assert!(!file.exists());
    });
}
