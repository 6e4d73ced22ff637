//! The two phases of a stream, over a small [`Host`].
//!
//! The decision is made and latched in the request phase: in the response phase Envoy no longer shows the request's
//! headers, and another filter may have changed them (Envoy CVE-2023-35943).

use crate::config::{Preflight, RefusedPreflight};
use crate::configuration::Configuration;
use crate::decision::{Echo, Kind, Outcome, decide_preflight, decide_request, response_code_details};
use crate::edits::{Edits, Grant, PreflightGrant, preflight_vary, response_vary};
use crate::names::{DECISION, VARY};
use crate::policies::{Found, Target};
use crate::policy::Policy;
use crate::vary;
use std::rc::Rc;

const FORBIDDEN: u32 = 403;

/// What the filter needs of a proxy.
pub trait Host {
    /// A request header; several lines of one name are one value, joined by commas.
    fn request_header(&mut self, name: &str) -> Option<Vec<u8>>;
    /// The name of the route that the request takes.
    fn route_name(&mut self) -> Option<Vec<u8>>;
    /// A response header, in the same form.
    fn response_header(&mut self, name: &str) -> Option<Vec<u8>>;
    /// Sets a response header to one line, whatever was there.
    fn set_response_header(&mut self, name: &str, value: &[u8]);
    /// Removes all lines of a response header.
    fn remove_response_header(&mut self, name: &str);
    /// Answers the request without a body; it goes no further. `details` is for access logs.
    fn reply(&mut self, status: u32, details: &str, headers: &[(&str, &[u8])]);
    /// Adds one to a counter.
    fn count(&mut self, counter: u32);
    /// Keeps the decision where access logs find it.
    fn keep_decision(&mut self, decision: &str);
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
    /// The number of the policy, `None` for the one that stands where none is asked.
    policy: Option<usize>,
    /// What the response phase has to do; nothing before a request was seen, and after a reply of the filter's own.
    latched: Edits,
}

/// A request with an `Origin`, under its policy.
struct Asked<'a> {
    policy: &'a Policy,
    is_ambiguous: bool,
    origin: Vec<u8>,
    authority: Option<Vec<u8>>,
}

impl Filter {
    /// A stream that begins under `configuration`.
    pub fn new(configuration: Rc<Configuration>) -> Self {
        Filter { configuration, policy: None, latched: Edits::default() }
    }

    /// The request phase.
    ///
    /// A header read that finds something costs the most, so `origin` comes first, what policies match on only where
    /// some policy does, and `:method` only where `access-control-request-method` is there.
    pub fn on_request(&mut self, host: &mut impl Host) -> Flow {
        let configuration = Rc::clone(&self.configuration);
        let origin = host.request_header("origin");
        let reads = configuration.policies.reads();
        let mut authority = if reads.host { host.request_header(":authority") } else { None };
        if let Some(authority) = &mut authority {
            authority.make_ascii_lowercase();
        }
        let path = if reads.path { host.request_header(":path") } else { None };
        let route_name = if reads.route_name { host.route_name() } else { None };
        let target = Target {
            authority: authority.as_deref().unwrap_or_default(),
            path: path.as_deref().unwrap_or_default(),
            route_name: route_name.as_deref(),
        };
        let (number, policy) = match configuration.policies.find(&target) {
            Found::Nothing => return Flow::Continue,
            Found::Policy(number, policy) => (Some(number), policy),
            Found::Ambiguous(policy) => (None, policy),
        };
        self.policy = number;
        let Some(origin) = origin else {
            self.latched = without_origin(&configuration, policy);
            return Flow::Continue;
        };
        let asked = Asked { policy, is_ambiguous: number.is_none(), origin, authority };
        if let Some(method) = host.request_header("access-control-request-method")
            && host.request_header(":method").as_deref() == Some(b"OPTIONS")
        {
            self.on_preflight(host, asked, &method)
        } else {
            self.on_actual_request(host, asked)
        }
    }

    /// The response phase, for every response that passes the filter, its own included.
    pub fn on_response(&mut self, host: &mut impl Host) {
        let edits = std::mem::take(&mut self.latched);
        edits.apply(host, self.configuration.policies.policy(self.policy));
    }

