//! The corpus against the pure core: no wasm, no Envoy.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::corpus::{self, Seen};
use kit::fake_host::FakeHost;
use kit::fixtures;

#[test]
fn the_core_does_what_every_case_of_the_corpus_expects() {
    corpus::check(&corpus::load(), |group, case| {
        let mut names = Vec::new();
        let mut configuration = fixtures::configuration(&group.config);
        configuration.define_counters(|name| {
            names.push(corpus::short_counter(name).unwrap());
            Some(names.len() as u32 - 1)
        });
        let host = FakeHost { request: case.request(), route_name: case.route.clone(), ..FakeHost::default() };
        let host = host.run(&configuration, case.response());
        let counted = host.counted.iter().map(|counter| names[*counter as usize].clone()).collect();
        let (status, details) = match &host.reply {
            Some((status, details)) => (*status, Some(details.clone())),
            None => (case.upstream.status, None),
        };
        Some(Seen::new(status, &host.response, counted).answered(details).kept(host.kept))
    });
}
