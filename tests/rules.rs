//! Origin rules and policies, from their text to the requests they cover.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use cors::allow_origins::{AllowOrigins, Verdict};
use cors::policies::Target;
use kit::fixtures;
use serde_json::Value;

fn origins(rules: &[&str]) -> AllowOrigins {
    AllowOrigins::new(rules.iter().map(|rule| document::origin_rule::parse(rule).unwrap()))
}

fn allowed(rules: &[&str], origin: &str) -> bool {
    origins(rules).judge(origin.as_bytes()) == Verdict::Allowed
}

#[test]
fn an_exact_rule_matches_itself_only() {
    let rules = ["https://foo.com", "https://bar.com", "http://localhost:3000"];
    assert!(allowed(&rules, "https://foo.com"));
    assert!(allowed(&rules, "http://localhost:3000"));
    for other in
        ["https://barfoo.com", "https://foo.com:8443", "http://foo.com", "https://a.foo.com", "http://localhost"]
    {
        assert!(!allowed(&rules, other), "{other}");
    }
}

#[test]
fn any_port_covers_every_port_and_none() {
    for origin in ["http://localhost", "http://localhost:1", "http://localhost:65535"] {
        assert!(allowed(&["http://localhost:*"], origin), "{origin}");
    }
    assert!(!allowed(&["http://localhost:*"], "https://localhost"));
    assert!(!allowed(&["http://localhost:*"], "http://localhost.evil.test"));
    assert!(allowed(&["http://[::1]:*"], "http://[::1]:3000"));
    assert!(allowed(&["https://*.example.com:*"], "https://a.example.com:8443"));
    assert!(allowed(&["https://*.example.com:*"], "https://a.example.com"));
}

#[test]
fn wildcards_are_found_by_their_literal_suffix() {
    let rules = ["https://*.example.com", "https://*-preview.example.com:8443", "https://pr-*.example.org"];
    assert!(allowed(&rules, "https://a.b.example.com"));
    assert!(allowed(&rules, "https://x-preview.example.com:8443"));
    assert!(allowed(&rules, "https://pr-1.example.org"));
    for other in [
        "https://a.example.com:8443",
        "https://example.com",
        "https://xample.com",
        "https://pr.example.org",
        "https://pr-1.example.org.evil.test",
    ] {
        assert!(!allowed(&rules, other), "{other}");
    }
}

#[test]
fn broad_patterns_without_a_literal_suffix_are_found() {
    assert!(allowed(&["https://*"], "https://a.example.com"));
    assert!(allowed(&["https://example.*"], "https://example.org"));
    assert!(!allowed(&["https://example.*"], "https://anexample.org"));
    assert!(allowed(&["https://*example.com"], "https://anexample.com"));
    assert!(allowed(&["https://*.com"], "https://a.com"));
}

#[test]
fn duplicate_rules_are_counted_once() {
    assert_eq!(
        origins(&["https://a.example", "https://a.example", "https://*.a.example", "http://a.example:*"]).rule_count(),
        3
    );
}

/// The name of the policy that decides about a request.
fn find(document: &str, authority: &str, path: &str, route_name: Option<&str>) -> String {
    let document: Value = serde_json::from_str(document).unwrap();
    let policies = fixtures::configuration(&document).policies;
    let route_name = route_name.map(str::as_bytes);
    let target = Target { authority: authority.as_bytes(), path: path.as_bytes(), route_name };
    policies.find(&target).map_or("nothing", |number| &policies.get(number).unwrap().name).to_owned()
}

const DOCUMENT: &str = r#"{"policies": [
    {"name": "off", "enabled": false, "match": {"paths": ["/internal/**"]}},
    {"name": "whole", "match": {"paths": ["/a/b"]}, "allow_origins": ["*"]},
    {"name": "both", "match": {"hosts": ["api.example.com", "*.api.example.com"], "paths": ["/v1/**", "/v2/*"]}, "allow_origins": ["*"]},
    {"name": "host", "match": {"hosts": ["API.example.com"]}, "allow_origins": ["*"]},
    {"name": "route", "match": {"route_names": ["r1", "r2"]}, "allow_origins": ["*"]},
    {"name": "class", "match": {"paths": ["/v[34]/x"]}, "allow_origins": ["*"]},
    {"name": "rest", "match": {"hosts": ["*.com"]}, "allow_origins": ["*"]}
]}"#;

#[test]
fn the_first_policy_that_matches_decides() {
    for (authority, path, route_name, name) in [
        ("api.example.com", "/internal/x", None, "nothing"),
        ("api.example.com", "/a/b", None, "whole"),
        ("api.example.com", "/a/b?c", None, "whole"),
        ("api.example.com", "/a/b/", None, "host"),
        ("api.example.com", "/a/bc", None, "host"),
        ("api.example.com:8443", "/v1/x/y", None, "both"),
        ("x.api.example.com", "/v2/x", None, "both"),
        ("x.api.example.com", "/v2/x/y", None, "rest"),
        ("api.example.com", "/v2/x/y", None, "host"),
        ("other.example.org", "/v1/x", Some("r2"), "route"),
        ("other.example.org", "/v1/x", Some("r3"), "nothing"),
        ("other.example.org", "/v3/x", None, "class"),
        ("other.example.com", "/v3/x", Some("r1"), "route"),
        ("other.example.com", "/", None, "rest"),
        ("other.example.com", "/a//b", None, "-"),
        ("", "", None, "nothing"),
    ] {
        assert_eq!(find(DOCUMENT, authority, path, route_name), name, "{authority}{path} {route_name:?}");
    }
}
