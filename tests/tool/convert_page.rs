//! envoy/migration.md: each conversion that it shows was run, each policy is loaded.
//!
//! `UPDATE_CONVERT=1` writes what the commands print into the page.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::process::Command;

fn page() -> std::path::PathBuf {
    kit::repository("envoy/migration.md")
}

/// The fenced blocks of a kind: the text of each, without its fences.
fn blocks<'a>(text: &'a str, kind: &str) -> Vec<&'a str> {
    let fence = format!("```{kind}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn each_command_prints_what_the_page_shows() {
    let mut text = std::fs::read_to_string(page()).unwrap();
    let folder = kit::envoy::new_folder();
    for block in blocks(&text, "yaml") {
        let name = block.lines().next().unwrap().strip_prefix("# ").unwrap();
        std::fs::write(folder.join(name), block).unwrap();
    }
    let shown: Vec<String> = blocks(&text, "console").into_iter().map(str::to_owned).collect();
    assert_eq!(shown.len(), 5);
    for block in shown {
        let line = block.lines().next().unwrap();
        let words: Vec<&str> = line.strip_prefix("$ envoy-cors ").unwrap().split_whitespace().collect();
        let output = Command::new(env!("CARGO_BIN_EXE_envoy-cors")).args(&words).current_dir(&folder).output().unwrap();
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        let printed = format!("{line}\n{printed}");
        if std::env::var_os("UPDATE_CONVERT").is_some() {
            text = text.replacen(&format!("```console\n{block}```"), &format!("```console\n{printed}```"), 1);
        } else {
            assert_eq!(block, printed);
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
    if std::env::var_os("UPDATE_CONVERT").is_some() {
        std::fs::write(page(), text).unwrap();
    }
}

#[test]
fn the_readme_shows_what_the_first_conversion_of_the_page_prints() {
    let text = std::fs::read_to_string(page()).unwrap();
    let readme = std::fs::read_to_string(kit::repository("README.md")).unwrap();
    let (_, block) = readme.split_once("```console\n$ envoy-cors convert ingress.yaml > policy.json\n").unwrap();
    let folder = kit::envoy::new_folder();
    let ingress = blocks(&text, "yaml")[0];
    assert!(ingress.starts_with("# ingress.yaml\n"));
    std::fs::write(folder.join("ingress.yaml"), ingress).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_envoy-cors"));
    let output = command.args(["convert", "ingress.yaml"]).current_dir(&folder).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), block.split_once("```").unwrap().0);
    assert!(document::load(&output.stdout).is_ok());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn each_policy_in_the_table_is_loaded() {
    let text = std::fs::read_to_string(page()).unwrap();
    let policies: Vec<&str> = text.split('`').filter(|code| code.starts_with("{\"allow_origins\"")).collect();
    assert_eq!(policies.len(), 6);
    for policy in policies {
        let loaded = document::load(policy.as_bytes());
        assert!(loaded.is_ok(), "{policy}: {:?}", loaded.err());
    }
}
