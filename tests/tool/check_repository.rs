//! What `check` says of the configurations and manifests of this repository.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files under `envoy/` that have no policy in them.
const WITHOUT_POLICY: [&str; 3] = ["envoy/gateway/envoyproxy.yaml", "envoy/istio/telemetry.yaml", "envoy/monitoring/"];

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

/// The warnings that a file gives on purpose.
fn intended(file: &str) -> &'static [&'static str] {
    match file {
        // It shows what other orders of filters do.
        "envoy/orders/envoy.yaml" => &["behind_authentication"],
        // Whoever applies a manifest writes the checksum of the module into it.
        _ if file.starts_with("envoy/istio/") || file.starts_with("envoy/gateway/") => &["zero_checksum"],
        _ => &[],
    }
}

#[test]
fn each_policy_under_envoy_passes_without_errors_or_unintended_warnings() {
    let root = kit::repository("");
    let mut files = Vec::new();
    yaml_files(&root.join("envoy"), &mut files);
    let mut checked = 0;
    for path in files {
        let file = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        if WITHOUT_POLICY.iter().any(|without| file.starts_with(without)) {
            continue;
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_envoy-cors"));
        let output = command.args(["check", "--format", "json", &file]).current_dir(&root).output().unwrap();
        let findings: Vec<Value> =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(output.status.code(), Some(0), "{file}: {findings:?}");
        for finding in findings {
            assert!(intended(&file).contains(&finding["code"].as_str().unwrap()), "{file}: {finding}");
        }
        checked += 1;
    }
    assert!(checked >= 15, "{checked}");
}
