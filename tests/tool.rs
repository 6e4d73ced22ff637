//! The offline tool, as a user calls it.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::process::{Command, Output};

const POLICY: &str =
    r#"{"allow_origins": ["https://app.example.com", "https://*.example.com"], "allow_methods": ["PUT"]}"#;

/// Runs the tool in a folder that holds `policy.json`.
fn run(policy: &str, arguments: &[&str]) -> Output {
    let folder = kit::envoy::new_folder();
    std::fs::write(folder.join("policy.json"), policy).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_envoy-cors")).args(arguments).current_dir(&folder).output().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    output
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_document_is_checked() {
    let output = run(POLICY, &["check", "policy.json"]);
    assert_eq!(stdout(&output), "policy.json: 1 policy, 2 origin rules, dangerously allowed: nothing\n");
    let output = run(r#"{"allow_origins": ["https://a.example/"], "max_age": "1"}"#, &["check", "policy.json"]);
    assert_eq!(output.status.code(), Some(1));
    let problems = String::from_utf8(output.stderr).unwrap();
    assert_eq!(problems.lines().count(), 2, "{problems}");
    assert!(problems.contains("allow_origins[0]: \"https://a.example/\": an origin has no path"), "{problems}");
}

#[test]
fn a_preflight_is_explained() {
    let preflight =
        ["-X", "OPTIONS", "-H", "Origin: https://app.example.com", "-H", "Access-Control-Request-Method: PUT"];
    let arguments = [&["explain", "policy.json"], preflight.as_slice(), &["http://api.example.com/x"]].concat();
    let expected = "policy=default kind=preflight outcome=allowed\n\
        answered by the filter: 204 (cors_preflight_allowed)\n  \
        access-control-allow-origin: https://app.example.com\n  \
        access-control-allow-methods: PUT\n  \
        vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\n";
    assert_eq!(stdout(&run(POLICY, &arguments)), expected);
}

#[test]
fn a_request_is_explained_with_upstream_s_headers() {
    let arguments =
        ["explain", "policy.json", "-H", "Origin: https://evil.example", "-U", "Access-Control-Allow-Origin: *"];
    let output = run(POLICY, &[arguments.as_slice(), &["http://api.example.com/orders"]].concat());
    let expected = "policy=default kind=request outcome=origin_refused\nforwarded; of these headers the client gets\n  vary: Origin\n";
    assert_eq!(stdout(&output), expected);
    let readme = std::fs::read_to_string(kit::repository("README.md")).unwrap();
    assert!(readme.contains(expected.trim_end()), "the README shows what it prints");
    let output = run(POLICY, &["explain", "policy.json", "http://api.example.com"]);
    assert!(stdout(&output).starts_with("no decision: the request has no Origin"));
}

#[test]
fn a_route_and_a_host_pick_the_policy() {
    let policy = r#"{"policies": [
        {"name": "r", "match": {"hosts": ["api.example.com"], "route_names": ["orders"]}, "allow_origins": ["*"]}
    ]}"#;
    let output = run(
        policy,
        &["explain", "policy.json", "-H", "Origin: https://a.example", "-R", "orders", "https://API.example.com:8443/"],
    );
    assert!(stdout(&output).starts_with("policy=r kind=request outcome=allowed\n"));
}

#[test]
fn a_wrong_call_is_told_how() {
    for arguments in [
        &[][..],
        &["check"],
        &["explain", "policy.json"],
        &["explain", "policy.json", "-X"],
        &["explain", "policy.json", "nonsense"],
    ] {
        let output = run(POLICY, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("usage: envoy-cors check FILE"));
    }
    assert_eq!(run(POLICY, &["check", "missing.json"]).status.code(), Some(2));
}
