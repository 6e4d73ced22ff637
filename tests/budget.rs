//! What a request costs, in host calls and wasm instructions, counted in the built module. Unlike times, counts are the
//! same in every run.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::Header;
use kit::fixtures::{ORIGIN, PREFLIGHT, headers, policy, policy_for, request};
use kit::wasm_host::{Exchange, WasmHost};
use serde_json::{Value, json};

fn upstream() -> Vec<Header> {
    headers(&[(":status", "200"), ("content-type", "application/json")])
}

fn upstream_with_vary() -> Vec<Header> {
    headers(&[(":status", "200"), ("content-type", "application/json"), ("vary", "Accept-Encoding")])
}

fn start(config: &Value) -> WasmHost {
    WasmHost::start(config.to_string().as_bytes()).unwrap_or_else(|log| panic!("{log:?}"))
}

/// The cost of a request after a few others have warmed up the module's memory, as in a running Envoy.
fn cost(host: &mut WasmHost, list: List) -> Exchange {
    cost_with(host, list, &upstream_with_vary())
}

fn cost_with(host: &mut WasmHost, list: List, upstream: &[Header]) -> Exchange {
    for _ in 0..3 {
        host.exchange(request(list), upstream.to_vec());
    }
    host.exchange(request(list), upstream.to_vec())
}

type List<'a> = &'a [(&'a str, &'a str)];

/// What a kind of request may cost: host calls, instructions, and instructions when upstream's response has a `Vary` to
/// merge with.
struct Budget<'a> {
    name: &'a str,
    request: List<'a>,
    counted: &'a str,
    calls: usize,
    instructions: u64,
    merging: u64,
}

const BUDGETS: [Budget; 4] = [
    Budget { name: "no Origin", request: &[], counted: "", calls: 3, instructions: 1_500, merging: 2_200 },
    Budget {
        name: "allowed",
        request: &[("origin", ORIGIN)],
        counted: "default/request/allowed",
        calls: 8,
        instructions: 3_600,
        merging: 3_600,
    },
    Budget {
        name: "refused",
        request: &[("origin", "https://evil.example")],
        counted: "default/request/origin_refused",
        calls: 12,
        instructions: 3_600,
        merging: 4_100,
    },
    Budget {
        name: "preflight",
        request: &PREFLIGHT,
        counted: "default/preflight/allowed",
        calls: 5,
        instructions: 6_000,
        merging: 6_000,
    },
];

/// Runs a request of each kind, and asserts that it costs at most `percent` of its budget.
fn assert_within_budgets(name: &str, config: &Value, percent: u64) {
    let mut host = start(config);
    for budget in BUDGETS {
        for (upstream, most) in [(upstream(), budget.instructions), (upstream_with_vary(), budget.merging)] {
            let exchange = cost_with(&mut host, budget.request, &upstream);
            let (calls, instructions) = (exchange.calls.len(), exchange.instructions);
            println!("{name}, {}: {calls} host calls, {instructions} instructions", budget.name);
            assert_eq!(exchange.counted.join(" "), budget.counted, "{name}, {}", budget.name);
            assert!(calls <= budget.calls, "{name}, {}: {:?}", budget.name, exchange.calls);
            assert!(instructions * 100 <= most * percent, "{name}, {}: {instructions} of {most}", budget.name);
        }
    }
}

#[test]
fn each_kind_of_request_stays_within_its_budget() {
    assert_within_budgets("one rule", &policy(), 100);
}

#[test]
fn an_origin_of_fifty_kilobytes_costs_no_more_than_another() {
    let mut host = start(&policy());
    let long = format!("https://{}", "a.".repeat(25_000));
    let exchange = cost_with(&mut host, &[("origin", &long)], &upstream());
    assert_eq!(exchange.counted, ["default/request/origin_malformed"]);
    assert!(exchange.instructions <= 3_600, "{}", exchange.instructions);
}

#[test]
fn each_kind_of_request_stays_near_its_budget_under_a_hundred_thousand_rules() {
    let rules = (0..100_000).map(|n| format!("https://app{n:05}.example.com")).chain([String::from(ORIGIN)]);
    assert_within_budgets("100,001 rules", &policy_for(rules), 115);
}

/// The instructions of an allowed request and of a refused one; with other rules, only the lookup differs.
fn lookup_costs(rules: Vec<String>, allowed: &str, refused: &str) -> (u64, u64) {
    let mut host = start(&json!({ "allow_origins": rules }));
    let hit = cost(&mut host, &[("origin", allowed)]);
    assert_eq!(hit.counted, ["default/request/allowed"]);
    let miss = cost(&mut host, &[("origin", refused)]);
    assert_eq!(miss.counted, ["default/request/origin_refused"]);
    (hit.instructions, miss.instructions)
}

/// Asserts that a lookup among many rules costs at most 15 percent more than with one.
fn assert_flat(name: &str, one: (u64, u64), many: (u64, u64)) {
    println!("{name}: allowed {} -> {}, refused {} -> {} instructions", one.0, many.0, one.1, many.1);
    assert!(many.0 * 100 <= one.0 * 115, "{name}, allowed: {} -> {}", one.0, many.0);
    assert!(many.1 * 100 <= one.1 * 115, "{name}, refused: {} -> {}", one.1, many.1);
}

#[test]
fn a_hundred_thousand_exact_rules_cost_like_one() {
    let rule = |n: u32| format!("https://app{n:05}.example.com");
    let refused = "https://app99999.example.org";
    let one = lookup_costs(vec![rule(77_777)], &rule(77_777), refused);
    let many = lookup_costs((0..100_000).map(rule).collect(), &rule(77_777), refused);
    assert_flat("exact", one, many);
}

