//! A request allocates the values that the host hands over, and nothing else.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use cors::filter::Filter;
use cors::header_map::HeaderMap;
use cors::host::Host;
use cors::policy::Policy;
use cors::reply::Reply;
use cors::scratch::Scratch;
use kit::fixtures;
use serde_json::json;

/// A host that allocates only for the values it hands over. The SDK's box for the module's context is not counted here.
struct Handing<'a> {
    scratch: &'a Scratch,
    request: &'static [(&'static str, &'static str)],
    vary: Option<&'static str>,
    /// The map for a preflight, built before counting starts.
    map: Option<HeaderMap>,
    handed_over: u64,
}

impl Handing<'_> {
    fn hand(&mut self, value: Option<&str>) -> Option<Vec<u8>> {
        self.handed_over += u64::from(value.is_some());
        value.map(|value| value.as_bytes().to_vec())
    }
}

impl Host for Handing<'_> {
    type Value = Vec<u8>;
    type Headers = HeaderMap;

    fn request_header(&mut self, name: &str) -> Option<Vec<u8>> {
        self.hand(self.request.iter().find(|(own, _)| *own == name).map(|(_, value)| *value))
    }

    fn request_headers(&mut self) -> HeaderMap {
        self.map.take().unwrap()
    }

    fn response_header(&mut self, name: &str) -> Option<Vec<u8>> {
        self.hand(self.vary.filter(|_| name == "vary"))
    }

    fn route_name(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn set_response_header(&mut self, _name: &str, _value: &[u8]) {}
    fn remove_response_header(&mut self, _name: &str) {}
    fn reply(&mut self, policy: &Policy, reply: &Reply) {
        self.scratch.lend(|headers| reply.write_headers(policy, headers));
    }
    fn count(&mut self, _counter: u32) {}
    fn keep_decision(&mut self, _decision: &[u8]) {}
}

#[test]
fn a_request_allocates_what_the_host_hands_over_and_nothing_else() {
    let mut document = fixtures::policy();
    document["allow_origins"] = json!([fixtures::ORIGIN, "https://*.example.org", "https://pr-*-x.example.net"]);
    let mut configuration = fixtures::configuration(&document);
    configuration.define_counters(|_| Some(1));
    let scratch = Scratch::default();
    let requests: [&[(&str, &str)]; 6] = [
        &[],
        &[("origin", "https://app.example.com")],
        &[("origin", "https://a.example.org")],
        &[("origin", "https://pr-1-x.example.net")],
        &[("origin", "https://evil.example"), (":authority", "api.example.com")],
        &fixtures::PREFLIGHT,
    ];
    for request in requests {
        for vary in [None, Some("Accept-Encoding, Accept-Language")] {
            let run = || {
                let map = Some(HeaderMap::of(request.iter().map(|(name, value)| (*name, value.as_bytes()))));
                let mut host = Handing { scratch: &scratch, request, vary, map, handed_over: 0 };
                let info = allocation_counter::measure(|| {
                    let mut filter = Filter::default();
                    filter.on_request(&configuration, &mut host);
                    filter.on_response(&configuration, &mut host, &scratch);
                });
                (info.count_total, host.handed_over)
            };
            // The first request allocates buffers that later ones reuse.
            run();
            let (allocated, handed_over) = run();
            assert_eq!(allocated, handed_over, "{request:?}");
        }
    }
}
