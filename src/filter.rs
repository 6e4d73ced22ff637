//! The two phases of a stream, over a small [`Host`].
//!
//! The decision is made and latched in the request phase: in the response phase Envoy no longer shows the request's
//! headers, and another filter may have changed them (Envoy CVE-2023-35943).

use crate::config::{Preflight, RefusedPreflight};
use crate::configuration::Configuration;
use crate::decision::{Echo, Kind, Outcome, decide_preflight, decide_request, response_code_details};
use crate::edits::{Edits, Grant, PreflightGrant};
use crate::header_map::{HeaderMap, Template};
use crate::names::DECISION;
use crate::policies::{Found, Target};
use crate::policy::Policy;
use std::rc::Rc;

const FORBIDDEN: u32 = 403;

/// What the filter needs of a proxy.
pub trait Host {
    /// A request header; several lines of one name are one value, joined by commas.
    fn request_header(&mut self, name: &str) -> Option<Vec<u8>>;
    /// All headers of the request: one read for those who need several.
    fn request_headers(&mut self) -> HeaderMap;
    /// The name of the route that the request takes.
    fn route_name(&mut self) -> Option<Vec<u8>>;
    /// A response header, in the same form.
    fn response_header(&mut self, name: &str) -> Option<Vec<u8>>;
    /// Sets a response header to one line, whatever was there.
    fn set_response_header(&mut self, name: &str, value: &[u8]);
    /// Removes all lines of a response header.
    fn remove_response_header(&mut self, name: &str);
    /// Answers the request without a body; it goes no further. `details` is for access logs, `headers` a serialized map
    /// (see [`header_map`](crate::header_map)).
    fn reply(&mut self, status: u32, details: &str, headers: &[u8]);
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
    latch: Latch,
}

/// What the request phase keeps for the response phase.
#[derive(Debug, Default)]
struct Latch {
    /// The number of the policy, `None` for the one that stands where none is asked.
    policy: Option<usize>,
    /// What the response is to get; nothing before a request was seen, and after a reply of the filter's own.
    edits: Edits,
}

/// A request with an `Origin`, under its policy.
struct Asked<'a> {
    configuration: &'a Configuration,
    /// The number of the policy, as in [`Latch`].
    number: Option<usize>,
    policy: &'a Policy,
    origin: Vec<u8>,
    authority: Option<Vec<u8>>,
}

impl Filter {
    /// A stream that begins under `configuration`.
    #[inline]
    pub fn new(configuration: Rc<Configuration>) -> Self {
        Filter { configuration, latch: Latch::default() }
    }

    /// The request phase.
    ///
    /// A header read that finds something costs the most, so `origin` comes first, what policies match on only where
    /// some policy does, and `:method` only where `access-control-request-method` is there.
    pub fn on_request(&mut self, host: &mut impl Host) -> Flow {
        let Filter { configuration, latch } = self;
        let origin = host.request_header("origin");
        let (number, policy, authority) = match configuration.policies.only() {
            Some(policy) => (Some(0), policy, None),
            None => match find(configuration, host) {
                (Found::Nothing, _) => return Flow::Continue,
                (Found::Policy(number, policy), authority) => (Some(number), policy, authority),
                (Found::Ambiguous(policy), authority) => (None, policy, authority),
            },
        };
        match origin {
            None => {
                latch.without_origin(configuration, number, policy);
                Flow::Continue
            }
            Some(origin) => latch.with_origin(host, Asked { configuration, number, policy, origin, authority }),
        }
    }

    /// The response phase, for every response that passes the filter, its own included.
    pub fn on_response(&mut self, host: &mut impl Host) {
        let Filter { configuration, latch } = self;
        latch.edits.apply(host, || configuration.policies.policy(latch.policy), &configuration.scratch);
    }
}

/// Finds the policy of a request where not all have the same, and hands over the `:authority` if it had to be read.
#[inline(never)]
fn find<'a>(configuration: &'a Configuration, host: &mut impl Host) -> (Found<'a>, Option<Vec<u8>>) {
    let reads = configuration.policies.reads();
    let mut authority = if reads.host { host.request_header(":authority") } else { None };
    if let Some(authority) = &mut authority {
        authority.make_ascii_lowercase();
    }
    let path = if reads.path { host.request_header(":path") } else { None };
    let route_name = if reads.route_name { host.route_name() } else { None };
    let found = configuration.policies.find(&Target {
        authority: authority.as_deref().unwrap_or_default(),
        path: path.as_deref().unwrap_or_default(),
        route_name: route_name.as_deref(),
    });
    (found, authority)
}

