//! A proxy that consists of a few lists: it runs the core natively, without wasm and without Envoy.

use crate::{Header, joined};
use cors::configuration::Configuration;
use cors::filter::{Filter, Flow};
use cors::header_map::HeaderMap;
use cors::host::Host;
use cors::policy::Policy;
use cors::reply::Reply;
use cors::scratch::Scratch;

/// The proxy, with one stream.
#[derive(Debug, Default)]
pub struct FakeHost {
    pub request: Vec<Header>,
    pub route_name: Option<String>,
    pub response: Vec<Header>,
    /// Status and details of the filter's own reply; `response` then has its headers.
    pub reply: Option<(u32, String)>,
    /// The counters that were incremented, once per increment.
    pub counted: Vec<u32>,
    /// The decision stored for access logs.
    pub kept: Option<String>,
}

impl FakeHost {
    /// Passes a request through the filter, then `upstream`'s response unless the filter has replied.
    pub fn exchange(configuration: &Configuration, request: Vec<Header>, upstream: Vec<Header>) -> Self {
        let host = FakeHost { request, ..FakeHost::default() };
        host.run(configuration, upstream)
    }

    /// The same, for a host that already has its request.
    pub fn run(mut self, configuration: &Configuration, upstream: Vec<Header>) -> Self {
        let mut filter = Filter::default();
        let flow = filter.on_request(configuration, &mut self);
        assert_eq!(flow == Flow::Replied, self.reply.is_some());
        if flow == Flow::Continue {
            self.response = upstream;
        }
        // As in Envoy, the request's headers are no longer available.
        let request = std::mem::take(&mut self.request);
        filter.on_response(configuration, &mut self, &Scratch::default());
        self.request = request;
        self
    }

    /// A header of the response as text, its lines joined by a comma.
    pub fn response_text(&self, name: &str) -> Option<String> {
        joined(&self.response, name.as_bytes()).map(|value| value.escape_ascii().to_string())
    }
}

impl Host for FakeHost {
    type Value = Vec<u8>;
    type Headers = HeaderMap;

    fn request_header(&mut self, name: &str) -> Option<Vec<u8>> {
        joined(&self.request, name.as_bytes())
    }

    fn request_headers(&mut self) -> HeaderMap {
        let text = |name| str::from_utf8(name).expect("a header name");
        HeaderMap::of(self.request.iter().map(|(name, value)| (text(name), value.as_slice())))
    }

    fn route_name(&mut self) -> Option<Vec<u8>> {
        self.route_name.clone().map(String::into_bytes)
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

    fn reply(&mut self, policy: &Policy, reply: &Reply) {
        let mut bytes = Vec::new();
        reply.write_headers(policy, &mut bytes);
        let written: Vec<Header> =
            HeaderMap::new(bytes).iter().map(|(name, value)| (name.into(), value.into())).collect();
        let listed: Vec<Header> = reply.headers(policy).map(|(name, value)| (name.into(), value.into())).collect();
        assert_eq!(written, listed, "both forms of a reply's headers agree");
        self.response = written;
        self.reply = Some((reply.status, reply.details.to_owned()));
    }

    fn count(&mut self, counter: u32) {
        self.counted.push(counter);
    }

    fn keep_decision(&mut self, decision: &[u8]) {
        self.kept = Some(String::from_utf8(decision.to_vec()).expect("a decision is ASCII"));
    }
}
