//! The two phases of a stream, over a small [`Host`]: reads what a decision depends on, counts, logs, and carries the
//! decision out.
//!
//! The decision is made and latched in the request phase: in the response phase Envoy no longer shows the request's
//! headers, and another filter may have changed them (Envoy CVE-2023-35943).

use crate::configuration::Configuration;
use crate::decision::{Action, Decision, Request, decide};
use crate::headers::Headers;
use crate::host::Host;
use crate::origin::{MAX_AUTHORITY_BYTES, MAX_ORIGIN_BYTES};
use crate::outcome::{Kind, Outcome};
use crate::policies::Target;
use crate::policy::Policy;
use crate::response::{CorsHeaders, Edits};
use crate::scratch::Scratch;
use crate::text;
use std::borrow::Cow;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// It goes on to the next filter.
    Continue,
    /// It has been answered.
    Replied,
}

/// One stream: what the request phase keeps for the response phase. Nothing, before a request was seen and after a reply
/// of the filter's own.
#[derive(Debug, Default)]
pub struct Filter {
    /// The number of the policy that decided.
    policy: usize,
    edits: Edits,
}

/// A policy with its number, and the request's `:authority` where finding the policy had to read it.
struct Found<'c, V> {
    number: usize,
    policy: &'c Policy,
    authority: Option<V>,
}

impl Filter {
    /// The request phase.
    ///
    /// A header read that finds something costs the most, so `origin` comes first, what policies match on only where
    /// some policy does, and `:method` only where `access-control-request-method` is there.
    #[inline]
    pub fn on_request(&mut self, configuration: &Configuration, host: &mut impl Host) -> Flow {
        let origin = host.request_header("origin");
        let found = match configuration.policies.only() {
            Some(number) => configuration.policies.get(number).map(|policy| Found { number, policy, authority: None }),
            None => find(configuration, host),
        };
        let Some(found) = found else { return Flow::Continue };
        self.policy = found.number;
        match origin {
            None => {
                let decision = decide::<Vec<u8>>(found.policy, Request::WithoutOrigin);
                self.forward(configuration, decision);
                Flow::Continue
            }
            Some(origin) => self.with_origin(configuration, host, found, origin),
        }
    }

    /// The response phase, for every response that passes the filter, its own included.
    #[inline]
    pub fn on_response(&self, configuration: &Configuration, host: &mut impl Host, scratch: &Scratch) {
        self.edits.apply(host, || configuration.policies.get(self.policy), scratch);
    }

    /// What becomes of a request without `Origin`.
    #[inline(always)]
    fn forward(&mut self, configuration: &Configuration, decision: Decision) {
        if let Action::Forward(edits) = decision.action {
            // Nothing is latched yet; to say so saves the check of what to drop, for most of all requests.
            if !matches!(edits.cors, CorsHeaders::Untouched) {
                self.edits.cors = edits.cors;
            }
            self.edits.vary = edits.vary;
        }
        if configuration.debug_header {
            self.edits.decision = Some(describe(decision.policy, decision.kind, decision.outcome));
        }
    }

    /// Outlined, so that requests without `Origin` pay for none of its locals.
    #[inline(never)]
    fn with_origin<H: Host>(
        &mut self,
        configuration: &Configuration,
        host: &mut H,
        found: Found<H::Value>,
        origin: H::Value,
    ) -> Flow {
        let Found { policy, mut authority, .. } = found;
        let shown = host.shows_debug().then(|| show(origin.as_ref()));
        if let Some(method) = host.request_header("access-control-request-method")
            && let headers = host.request_headers()
            && headers.first(":method") == Some(b"OPTIONS")
        {
            let header = |name: &str| headers.get(name);
            let request = Request::Preflight { origin, method: method.as_ref(), header: &header };
            self.carry_out(configuration, host, decide(policy, request), shown)
        } else {
            let mut authority = || authority.take().or_else(|| host.request_header(":authority"));
            let decision = decide(policy, Request::Actual { origin, authority: &mut authority });
            self.carry_out(configuration, host, decision, shown)
        }
    }