impl Latch {
    /// What becomes of the response to a request without `Origin`: a cache must know that the answer to one with an
    /// origin may differ. Its CORS headers stay upstream's, unless they are the same for everybody.
    #[inline]
    fn without_origin(&mut self, configuration: &Configuration, number: Option<usize>, policy: &Policy) {
        if configuration.debug_header {
            self.edits.decision = Some(format!("{}; request; no_origin", policy.name).into());
        }
        if policy.is_constant() && !policy.options.report_only {
            self.policy = number;
            self.edits.grant = Grant::Constant;
        }
        self.edits.vary = policy.response_vary;
    }

    /// Outlined, so that requests without `Origin` pay for none of its locals.
    #[inline(never)]
    fn with_origin(&mut self, host: &mut impl Host, asked: Asked) -> Flow {
        self.policy = asked.number;
        if let Some(method) = host.request_header("access-control-request-method")
            && let headers = host.request_headers()
            && headers.first(":method") == Some(b"OPTIONS")
        {
            self.on_preflight(host, asked, &method, &headers)
        } else {
            self.on_actual_request(host, asked)
        }
    }

    #[inline(never)]
    fn on_preflight(&mut self, host: &mut impl Host, asked: Asked, method: &[u8], headers: &HeaderMap) -> Flow {
        let Asked { configuration, number, policy, origin, .. } = asked;
        let (outcome, echo) = if number.is_none() {
            (Outcome::PathAmbiguous, Echo::default())
        } else {
            decide_preflight(policy, &origin, method, || headers.get("access-control-request-headers"))
        };
        self.note(host, configuration, policy, Kind::Preflight, outcome, &origin);
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
                && headers.get("access-control-request-private-network").as_deref() == Some(b"true"),
            origin,
            echo,
        });
        if is_forwarded {
            self.edits.grant = grant.map_or(Grant::RefusedPreflight, |grant| Grant::Preflight(Box::new(grant)));
            self.edits.vary = policy.preflight_vary;
            return Flow::Continue;
        }
        let status = match refused {
            Some(RefusedPreflight::Forbid) => FORBIDDEN,
            _ => policy.options.preflight_status,
        };
        let details = response_code_details(Kind::Preflight, outcome);
        match &grant {
            Some(grant) => {
                self.reply(host, configuration, status, details, &policy.replies.preflight, grant.own_headers(policy))
            }
            None => self.reply(host, configuration, status, details, &policy.replies.refused_preflight, [None; 4]),
        }
    }

    fn on_actual_request(&mut self, host: &mut impl Host, asked: Asked) -> Flow {
        let Asked { configuration, number, policy, origin, authority } = asked;
        let outcome = if number.is_none() {
            Outcome::PathAmbiguous
        } else {
            decide_request(policy, &origin, || authority.or_else(|| host.request_header(":authority")))
        };
        self.note(host, configuration, policy, Kind::Request, outcome, &origin);
        if policy.options.report_only {
            return Flow::Continue;
        }
        let is_forbidden = policy.options.forbid_refused_request
            && matches!(outcome, Outcome::OriginRefused | Outcome::OriginMalformed);
        if is_forbidden {
            let details = response_code_details(Kind::Request, outcome);
            return self.reply(host, configuration, FORBIDDEN, details, &policy.replies.refused_request, [None; 4]);
        }
        self.edits.vary = policy.response_vary;
        self.edits.grant = if policy.is_constant() {
            Grant::Constant
        } else if outcome.allows_origin() {
            Grant::Origin(origin)
        } else {
            Grant::RefusedRequest
        };
        Flow::Continue
    }

    /// Counts a decision, logs it, and tells it where that is asked for.
    fn note(
        &mut self,
        host: &mut impl Host,
        configuration: &Configuration,
        policy: &Policy,
        kind: Kind,
        outcome: Outcome,
        origin: &[u8],
    ) {
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
            self.edits.decision = configuration.debug_header.then(|| decision.into());
        }
    }

    /// Answers the request. The response phase then sees this answer, and has nothing to add.
    fn reply(
        &mut self,
        host: &mut impl Host,
        configuration: &Configuration,
        status: u32,
        details: &str,
        common: &Template,
        own: [Option<(&str, &[u8])>; 4],
    ) -> Flow {
        let decision = self.edits.decision.take();
        let decision = decision.as_ref().map(|decision| (DECISION, decision.as_bytes()));
        let [first, second, third, fourth] = own;
        configuration.scratch.lend(|bytes| {
            common.write(&[first, second, third, fourth, decision], bytes);
            host.reply(status, details, bytes);
        });
        Flow::Replied
    }
}

/// An origin for the log: whatever came, in one line and not without end.
fn shown(origin: &[u8]) -> String {
    let start = origin.get(..crate::origin::MAX_ORIGIN_BYTES).unwrap_or(origin);
    format!("\"{}\"", start.escape_ascii())
}
