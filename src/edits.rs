//! The CORS headers of a response: what the filter sets, replaces and strips.

use crate::decision::Echo;
use crate::filter::Host;
use crate::names::{
    ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, ALLOW_PRIVATE_NETWORK, CORS_HEADERS, DECISION,
    EXPOSE_HEADERS, TIMING_ALLOW_ORIGIN, VARY,
};
use crate::policy::Policy;
use crate::scratch::Scratch;
use crate::vary;

/// What a response is to get.
#[derive(Debug, Default)]
pub struct Edits {
    /// The CORS headers.
    pub grant: Grant,
    /// What `Vary` is to name.
    pub vary: Option<&'static vary::Names>,
    /// The value of `x-cors-decision`.
    pub decision: Option<Box<str>>,
}

/// The CORS headers of a response.
#[derive(Debug, Default)]
pub enum Grant {
    /// They stay as they are.
    #[default]
    Untouched,
    /// None, for the response to a refused actual request.
    RefusedRequest,
    /// None, for the response to a refused preflight, not even where the policy lets upstream's stay.
    RefusedPreflight,
    /// Those of an actual response to anybody.
    Constant,
    /// Those of an actual response to an allowed origin.
    Origin(Vec<u8>),
    /// Those of an allowed preflight that upstream answers. The box keeps the others small: each stream has one of these.
    Preflight(Box<PreflightGrant>),
}

/// What the answer to a preflight of an allowed origin takes from the request.
#[derive(Debug)]
pub struct PreflightGrant {
    /// The origin, as it came.
    pub origin: Vec<u8>,
    /// What is repeated.
    pub echo: Echo,
    /// Whether access to a private network was asked for, and the policy allows it.
    pub private_network: bool,
}

impl Edits {
    /// Edits a response.
    #[inline]
    pub fn apply<'a>(&self, host: &mut impl Host, policy: impl FnOnce() -> &'a Policy, scratch: &Scratch) {
        if let Some(decision) = &self.decision {
            host.set_response_header(DECISION, decision.as_bytes());
        }
        let mut vary = self.vary;
        match &self.grant {
            Grant::Untouched => {}
            grant @ Grant::RefusedPreflight => grant.apply(host, policy()),
            grant => {
                let policy = policy();
                match find_upstream_grant(host, policy) {
                    // Upstream's answer may depend on the origin even where the policy's does not.
                    Some(origin) if origin != b"*" => vary = vary.or(Some(&vary::ORIGIN)),
                    Some(_) => {}
                    None => grant.apply(host, policy),
                }
            }
        }
        if let Some(names) = vary {
            match host.response_header(VARY) {
                None => host.set_response_header(VARY, names.as_bytes()),
                Some(present) => scratch.lend(|merged| {
                    if vary::merge(&present, names, merged) {
                        host.set_response_header(VARY, merged);
                    }
                }),
            }
        }
    }
}

/// The `Access-Control-Allow-Origin` of upstream where the policy lets it stay.
fn find_upstream_grant(host: &mut impl Host, policy: &Policy) -> Option<Vec<u8>> {
    if policy.options.keep_upstream_cors_headers { host.response_header(ALLOW_ORIGIN) } else { None }
}

impl Grant {
    fn apply(&self, host: &mut impl Host, policy: &Policy) {
        match self {
            Grant::Untouched => {}
            Grant::RefusedRequest | Grant::RefusedPreflight => {
                for name in &CORS_HEADERS {
                    host.remove_response_header(name);
                }
                // Looked at in the answer to a preflight only: elsewhere not worth a host call.
                if matches!(self, Grant::RefusedPreflight) {
                    host.remove_response_header(ALLOW_PRIVATE_NETWORK);
                }
                if policy.options.timing_allow_origin {
                    host.remove_response_header(TIMING_ALLOW_ORIGIN);
                }
            }
            Grant::Constant => allow_response(host, policy, b"*"),
            Grant::Origin(origin) => allow_response(host, policy, origin),
            Grant::Preflight(grant) => {
                for name in CORS_HEADERS.iter().chain([&ALLOW_PRIVATE_NETWORK]) {
                    let common = policy.preflight_headers.iter().map(|(own, value)| (*own, value.as_bytes()));
                    let own = grant.own_headers(policy).into_iter().flatten();
                    match common.chain(own).find(|(own, _)| own == name) {
                        Some((_, value)) => host.set_response_header(name, value),
                        None => host.remove_response_header(name),
                    }
                }
            }
        }
    }
}

/// Gives an actual response the headers of an allowed origin, and takes upstream's own away.
fn allow_response(host: &mut impl Host, policy: &Policy, origin: &[u8]) {
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
    if policy.options.timing_allow_origin {
        host.set_response_header(TIMING_ALLOW_ORIGIN, origin);
    }
}

impl PreflightGrant {
    /// The CORS headers of the answer that come from the request.
    pub fn own_headers<'a>(&'a self, policy: &Policy) -> [Option<(&'static str, &'a [u8])>; 4] {
        [
            Some((ALLOW_ORIGIN, if policy.is_constant() { b"*" } else { self.origin.as_slice() })),
            self.echo.method.as_deref().map(|method| (ALLOW_METHODS, method)),
            self.echo.headers.as_deref().map(|names| (ALLOW_HEADERS, names)),
            self.private_network.then_some((ALLOW_PRIVATE_NETWORK, b"true")),
        ]
    }
}