    /// Counts a decision, logs it, keeps it where that is asked for, and answers the request or latches the edits.
    fn carry_out(
        &mut self,
        configuration: &Configuration,
        host: &mut impl Host,
        mut decision: Decision,
        origin: Option<Vec<u8>>,
    ) -> Flow {
        let Decision { policy, kind, outcome, .. } = decision;
        if let Some(counter) = configuration.counters(self.policy).and_then(|counters| counters.id(kind, outcome)) {
            host.count(counter);
        }
        if let Some(origin) = origin {
            let (name, kind, outcome) = (policy.name.as_bytes(), kind.name().as_bytes(), outcome.name().as_bytes());
            host.debug(&text::concat(&[
                b"envoy-cors: policy=",
                name,
                b" kind=",
                kind,
                b" outcome=",
                outcome,
                b" origin=\"",
                &origin,
                b"\"",
            ]));
        }
        let mut shown = None;
        if configuration.debug_header || configuration.decision_in_filter_state {
            let decision = describe(policy, kind, outcome);
            if configuration.decision_in_filter_state {
                host.keep_decision(&decision);
            }
            shown = configuration.debug_header.then_some(decision);
        }
        match &mut decision.action {
            // The response phase then sees this answer, and has nothing to add.
            Action::Reply(reply) => {
                reply.decision = shown;
                host.reply(policy, reply);
                Flow::Replied
            }
            Action::Forward(edits) => {
                edits.decision = shown;
                std::mem::swap(&mut self.edits, edits);
                Flow::Continue
            }
        }
    }
}

/// Finds the policy of a request where not all have the same.
#[inline(never)]
fn find<'c, H: Host>(configuration: &'c Configuration, host: &mut H) -> Option<Found<'c, H::Value>> {
    let policies = &configuration.policies;
    let reads = policies.reads();
    let authority = if reads.host { host.request_header(":authority") } else { None };
    let lowered = match &authority {
        None => Cow::default(),
        Some(authority) => match in_lower_case(authority.as_ref()) {
            Some(lowered) => lowered,
            None => {
                let number = policies.for_ambiguous_paths()?;
                return Some(Found { number, policy: policies.get(number)?, authority: None });
            }
        },
    };
    let path = if reads.path { host.request_header(":path") } else { None };
    let route_name = if reads.route_name { host.route_name() } else { None };
    let number = policies.find(&Target {
        authority: &lowered,
        path: path.as_ref().map(AsRef::as_ref).unwrap_or_default(),
        route_name: route_name.as_ref().map(AsRef::as_ref),
    })?;
    Some(Found { number, policy: policies.get(number)?, authority })
}

/// Clients send hosts in lower case: a copy is made only for those that do not. `None` where there is no memory for it, and
/// for what is too long to be one: it must not get past policies that are for a host.
fn in_lower_case(host: &[u8]) -> Option<Cow<'_, [u8]>> {
    if host.len() > MAX_AUTHORITY_BYTES {
        return None;
    }
    if !host.iter().any(u8::is_ascii_uppercase) {
        return Some(Cow::Borrowed(host));
    }
    let mut lowered = text::concat(&[host]);
    lowered.make_ascii_lowercase();
    (lowered.len() == host.len()).then_some(Cow::Owned(lowered))
}

/// The decision as `x-cors-decision` and access logs show it.
fn describe(policy: &Policy, kind: Kind, outcome: Outcome) -> Vec<u8> {
    text::concat(&[policy.name.as_bytes(), b"; ", kind.name().as_bytes(), b"; ", outcome.name().as_bytes()])
}

/// An origin for the log: whatever came, on one line and bounded.
fn show(origin: &[u8]) -> Vec<u8> {
    text::escape(origin.get(..MAX_ORIGIN_BYTES).unwrap_or(origin))
}
