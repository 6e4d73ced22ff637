//! The corpus through a real Envoy.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client;
use kit::corpus::{self, Seen};
use kit::envoy::{self, Envoy};
use kit::upstream::Upstream;

#[test]
fn every_case_of_the_corpus_comes_out_of_envoy() {
    let groups = corpus::load();
    let cases: Vec<_> = groups.iter().flat_map(|group| group.cases.clone()).collect();
    let upstream = Upstream::start(move |request| {
        let case = &cases[request.header("x-case").and_then(|number| number.parse::<usize>().ok()).expect("a number")];
        (case.upstream.status, case.upstream.headers.lines())
    });
    let listeners: Vec<_> =
        groups.iter().map(|group| envoy::listener(&group.name, &group.config, &[], &envoy::to_upstream())).collect();
    let clusters = [envoy::cluster("upstream", upstream.address)];
    let envoy = Envoy::start(&envoy::bootstrap(&listeners, &clusters)).unwrap_or_else(|log| panic!("{log}"));
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
        headers.extend(case.headers.lines());
        let response = client::send(addresses[&group.name], &case.method, &case.path, &headers);
        let reached = upstream.take_reached();
        assert!(reached.len() <= 1, "upstream is asked once");
        let after = envoy.counters();
        let mut counted = Vec::new();
        for (name, count) in &after {
            let grown = count - counters.get(name).copied().unwrap_or_default();
            counted.extend(std::iter::repeat_n(name.clone(), grown as usize));
        }
        counters = after;
        Some(Seen::new(reached.is_empty(), response.status, &response.headers, counted))
    });
    let served = client::get(envoy.admin, "GET", "/ready", &[]);
    assert_eq!(served.status, 200);
}
