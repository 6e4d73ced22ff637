//! What the worst request costs, in wasm instructions: a bound for each part of a request and of a response that somebody
//! else chooses, under ordinary policies and under those that cost the most.
//!
//! An instruction takes a third of a nanosecond to one nanosecond: a million is a millisecond at most.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::Header;
use kit::fixtures::{ORIGIN, headers, request};
use kit::wasm_host::WasmHost;
use serde_json::{Value, json};

/// A policy as it is for most, by host and path as well.
fn ordinary() -> Value {
    json!({ "policies": [{
        "match": { "hosts": ["*.example.com"], "paths": ["/api/**"] },
        "allow_origins": [ORIGIN, "https://*.example.org", "https://pr-*.preview.example.net:*"],
        "allow_methods": ["PUT"], "allow_headers": ["content-type", "x-requested-with"], "allow_credentials": true,
    }] })
}

fn start(config: &Value) -> WasmHost {
    WasmHost::start(config.to_string().as_bytes()).unwrap_or_else(|log| panic!("{:?}", log.first()))
}

fn upstream() -> Vec<Header> {
    headers(&[(":status", "200")])
}

/// Asserts what an exchange costs, after another one that has warmed up the module's memory.
fn assert_exchange(host: &mut WasmHost, name: &str, request: &[Header], upstream: &[Header], most: u64) {
    host.exchange(request.to_vec(), upstream.to_vec());
    let exchange = host.exchange(request.to_vec(), upstream.to_vec());
    println!("{name}: {} of {most} instructions, {:?}", exchange.instructions, exchange.counted);
    assert!(exchange.instructions <= most, "{name}: {} of {most} instructions", exchange.instructions);
}

fn assert_costs(host: &mut WasmHost, name: &str, list: &[(&str, &str)], most: u64) {
    assert_exchange(host, name, &request(list), &upstream(), most);
}

fn preflight<'a>(asked: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let preflight = [(":method", "OPTIONS"), ("origin", ORIGIN), ("access-control-request-method", "PUT")];
    [preflight.as_slice(), asked].concat()
}

/// The longest text of a header that Envoy lets through by default, more or less.
const LONG: usize = 60_000;

/// The longest host: labels of one byte, each of which may be the end of a rule.
fn many_labels(end: &str) -> String {
    format!("{}{end}", "a.".repeat((253 - end.len()) / 2))
}

#[test]
fn whatever_a_client_sends_costs_a_bounded_number_of_instructions() {
    let mut host = start(&ordinary());
    for (name, origin, most) in [
        ("the longest origin", format!("https://{}", many_labels("x.example.net")), 60_000),
        ("an origin of many bytes", format!("https://{}", "a.".repeat(LONG / 2)), 15_000),
        ("an origin of many bytes and one label", "a".repeat(LONG), 15_000),
        ("the longest scheme", format!("{}://a.example.org", "a".repeat(490)), 30_000),
        ("the longest IPv6 address", String::from("https://[1111:2222:3333:4444:5555:6666:7777:8888]"), 20_000),
        ("colons", format!("https://[{}]", ":".repeat(500)), 30_000),
        ("numbers", format!("https://{}1", "1.".repeat(126)), 30_000),
    ] {
        assert_costs(&mut host, name, &[("origin", &origin)], most);
    }
    for (name, path, most) in [
        ("the longest path", format!("/api/{}", "a".repeat(4091)), 250_000),
        ("the longest path of short segments", format!("/api/{}a", "a/".repeat(2045)), 250_000),
        ("the longest path of escapes", format!("/api/{}", "%20".repeat(1363)), 350_000),
        ("a path of many bytes", "/a".repeat(LONG / 2), 80_000),
        ("a query of many bytes", format!("/api/a?{}", "?".repeat(LONG)), 15_000),
    ] {
        assert_costs(&mut host, name, &[(":path", &path), ("origin", ORIGIN)], most);
    }
    for (name, authority, most) in [
        ("the longest host", many_labels("x.example.com"), 40_000),
        ("an authority of many bytes", "A.".repeat(LONG / 2), 15_000),
        ("an authority of many digits", "1".repeat(LONG), 15_000),
        ("an authority of 512 digits", "1".repeat(512), 60_000),
    ] {
        assert_costs(&mut host, name, &[(":authority", &authority), ("origin", ORIGIN)], most);
    }
    assert_costs(
        &mut host,
        "a method of many bytes",
        &preflight(&[("access-control-request-method", &"A".repeat(LONG))]),
        15_000,
    );
    for (name, asked, most) in [
        ("the longest list of headers", "content-type,".repeat(315), 500_000),
        ("the longest list of headers in upper case", "X-REQUESTED-WITH,".repeat(240), 500_000),
        ("the longest list of short headers", "a,".repeat(2048), 15_000),
        ("separators only", ", ".repeat(2048), 150_000),
        ("a list of many bytes", "a,".repeat(LONG / 2), 15_000),
    ] {
        assert_costs(&mut host, name, &preflight(&[("access-control-request-headers", &asked)]), most);
    }
}

