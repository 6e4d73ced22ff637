//! What loading costs grows with the document, and not with its square: instructions of the built module.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::wasm_host::WasmHost;

const SMALL: usize = 1_000;
const LARGE: usize = 10_000;

/// The instructions that it takes to load a document of `entries` entries, and whether it is accepted.
fn cost(document: &dyn Fn(usize) -> String, entries: usize) -> (u64, bool) {
    let mut host = WasmHost::start(br#"{"allow_origins": ["https://a.example"]}"#).unwrap();
    let before = host.instructions();
    let accepted = host.configure(document(entries).as_bytes());
    (host.instructions() - before, accepted)
}

/// Ten times the entries cost ten times as much; a square would be a hundred times.
fn assert_linear(accepted: bool, document: &dyn Fn(usize) -> String) {
    let (small, large) = (cost(document, SMALL), cost(document, LARGE));
    println!("{small:?}, {large:?}");
    assert_eq!((small.1, large.1), (accepted, accepted));
    assert!(large.0 < small.0 * 15, "{} instructions for {SMALL} entries, {} for {LARGE}", small.0, large.0);
}

fn list(entries: usize, entry: impl Fn(usize) -> String) -> String {
    (0..entries).map(entry).collect::<Vec<_>>().join(",")
}

#[test]
fn unknown_keys() {
    assert_linear(false, &|entries| format!("{{{}}}", list(entries, |n| format!("\"unknown{n:06}\":1"))));
}

#[test]
fn duplicate_keys() {
    assert_linear(false, &|entries| format!("{{{}}}", list(entries, |_| String::from("\"max_age\":1"))));
}

#[test]
fn duplicate_names_of_policies() {
    let policy = |n: usize| format!(r#"{{"name":"p{}","enabled":false}}"#, n / 2);
    assert_linear(false, &|entries| format!("{{\"policies\":[{}]}}", list(entries, policy)));
}

#[test]
fn empty_lists() {
    let policy = |n: usize| format!(r#"{{"name":"p{n}","allow_origins":[]}}"#);
    assert_linear(false, &|entries| format!("{{\"policies\":[{}]}}", list(entries, policy)));
}

#[test]
fn items_of_a_wrong_type() {
    assert_linear(false, &|entries| format!("{{\"allow_origins\":[{}]}}", list(entries, |n| n.to_string())));
}

#[test]
fn duplicate_names_in_lists() {
    let rules = r#""allow_origins":["https://a.example"]"#;
    assert_linear(true, &|entries| {
        let names = list(entries, |n| format!("\"x-{}\"", n / 2));
        format!("{{{rules},\"allow_methods\":[{names}],\"allow_headers\":[{names}],\"expose_headers\":[{names}]}}")
    });
}

#[test]
fn duplicate_origins() {
    let rule = |n: usize| format!(r#""https://a{0}.example","https://*.a{0}.example""#, n / 4);
    assert_linear(true, &|entries| format!("{{\"allow_origins\":[{}]}}", list(entries / 2, rule)));
}

#[test]
fn schemes() {
    let rule = |n: usize| format!(r#""app-{n}://*.a.example","app-{n}://a-*.a.example""#);
    assert_linear(true, &|entries| format!("{{\"allow_origins\":[{}]}}", list(entries / 2, rule)));
}

#[test]
fn starts_and_ends_of_origins() {
    let rule = |n: usize| format!(r#""https://a-{n}-*.a.example","https://*-{n}.a.example""#);
    assert_linear(true, &|entries| format!("{{\"allow_origins\":[{}]}}", list(entries / 2, rule)));
}

#[test]
fn route_names() {
    let name = |n: usize| format!("\"route-{n}\"");
    let policy = r#""allow_origins":["https://a.example"]"#;
    assert_linear(true, &|entries| format!("{{{policy},\"match\":{{\"route_names\":[{}]}}}}", list(entries, name)));
}

#[test]
fn rules_with_several_wildcards() {
    let rule = |n: usize| format!(r#""https://{{a,b}}*.a-{n}.example""#);
    assert_linear(true, &|entries| format!("{{\"allow_origins\":[{}]}}", list(entries / 10, rule)));
}