#[test]
fn a_hundred_thousand_wildcard_rules_cost_like_one() {
    let rule = |n: u32| format!("https://*.g{n:05}.example.com");
    let (allowed, refused) = ("https://a.g77777.example.com", "https://a.g77777.example.org");
    let one = lookup_costs(vec![rule(77_777)], allowed, refused);
    let many = lookup_costs((0..100_000).map(rule).collect(), allowed, refused);
    assert_flat("wildcard", one, many);
}

#[test]
fn streams_leave_no_memory_behind() {
    let mut host = start(&policy());
    for _ in 0..100 {
        host.exchange(request(&PREFLIGHT), upstream());
        host.exchange(request(&[("origin", ORIGIN)]), upstream());
    }
    let before = host.memory_bytes();
    for _ in 0..4_000 {
        host.exchange(request(&PREFLIGHT), upstream());
        host.exchange(request(&[("origin", ORIGIN)]), upstream());
    }
    assert_eq!(host.memory_bytes(), before);
}

/// A policy for each of `count` services; `matches` turns a service's number into the policy's `match`.
fn many_policies(count: u32, matches: impl Fn(u32) -> Value) -> Value {
    let policy_of = |n: u32| {
        let mut policy = policy();
        policy["name"] = json!(format!("service-{n}"));
        policy["match"] = matches(n);
        policy
    };
    json!({ "policies": (1000..1000 + count).map(policy_of).collect::<Vec<_>>() })
}

#[test]
fn finding_one_policy_among_two_hundred_costs_little_more_than_finding_the_only_one() {
    type Matches = fn(u32) -> Value;
    let ways: [(&str, Matches); 4] = [
        ("by host", |n| json!({ "hosts": [format!("api{n}.example.com")] })),
        ("by domain", |n| json!({ "hosts": [format!("*.api{n}.example.com")] })),
        ("by path", |n| json!({ "paths": [format!("/api{n}/**")] })),
        ("by host and path", |n| json!({ "hosts": ["api.example.com"], "paths": [format!("/api{n}/**")] })),
    ];
    for (way, matches) in ways {
        let authority = match way {
            "by domain" => "x.api1000.example.com",
            "by host" => "api1000.example.com",
            _ => "api.example.com",
        };
        let target = [(":authority", authority), (":path", "/api1000/orders/7")];
        let allowed = [target.as_slice(), &[("origin", ORIGIN)]].concat();
        let refused = [target.as_slice(), &[("origin", "https://evil.example")]].concat();
        let preflight = [target.as_slice(), &PREFLIGHT].concat();
        let kinds: [(&str, List); 4] =
            [("no Origin", &target), ("allowed", &allowed), ("refused", &refused), ("preflight", &preflight)];
        for (kind, list) in kinds {
            let one = cost(&mut start(&many_policies(1, matches)), list);
            let many = cost(&mut start(&many_policies(200, matches)), list);
            assert_eq!(one.counted, many.counted);
            assert_eq!(one.counted.is_empty(), kind == "no Origin");
            assert_eq!(one.calls, many.calls);
            println!(
                "{way}, {kind}: {} host calls, {} -> {} instructions",
                one.calls.len(),
                one.instructions,
                many.instructions
            );
            assert!(
                many.instructions * 10 <= one.instructions * 13,
                "{way}, {kind}: {} -> {}",
                one.instructions,
                many.instructions
            );
        }
        // Finding the last policy, or none, costs no more.
        let last = [(":authority", authority), (":path", "/api1199/orders/7"), ("origin", ORIGIN)];
        let none = [(":authority", "other.example.org"), (":path", "/other"), ("origin", ORIGIN)];
        for list in [last, none] {
            let one = cost(&mut start(&many_policies(1, matches)), &allowed);
            let many = cost(&mut start(&many_policies(200, matches)), &list);
            assert!(
                many.instructions * 10 <= one.instructions * 13,
                "{way}: {} -> {}",
                one.instructions,
                many.instructions
            );
        }
    }
}

/// Every exported callback costs each stream a call: body chunks, trailers and logging cost none.
#[test]
fn only_the_callbacks_in_use_are_exported() {
    let exports = kit::wasm_host::exports();
    let expected = [
        "_initialize",
        "memory",
        "proxy_abi_version_0_2_1",
        "proxy_on_configure",
        "proxy_on_context_create",
        "proxy_on_delete",
        "proxy_on_memory_allocate",
        "proxy_on_request_headers",
        "proxy_on_response_headers",
        "proxy_on_vm_start",
    ];
    assert_eq!(exports, expected);
}

/// Everything the module can do: no calls to other services, no shared data, no queues, and nothing of wasi.
#[test]
fn only_the_host_calls_in_use_are_imported() {
    let expected = [
        "env.proxy_define_metric",
        "env.proxy_get_buffer_bytes",
        "env.proxy_get_header_map_pairs",
        "env.proxy_get_header_map_value",
        "env.proxy_get_log_level",
        "env.proxy_get_property",
        "env.proxy_increment_metric",
        "env.proxy_log",
        "env.proxy_remove_header_map_value",
        "env.proxy_replace_header_map_value",
        "env.proxy_send_local_response",
        "env.proxy_set_property",
    ];
    assert_eq!(kit::wasm_host::imports(), expected);
}