/// Envoy takes 100 headers by default.
#[test]
fn each_further_header_costs_a_bounded_number_of_instructions() {
    let mut host = start(&ordinary());
    for (name, own, most) in [
        ("any header", "x-{}", 60),
        ("a header whose name is as long as one that is read", "{}-control-request-headers", 110),
        ("a further line of the requested headers", "access-control-request-headers", 400),
    ] {
        let mut with_many = request(&preflight(&[]));
        with_many.extend((100_000..101_000).map(|n| (own.replace("{}", &n.to_string()).into_bytes(), b"a".to_vec())));
        assert_exchange(&mut host, name, &with_many, &upstream(), 10_000 + 1000 * most);
    }
}

#[test]
fn whatever_an_upstream_sends_costs_a_bounded_number_of_instructions() {
    let mut host = start(&ordinary());
    for (name, vary, most) in [
        ("the longest Vary that is merged with", "origin,".repeat(292), 250_000),
        ("the longest Vary of short names", "a,".repeat(1024), 250_000),
        ("separators only", ", ".repeat(1024), 60_000),
        ("a Vary of many bytes", "a,".repeat(LONG / 2), 15_000),
    ] {
        for list in [[("origin", ORIGIN)], [("x-origin", ORIGIN)]] {
            let response = headers(&[(":status", "200"), ("vary", &vary)]);
            assert_exchange(&mut host, name, &request(&list), &response, most);
        }
    }
}

/// A policy without credentials of these rules, of which some may be broad.
fn rules(rules: impl Iterator<Item = String>) -> Value {
    json!({ "allow_origins": rules.collect::<Vec<_>>(), "dangerously_allow": ["broad_patterns"] })
}

#[test]
fn a_hundred_thousand_rules_that_share_their_end_cost_little_more_than_one() {
    let mut host = start(&rules((0..100_000).map(|n| format!("https://pr-{n}-*.x.example"))));
    for (name, origin, most) in [
        ("allowed", String::from("https://pr-77777-a.x.example"), 6_000),
        ("refused", String::from("https://pr-100000-a.x.example"), 6_000),
        ("the longest", format!("https://{}", many_labels("x.example")), 40_000),
    ] {
        assert_costs(&mut host, name, &[("origin", &origin)], most);
    }
}

#[test]
fn rules_that_share_their_start_cost_little_more_than_one() {
    let mut host = start(&rules((0..20_000).map(|n| format!("https://pr-*-{n}.x.example"))));
    for (name, origin, most) in [
        ("allowed", String::from("https://pr-a-7777.x.example"), 6_000),
        ("refused", String::from("https://pr-a-20000.x.example"), 6_000),
        ("the longest", format!("https://{}", many_labels("x.example")), 40_000),
    ] {
        assert_costs(&mut host, name, &[("origin", &origin)], most);
    }
}

/// A host name of this many bytes, in labels that are as long as can be.
fn long_name(byte: &str, length: usize) -> String {
    (0..length).map(|at| if at % 60 == 59 { "." } else { byte }).collect()
}

