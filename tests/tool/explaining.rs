//! What tests of `envoy-cors explain` share: two documents, and ways to call the program.

use serde_json::Value;
use std::process::{Command, Output};

pub const POLICY: &str = r#"{
  "allow_origins": ["https://app.example.com", "https://*.example.com"],
  "allow_methods": ["PUT"],
  "allow_headers": ["content-type"],
  "expose_headers": ["x-total-count"]
}"#;

pub const POLICIES: &str = r#"{
  "policies": [
    {"name": "public", "match": {"paths": ["/public/**"]}, "allow_origins": ["*"]},
    {"name": "internal", "match": {"paths": ["/internal/**"]}, "enabled": false},
    {"name": "trial", "match": {"paths": ["/trial/**"]}, "allow_origins": ["https://app.example.com"], "report_only": true},
    {"name": "app", "match": {"hosts": ["api.example.com"]},
      "allow_origins": [
        "https://other.example.com",
        "https://*.example.com"
      ]}
  ]
}"#;

pub const URL: &str = "https://api.example.com/orders/7";

pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_envoy-cors"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

/// Runs `explain NAME arguments…` in a folder that holds the document under that name.
pub fn explain_in(name: &str, document: &str, arguments: &[&str]) -> Output {
    let folder = kit::envoy::new_folder();
    std::fs::write(folder.join(name), document).unwrap();
    let output = command().args(["explain", name]).args(arguments).current_dir(&folder).output().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    output
}

pub fn text(document: &str, arguments: &[&str]) -> String {
    let output = explain_in("policy.json", document, arguments);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The JSON, whose verdict and exit code have to agree.
pub fn json_of(document: &str, arguments: &[&str]) -> Value {
    let output = explain_in("policy.json", document, &[&["--format", "json"], arguments].concat());
    let json: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let code = if json["verdict"] == "blocked" { 1 } else { 0 };
    assert_eq!(output.status.code(), Some(code), "{json:#}");
    json
}
