//! `envoy-cors completions`, as a shell gets it.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::process::Command;

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = Command::new(env!("CARGO_BIN_EXE_envoy-cors")).args(["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success());
        for word in ["check", "explain", "schema", "deny-warnings"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let output = Command::new(env!("CARGO_BIN_EXE_envoy-cors")).args(["completions", "tcsh"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn as_json_the_script_is_a_member() {
    let run =
        |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_envoy-cors")).args(arguments).output().unwrap().stdout;
    let json = run(&["completions", "fish", "--format", "json"]);
    let object: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let script = String::from_utf8(run(&["completions", "fish"])).unwrap();
    assert_eq!(object, serde_json::json!({ "shell": "fish", "script": script }));
}

#[test]
fn bash_takes_its_script() {
    let script = "source <(\"$0\" completions bash) && complete -p envoy-cors";
    let output = Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_envoy-cors")]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("envoy-cors"));
}
