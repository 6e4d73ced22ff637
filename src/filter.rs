//! The two phases of a stream, over a small [`Host`].
//!
//! The decision is made and latched in the request phase: in the response phase Envoy no longer shows the request's
//! headers, and another filter may have changed them (Envoy CVE-2023-35943).

use crate::decision::{Echo, Kind, Outcome, decide_preflight, decide_request};
use crate::metrics::Counters;
use crate::policy::Policy;
use crate::vary;
use std::rc::Rc;

const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";
const ALLOW_HEADERS: &str = "access-control-allow-headers";
const ALLOW_METHODS: &str = "access-control-allow-methods";
const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_PRIVATE_NETWORK: &str = "access-control-allow-private-network";
const EXPOSE_HEADERS: &str = "access-control-expose-headers";
const MAX_AGE: &str = "access-control-max-age";
const VARY: &str = "vary";

/// Every response header of the CORS protocol (Fetch, "HTTP responses"), and the one of Private Network Access.
const CORS_HEADERS: [&str; 7] =
    [ALLOW_ORIGIN, ALLOW_CREDENTIALS, EXPOSE_HEADERS, ALLOW_METHODS, ALLOW_HEADERS, MAX_AGE, ALLOW_PRIVATE_NETWORK];

/// What the filter needs of a proxy.
pub trait Host {
    /// A request header; several lines of one name are one value, joined by commas.
    fn request_header(&mut self, name: &str) -> Option<Vec<u8>>;
    /// A response header, in the same form.
    fn response_header(&mut self, name: &str) -> Option<Vec<u8>>;
    /// Sets a response header to one line, whatever was there.
    fn set_response_header(&mut self, name: &str, value: &[u8]);
    /// Removes all lines of a response header.
    fn remove_response_header(&mut self, name: &str);
    /// Answers the request without a body; it goes no further.
    fn reply(&mut self, status: u32, headers: &[(&str, &[u8])]);
    /// Adds one to a counter.
    fn count(&mut self, counter: u32);
}

/// A loaded configuration. Streams keep the one that they began with.
#[derive(Debug)]
pub struct Configuration {
    /// The policy.
    pub policy: Policy,
    /// Its counters.
    pub counters: Counters,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It goes on to the next filter.
    Continue,
    /// It has been answered.
    Replied,
}

/// One stream.
#[derive(Debug)]
pub struct Filter {
    configuration: Rc<Configuration>,
    latched: Latched,
}

/// What the response phase has to do.
#[derive(Debug, Default)]
enum Latched {
    /// Nothing: no request was seen, or the response is the filter's own.
    #[default]
    Nothing,
    /// The request has no origin: a cache must know that the answer to one with an origin may differ.
    NoOrigin,
    /// The origin is allowed; it is sent back as it came.
    Allowed(Vec<u8>),
    /// The policy is `*` without credentials.
    Constant,
    /// The origin is refused.
    Refused,
}

impl Filter {
    /// A stream that begins under `configuration`.
    pub fn new(configuration: Rc<Configuration>) -> Self {
        Filter { configuration, latched: Latched::Nothing }
    }

    /// The request phase.
    ///
    /// A header read that finds something costs the most, so `origin` comes first, and `:method` is read only where
    /// `access-control-request-method` is there.
    pub fn on_request(&mut self, host: &mut impl Host) -> Flow {
        let policy = &self.configuration.policy;
        let Some(origin) = host.request_header("origin") else {
            self.latched = if policy.is_constant() { Latched::Constant } else { Latched::NoOrigin };
            return Flow::Continue;
        };
        if let Some(method) = host.request_header("access-control-request-method")
            && host.request_header(":method").as_deref() == Some(b"OPTIONS")
        {
            let headers = || host.request_header("access-control-request-headers");
            let (outcome, echo) = decide_preflight(policy, &origin, &method, headers);
            self.count(host, Kind::Preflight, outcome);
            self.answer_preflight(host, outcome, &origin, &echo);
            return Flow::Replied;
        }
        let outcome = decide_request(policy, &origin, || host.request_header(":authority"));
        self.count(host, Kind::Request, outcome);
        self.latched = if policy.is_constant() {
            Latched::Constant
        } else if outcome.allows_origin() {
            Latched::Allowed(origin)
        } else {
            Latched::Refused
        };
        Flow::Continue
    }

    /// The response phase, for every response that passes the filter, its own included.
    pub fn on_response(&mut self, host: &mut impl Host) {
        let policy = &self.configuration.policy;
        match std::mem::take(&mut self.latched) {
            Latched::Nothing => {}
            Latched::NoOrigin => merge_vary(host),
            Latched::Allowed(origin) => {
                grant(host, policy, &origin);
                merge_vary(host);
            }
            Latched::Constant => grant(host, policy, b"*"),
            Latched::Refused => {
                for name in CORS_HEADERS {
                    host.remove_response_header(name);
                }
                merge_vary(host);
            }
        }
    }

    fn count(&self, host: &mut impl Host, kind: Kind, outcome: Outcome) {
        if let Some(counter) = self.configuration.counters.id(kind, outcome) {
            host.count(counter);
        }
    }

    fn answer_preflight(&self, host: &mut impl Host, outcome: Outcome, origin: &[u8], echo: &Echo) {
        let policy = &self.configuration.policy;
        let mut headers: Vec<(&str, &[u8])> = Vec::with_capacity(CORS_HEADERS.len());
        if outcome.allows_origin() {
            headers.push((ALLOW_ORIGIN, if policy.is_constant() { b"*" } else { origin }));
            if policy.credentials {
                headers.push((ALLOW_CREDENTIALS, b"true"));
            }
            let lists = [
                (
                    ALLOW_METHODS,
                    list(&policy.allow_methods, policy.credentials && policy.methods.is_any(), &echo.method),
                ),
                (
                    ALLOW_HEADERS,
                    list(&policy.allow_headers, policy.credentials && policy.headers.is_any(), &echo.headers),
                ),
                (MAX_AGE, policy.max_age.as_ref().map(String::as_bytes)),
                (EXPOSE_HEADERS, policy.expose_headers.as_ref().map(String::as_bytes)),
            ];
            headers.extend(lists.into_iter().filter_map(|(name, value)| Some((name, value?))));
        }
        if !policy.is_constant() {
            headers.push((VARY, vary::PREFLIGHT.as_bytes()));
        }
        host.reply(policy.preflight_status, &headers);
    }
}

/// The value of a list header: the policy's own, or where that is `*` beside credentials, what was asked for.
fn list<'a>(own: &'a Option<String>, is_echoed: bool, asked: &'a Option<Vec<u8>>) -> Option<&'a [u8]> {
    if is_echoed { asked.as_deref() } else { own.as_ref().map(String::as_bytes) }
}

/// Gives a response the CORS headers of an allowed origin, and takes upstream's own away.
fn grant(host: &mut impl Host, policy: &Policy, origin: &[u8]) {
    host.set_response_header(ALLOW_ORIGIN, origin);
    if policy.credentials {
        host.set_response_header(ALLOW_CREDENTIALS, b"true");
    } else {
        host.remove_response_header(ALLOW_CREDENTIALS);
    }
    match &policy.expose_headers {
        Some(names) => host.set_response_header(EXPOSE_HEADERS, names.as_bytes()),
        None => host.remove_response_header(EXPOSE_HEADERS),
    }
}

fn merge_vary(host: &mut impl Host) {
    let present = host.response_header(VARY);
    if let Some(merged) = vary::merge(present.as_deref(), vary::ORIGIN) {
        host.set_response_header(VARY, &merged);
    }
}
