//! The corpus through a real Envoy.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client;
use kit::corpus::{self, Group, Seen};
use kit::envoy::{self, Envoy};
use kit::upstream::Upstream;
use serde_json::{Value, json};

#[test]
fn envoy_does_what_every_case_of_the_corpus_expects() {
    let groups = corpus::load();
    let cases: Vec<_> = groups.iter().flat_map(|group| group.cases.clone()).collect();
    let upstream = Upstream::start(move |request| {
        let case = &cases[request.header("x-case").and_then(|number| number.parse::<usize>().ok()).expect("a number")];
        (case.upstream.status, case.upstream.headers.lines())
    });
    let listeners: Vec<_> = groups.iter().map(listener).collect();
    let clusters = [envoy::cluster("upstream", upstream.address)];
    let mut envoy = Envoy::start(&envoy::bootstrap(&listeners, &clusters)).unwrap_or_else(|log| panic!("{log}"));
    let addresses = envoy.listeners();
    let mut number = 0;
    let mut counters = envoy.counters();
    corpus::check(&groups, |group, case| {
        let case_number = number;
        number += 1;
        if case.not_through_envoy.is_some() {
            return None;
        }
        let mut headers = vec![
            (b"host".to_vec(), case.authority.clone().into_bytes()),
            (b"x-case".to_vec(), case_number.to_string().into_bytes()),
        ];
        headers.extend(case.route.iter().map(|route| (b"x-route".to_vec(), route.clone().into_bytes())));
        headers.extend(case.headers.lines());
        let response = client::send(addresses[&group.name], &case.method, &case.path, &headers);
        let reached = upstream.take_reached();
        assert!(reached.len() <= 1, "at most one request reaches upstream");
        let after = envoy.counters();
        let mut counted = Vec::new();
        for (name, count) in &after {
            let grown = count - counters.get(name).copied().unwrap_or_default();
            counted.extend(std::iter::repeat_n(name.clone(), grown as usize));
        }
        counters = after;
        let log = envoy.take_access_log();
        let [entry] = log.as_slice() else { panic!("expected one line of access log, found {log:?}") };
        let text = |key: &str| entry[key].as_str().map(str::to_owned);
        assert_eq!(reached.is_empty(), text("details").is_some_and(|details| details.starts_with("cors_")));
        let details = text("details").filter(|_| reached.is_empty());
        Some(Seen::new(response.status, &response.headers, counted).answered(details).kept(text("decision")))
    });
    let served = client::get(envoy.admin, "GET", "/ready", &[]);
    assert_eq!(served.status, 200);
}

/// A group's listener: a route for each route name in its cases, selected by a header, and one for all other requests.
fn listener(group: &Group) -> Value {
    let mut virtual_host = envoy::to_upstream();
    let routes = virtual_host["routes"].as_array_mut().unwrap();
    for name in group.cases.iter().filter_map(|case| case.route.as_ref()) {
        let header = json!({ "name": "x-route", "string_match": { "exact": name } });
        let matches = json!({ "prefix": "/", "headers": [header] });
        routes.insert(0, json!({ "name": name, "match": matches, "route": { "cluster": "upstream" } }));
    }
    let mut listener = envoy::listener(&group.name, &group.config, &[], &virtual_host);
    envoy::add_access_log(
        &mut listener,
        &json!({
            "details": "%RESPONSE_CODE_DETAILS%",
            "decision": "%FILTER_STATE(wasm.cors_decision:PLAIN)%"
        }),
    );
    listener
}
