//! The corpus against the pure core: no wasm, no Envoy.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use envoy_cors::filter::{Configuration, Filter, Flow, Host};
use envoy_cors::metrics::Counters;
use envoy_cors::policy::Policy;
use kit::corpus::{self, Seen};
use kit::{Header, joined};
use std::rc::Rc;

/// A proxy that is a few lists.
#[derive(Default)]
struct FakeHost {
    request: Vec<Header>,
    response: Vec<Header>,
    reply: Option<u32>,
    counted: Vec<u32>,
}

impl Host for FakeHost {
    fn request_header(&mut self, name: &str) -> Option<Vec<u8>> {
        joined(&self.request, name.as_bytes())
    }

    fn response_header(&mut self, name: &str) -> Option<Vec<u8>> {
        joined(&self.response, name.as_bytes())
    }

    fn set_response_header(&mut self, name: &str, value: &[u8]) {
        self.remove_response_header(name);
        self.response.push((name.into(), value.into()));
    }

    fn remove_response_header(&mut self, name: &str) {
        self.response.retain(|(own, _)| !own.eq_ignore_ascii_case(name.as_bytes()));
    }

    fn reply(&mut self, status: u32, headers: &[(&str, &[u8])]) {
        self.reply = Some(status);
        self.response = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    }

    fn count(&mut self, counter: u32) {
        self.counted.push(counter);
    }
}

#[test]
fn every_case_of_the_corpus_comes_out_of_the_core() {
    corpus::check(&corpus::load(), |group, case| {
        let policy = Policy::load(group.config.to_string().as_bytes())
            .unwrap_or_else(|problems| panic!("{}: {problems:?}", group.name));
        let mut names = Vec::new();
        let counters = Counters::define("default", |name| {
            names.push(corpus::short_counter(name).unwrap());
            Some(names.len() as u32 - 1)
        });
        let mut filter = Filter::new(Rc::new(Configuration { policy, counters }));
        let mut host = FakeHost { request: case.request(), ..FakeHost::default() };
        let flow = filter.on_request(&mut host);
        assert_eq!(flow == Flow::Replied, host.reply.is_some());
        if flow == Flow::Continue {
            host.response = case.response();
        }
        // What the request said is gone by now, as it is in Envoy.
        host.request.clear();
        filter.on_response(&mut host);
        let counted = host.counted.iter().map(|counter| names[*counter as usize].clone()).collect();
        Some(Seen::new(host.reply.is_some(), host.reply.unwrap_or(case.upstream.status), &host.response, counted))
    });
}