/// The rules that cost the most to look up: starts and ends of every length, all of which fit the origin, but no rule has
/// two that do. More such rules cost no more, as the lengths are all there.
#[test]
fn starts_and_ends_of_every_length_cost_a_bounded_number_of_instructions() {
    let mut list = Vec::new();
    for start in (1..180).filter(|length| length % 60 != 0) {
        for end in 1..63 {
            let (fits, ends) = (long_name("a", start), "b".repeat(end));
            list.push(format!("https://{fits}*c{}.x.example", "b".repeat(end - 1)));
            list.push(format!("https://{fits}c*{ends}.x.example"));
        }
    }
    let mut host = start(&rules(list.into_iter()));
    let origin = format!("https://{}.{}.x.example", long_name("a", 178), "b".repeat(63));
    assert_costs(&mut host, "starts and ends", &[("origin", &origin)], 2_000_000);
}

/// As many rules with several wildcards as a document may have for one origin.
#[test]
fn rules_with_several_wildcards_cost_a_bounded_number_of_instructions() {
    let several = |count: u32| rules((0..count).map(|n| format!("https://*-{n}-*.x.example")));
    let mut host = start(&several(256));
    let long = format!("https://{}.{}.x.example", long_name("-", 178), "-".repeat(60));
    assert_costs(&mut host, "a short host", &[("origin", "https://a-7777-a.x.example")], 300_000);
    assert_costs(&mut host, "a long host", &[("origin", &long)], 4_000_000);

    // A long glob counts as four, and each end of an alternative as one more.
    let longest = |count: u32| rules((0..count).map(|n| format!("https://{n}{}.x.example", "*a".repeat(100))));
    let mut host = start(&longest(1));
    let long = format!("https://0{}.{}.x.example", long_name("a", 178), "a".repeat(60));
    assert_costs(&mut host, "the longest glob", &[("origin", &long)], 80_000);

    let alternatives = |count: u32| rules((0..count).map(|n| format!("https://{}{n}*.x.example", "{-,-}*".repeat(20))));
    let mut host = start(&alternatives(4));
    let long = format!("https://{}.{}.x.example", long_name("-", 178), "-".repeat(60));
    assert_costs(&mut host, "alternatives", &[("origin", &long)], 4_000_000);
    assert!(WasmHost::start(alternatives(7).to_string().as_bytes()).is_err());

    assert!(WasmHost::start(several(257).to_string().as_bytes()).is_err());
    // Rules that do not end alike are not tried for the same origin.
    let apart = rules((0..300).map(|n| format!("https://{{app,admin}}-[0-9].team-{n:03}.example.com")));
    let mut host = start(&apart);
    assert_costs(&mut host, "rules of many domains", &[("origin", "https://admin-7.team-299.example.com")], 10_000);
}

#[test]
fn two_hundred_policies_told_apart_by_route_alone_cost_little_more_than_one() {
    let policy = |n: u32| json!({ "name": format!("p{n}"), "match": { "route_names": [format!("route-{n}"), "x"] }, "allow_origins": [ORIGIN] });
    let mut host = start(&json!({ "policies": (0..200).map(policy).collect::<Vec<_>>() }));
    for route in ["route-0", "route-199", "x", "none"] {
        host.set_property("xds.route_name", Some(route));
        assert_costs(&mut host, route, &[("origin", ORIGIN)], 4_500);
    }
    host.set_property("xds.route_name", Some(&"x".repeat(LONG)));
    assert_costs(&mut host, "a route name of many bytes", &[("origin", ORIGIN)], 120_000);
}

/// A path glob with a wildcard before the part that tells it apart is tried by itself, and each costs this much.
#[test]
fn a_glob_over_the_longest_path_costs_a_bounded_number_of_instructions() {
    for (glob, most) in [
        (String::from("/*/b/*"), 450_000),
        (String::from("/**/a/**/b"), 550_000),
        (format!("/{}", "*a".repeat(30)), 450_000),
        (format!("/{}", "*a".repeat(120)), 1_000_000),
        (format!("/{}", "{a,a}*".repeat(42)), 30_000_000),
    ] {
        let policy = json!({ "match": { "paths": [&glob] }, "allow_origins": [ORIGIN] });
        let mut host = start(&json!({ "policies": [policy] }));
        for path in
            [format!("/{}", "a".repeat(4095)), format!("/{}a", "a/".repeat(2047)), format!("/a/b/{}", "x".repeat(4090))]
        {
            assert_costs(&mut host, &glob, &[(":path", &path), ("origin", ORIGIN)], most);
        }
    }
}
