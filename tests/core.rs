//! The corpus against the pure core: no wasm, no Envoy.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use envoy_cors::configuration::Configuration;
use envoy_cors::filter::{Filter, Flow, Host};
use envoy_cors::header_map::HeaderMap;
use kit::corpus::{self, Seen};
use kit::{Header, joined};
use std::rc::Rc;

/// A proxy that is a few lists.
#[derive(Default)]
struct FakeHost {
    request: Vec<Header>,
    route_name: Option<String>,
    response: Vec<Header>,
    reply: Option<(u32, String)>,
    counted: Vec<u32>,
    kept: Option<String>,
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

    fn route_name(&mut self) -> Option<Vec<u8>> {
        self.route_name.clone().map(String::into_bytes)
    }

    fn keep_decision(&mut self, decision: &str) {
        self.kept = Some(decision.to_owned());
    }

    fn request_headers(&mut self) -> HeaderMap {
        HeaderMap::of(self.request.iter().map(|(name, value)| (str::from_utf8(name).unwrap(), value.as_slice())))
    }

    fn reply(&mut self, status: u32, details: &str, headers: &[u8]) {
        self.reply = Some((status, details.to_owned()));
        let headers = HeaderMap::new(headers.to_vec());
        self.response = headers.iter().map(|(name, value)| (name.into(), value.into())).collect();
    }

    fn count(&mut self, counter: u32) {
        self.counted.push(counter);
    }
}

#[test]
fn every_case_of_the_corpus_comes_out_of_the_core() {
    corpus::check(&corpus::load(), |group, case| {
        let mut names = Vec::new();
        let document = group.config.to_string();
        let configuration = Configuration::load(document.as_bytes(), |name| {
            names.push(corpus::short_counter(name).unwrap());
            Some(names.len() as u32 - 1)
        });
        let configuration = configuration.unwrap_or_else(|problems| panic!("{}: {problems:?}", group.name));
        let mut filter = Filter::new(Rc::new(configuration));
        let mut host = FakeHost { request: case.request(), route_name: case.route.clone(), ..FakeHost::default() };
        let flow = filter.on_request(&mut host);
        assert_eq!(flow == Flow::Replied, host.reply.is_some());
        if flow == Flow::Continue {
            host.response = case.response();
        }
        // What the request said is gone by now, as it is in Envoy.
        host.request.clear();
        filter.on_response(&mut host);
        let counted = host.counted.iter().map(|counter| names[*counter as usize].clone()).collect();
        let (status, details) = match &host.reply {
            Some((status, details)) => (*status, Some(details.clone())),
            None => (case.upstream.status, None),
        };
        Some(Seen::new(status, &host.response, counted).answered(details).kept(host.kept))
    });
}
