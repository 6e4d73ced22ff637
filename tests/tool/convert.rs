//! `envoy-cors convert` as a user runs it: each file of `convert/` gives what the `.out` file next to it says.
//!
//! `UPDATE_CONVERT=1` writes the `.out` files anew.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

fn folder() -> PathBuf {
    kit::repository("tests/tool/convert")
}

fn run(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_envoy-cors");
    Command::new(program).arg("convert").args(arguments).current_dir(folder()).output().unwrap()
}

/// The inputs: every YAML file, and the JSON file that is one.
fn inputs() -> Vec<String> {
    let names = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".yaml") || name.as_str() == "envoy_policy.json").collect();
    names.sort();
    names
}

fn arguments(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let first = text.lines().next().unwrap();
    let words = first.strip_prefix("# args: ").unwrap_or_default().split_whitespace().map(str::to_owned);
    words.chain([name.to_owned()]).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn each_input_gives_the_document_and_the_notes_next_to_it() {
    assert!(inputs().len() >= 15);
    for name in inputs() {
        let arguments = arguments(&name);
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = run(&words);
        let shown = format!(
            "$ envoy-cors convert {}\n{}{}exit {}\n",
            words.join(" "),
            text(&output.stdout),
            text(&output.stderr),
            output.status.code().unwrap()
        );
        let expected = folder().join(format!("{name}.out"));
        if std::env::var_os("UPDATE_CONVERT").is_some() {
            std::fs::write(&expected, &shown).unwrap();
        }
        assert_eq!(shown, std::fs::read_to_string(&expected).unwrap_or_default(), "{name}");
    }
}

/// The JSON output of an input, `None` where there is nothing to convert.
fn converted(name: &str) -> Option<Value> {
    let output = run(&["--format", "json", name]);
    if output.status.code() == Some(2) {
        assert!(output.stdout.is_empty(), "{name}");
        return None;
    }
    Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{name}: {error}")))
}

#[test]
fn every_result_is_loaded_without_problems() {
    let mut loaded = 0;
    for name in inputs() {
        let Some(output) = converted(&name) else { continue };
        let document = output["document"].to_string();
        let result = document::load(document.as_bytes());
        assert!(result.is_ok(), "{name}: {:?}", result.err());
        loaded += 1;
    }
    assert!(loaded >= 14, "{loaded}");
}

#[test]
fn the_exit_code_says_whether_something_was_lost() {
    for name in inputs() {
        let code = run(&[&name]).status.code().unwrap();
        let expected = match converted(&name) {
            None => 2,
            Some(output) => {
                let notes = output["notes"].as_array().unwrap().clone();
                i32::from(notes.iter().any(|note| note["severity"] == "lost"))
            }
        };
        assert_eq!(code, expected, "{name}");
    }
}

#[test]
fn nothing_dangerous_is_written_without_the_flag() {
    for name in inputs() {
        let Some(output) = converted(&name) else { continue };
        let text = output["document"].to_string();
        assert!(!text.contains("dangerously_allow"), "{name}: {text}");
    }
    let kept = run(&["--keep-dangerous", "dangerous.yaml"]);
    assert!(text(&kept.stdout).contains(r#""dangerously_allow": ["any_origin_with_credentials"]"#));
    assert_eq!(kept.status.code(), Some(0));
}

#[test]
fn what_carries_the_document_is_found_by_check_and_loaded() {
    for name in inputs().iter().filter(|name| name.starts_with("to_")) {
        let (written, plain) = (arguments(name), run(&["--format", "json", name]));
        let written = run(&written.iter().map(String::as_str).collect::<Vec<_>>());
        let source = tool::source::Source::new("manifest.yaml", &text(&written.stdout));
        let found = tool::source::find::documents(&source).unwrap();
        assert_eq!(found.documents.len(), 1, "{name}");
        let document: Value = serde_json::from_slice(&found.documents[0].bytes).unwrap();
        let plain: Value = serde_json::from_slice(&plain.stdout).unwrap();
        assert_eq!(document, plain["document"], "{name}");
    }
}

#[test]
fn several_files_and_standard_input_make_one_document() {
    let output = run(&["istio.yaml", "ingress_defaults.yaml", "--format", "json"]);
    let output: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files: std::collections::BTreeSet<String> =
        output["notes"].as_array().unwrap().iter().map(|note| note["file"].as_str().unwrap().to_owned()).collect();
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["ingress_defaults.yaml", "istio.yaml"]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_envoy-cors"))
        .args(["convert", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let input = std::fs::read(folder().join("ingress_defaults.yaml")).unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(text(&output.stdout).contains(r#""allow_origins": ["*"]"#));
    assert!(text(&output.stderr).starts_with("<stdin>:7: note: "), "{}", text(&output.stderr));
}

#[test]
fn unreadable_input_is_exit_2_with_its_place() {
    let folder = kit::envoy::new_folder();
    let file = folder.join("bad.yaml");
    std::fs::write(&file, "kind: Ingress\n  spec: [\n").unwrap();
    for arguments in [vec![file.to_str().unwrap()], vec!["missing.yaml"], vec![], vec!["--from", "nginx", "istio.yaml"]]
    {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
    assert!(text(&run(&[file.to_str().unwrap()]).stderr).contains("bad.yaml:2:"));
    std::fs::remove_dir_all(folder).unwrap();
}
