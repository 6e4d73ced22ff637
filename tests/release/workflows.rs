//! The workflows of GitHub Actions run what this repository has, with its toolchain.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::sample;
use serde_json::Value;

/// The commands of a workflow's only job.
fn commands(workflow: &Value, job: &str) -> Vec<String> {
    let steps = workflow["jobs"][job]["steps"].as_array().unwrap().iter();
    steps.filter_map(|step| step["run"].as_str()).map(str::to_owned).collect()
}

#[test]
fn continuous_integration_runs_what_a_contributor_runs_with_the_same_compiler() {
    let workflow = sample::yaml(".github/workflows/ci.yml");
    assert_eq!(commands(&workflow, "ci").last().unwrap(), ".ci/run");
    let toolchain = sample::text("rust-toolchain.toml");
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap().trim_matches('"');
    assert_eq!(workflow["jobs"]["ci"]["container"], format!("rust:{channel}-bookworm"));
}

#[test]
fn a_release_is_what_make_builds_twice_and_holds_every_file_with_a_checksum() {
    let workflow = sample::yaml(".github/workflows/release.yml");
    let commands = commands(&workflow, "release");
    let at =
        |text: &str| commands.iter().position(|command| command.contains(text)).unwrap_or_else(|| panic!("{text}"));
    assert!(at("make reproducible") < at("gh release create"));
    assert!(at("GITHUB_REF_NAME") < at("make reproducible"), "the tag is compared before anything is built");
    let makefile = sample::text("Makefile");
    assert!(makefile.contains("\nreproducible: dist "));
    let upload = &commands[at("gh release create")];
    assert!(upload.contains("dist/SHA256SUMS)") && upload.ends_with(" dist/SHA256SUMS"), "{upload}");
}