    fn on_preflight(&mut self, host: &mut impl Host, asked: Asked, method: &[u8]) -> Flow {
        let Asked { policy, is_ambiguous, origin, .. } = asked;
        let (outcome, echo) = if is_ambiguous {
            (Outcome::PathAmbiguous, Echo::default())
        } else {
            decide_preflight(policy, &origin, method, || host.request_header("access-control-request-headers"))
        };
        self.note(host, policy, Kind::Preflight, outcome, &origin);
        if policy.options.report_only {
            return Flow::Continue;
        }
        let refused = if outcome == Outcome::Allowed { None } else { Some(policy.options.refused_preflight) };
        let is_forwarded = match refused {
            None => policy.options.preflight == Preflight::Forward,
            Some(refused) => refused == RefusedPreflight::Forward,
        };
        let is_granted = outcome.allows_origin() && matches!(refused, None | Some(RefusedPreflight::Answer));
        let grant = is_granted.then(|| PreflightGrant {
            private_network: policy.options.allow_private_network
                && host.request_header("access-control-request-private-network").as_deref() == Some(b"true"),
            origin,
            echo,
        });
        if is_forwarded {
            self.latched.grant = grant.map_or(Grant::RefusedPreflight, Grant::Preflight);
            self.latched.vary = preflight_vary(policy);
            return Flow::Continue;
        }
        let status = match refused {
            Some(RefusedPreflight::Forbid) => FORBIDDEN,
            _ => policy.options.preflight_status,
        };
        let headers = grant.as_ref().map(|grant| grant.headers(policy)).unwrap_or_default();
        self.reply(host, status, response_code_details(Kind::Preflight, outcome), headers, preflight_vary(policy))
    }

    fn on_actual_request(&mut self, host: &mut impl Host, asked: Asked) -> Flow {
        let Asked { policy, is_ambiguous, origin, authority } = asked;
        let outcome = if is_ambiguous {
            Outcome::PathAmbiguous
        } else {
            decide_request(policy, &origin, || authority.or_else(|| host.request_header(":authority")))
        };
        self.note(host, policy, Kind::Request, outcome, &origin);
        if policy.options.report_only {
            return Flow::Continue;
        }
        let is_forbidden = policy.options.forbid_refused_request
            && matches!(outcome, Outcome::OriginRefused | Outcome::OriginMalformed);
        if is_forbidden {
            let details = response_code_details(Kind::Request, outcome);
            return self.reply(host, FORBIDDEN, details, Vec::new(), response_vary(policy));
        }
        self.latched.vary = response_vary(policy);
        self.latched.grant = if policy.is_constant() {
            Grant::Constant
        } else if outcome.allows_origin() {
            Grant::Origin(origin)
        } else {
            Grant::RefusedRequest
        };
        Flow::Continue
    }

    /// Counts a decision, logs it, and tells it where that is asked for.
    fn note(&mut self, host: &mut impl Host, policy: &Policy, kind: Kind, outcome: Outcome, origin: &[u8]) {
        let configuration = &self.configuration;
        let counters = match self.policy {
            Some(number) => configuration.counters.get(number),
            None => Some(&configuration.ambiguous_counters),
        };
        if let Some(counter) = counters.and_then(|counters| counters.id(kind, outcome)) {
            host.count(counter);
        }
        log::debug!(
            "envoy-cors: policy={} kind={} outcome={} origin={}",
            policy.name,
            kind.name(),
            outcome.name(),
            shown(origin)
        );
        if configuration.debug_header || configuration.decision_in_filter_state {
            let decision = format!("{}; {}; {}", policy.name, kind.name(), outcome.name());
            if configuration.decision_in_filter_state {
                host.keep_decision(&decision);
            }
            self.latched.decision = configuration.debug_header.then_some(decision);
        }
    }

    /// Answers the request. The response phase then sees this answer, and has nothing to add.
    fn reply(
        &mut self,
        host: &mut impl Host,
        status: u32,
        details: &str,
        headers: Vec<(&'static str, &[u8])>,
        vary: Option<&'static vary::Names>,
    ) -> Flow {
        let decision = std::mem::take(&mut self.latched).decision;
        let mut headers: Vec<(&str, &[u8])> = headers;
        headers.extend(vary.map(|names| (VARY, names.as_bytes())));
        headers.extend(decision.as_ref().map(|decision| (DECISION, decision.as_bytes())));
        host.reply(status, details, &headers);
        Flow::Replied
    }
}

/// What becomes of the response to a request without `Origin`: a cache must know that the answer to one with an origin
/// may differ. Its CORS headers stay upstream's, unless they are the same for everybody.
fn without_origin(configuration: &Configuration, policy: &Policy) -> Edits {
    let decision = configuration.debug_header.then(|| format!("{}; request; no_origin", policy.name));
    if policy.options.report_only {
        return Edits { decision, ..Edits::default() };
    }
    let grant = if policy.is_constant() { Grant::Constant } else { Grant::Untouched };
    Edits { grant, vary: response_vary(policy), decision }
}

/// An origin for the log: whatever came, in one line and not without end.
fn shown(origin: &[u8]) -> String {
    let start = origin.get(..crate::origin::MAX_ORIGIN_BYTES).unwrap_or(origin);
    format!("\"{}\"", start.escape_ascii())
}
