//! The corpus against the built module, on our own wasm host.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::corpus::{self, Seen};
use kit::wasm_host::WasmHost;

#[test]
fn the_module_does_what_every_case_of_the_corpus_expects() {
    let groups = corpus::load();
    let mut host = None;
    corpus::check(&groups, |group, case| {
        if host.as_ref().is_none_or(|(name, _)| *name != group.name) {
            let started = WasmHost::start(group.config.to_string().as_bytes());
            host = Some((group.name.clone(), started.unwrap_or_else(|log| panic!("{}: {log:?}", group.name))));
        }
        let (_, host) = host.as_mut().unwrap();
        host.set_property("xds.route_name", case.route.as_deref());
        let exchange = host.exchange(case.request(), case.response());
        let details = exchange.reply.as_ref().map(|reply| {
            assert!(reply.body.is_empty(), "a 204 has no body");
            String::from_utf8(reply.details.clone()).unwrap()
        });
        let status = exchange.status();
        let kept = exchange.kept.map(|decision| String::from_utf8(decision).unwrap());
        Some(Seen::new(status, &exchange.response, exchange.counted).answered(details).kept(kept))
    });
}
