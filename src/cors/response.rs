//! The CORS headers of a response: what the filter sets, replaces and strips.

use crate::host::Host;
use crate::names::{
    ALLOW_CREDENTIALS, ALLOW_ORIGIN, ALLOW_PRIVATE_NETWORK, CORS_HEADERS, DECISION, EXPOSE_HEADERS,
    TIMING_ALLOW_ORIGIN, VARY,
};
use crate::policy::Policy;
use crate::reply::PreflightHeaders;
use crate::scratch::Scratch;
use crate::vary::{self, Names};

/// What a response is to get. By default it stays as it is.
#[derive(Debug, Default)]
pub struct Edits {
    /// The CORS headers.
    pub cors: CorsHeaders,
    /// What `Vary` is to name.
    pub vary: Option<&'static Names>,
    /// The value of `x-cors-decision`.
    pub decision: Option<Vec<u8>>,
}

/// The CORS headers that a response is to get.
#[derive(Debug, Default)]
pub enum CorsHeaders {
    /// They stay as they are.
    #[default]
    Untouched,
    /// None: the response to a refused actual request.
    StripFromResponse,
    /// None: the response to a refused preflight, not even where the policy lets upstream's stay.
    StripFromPreflight,
    /// Those of an actual response that is the same for everybody.
    AllowAny,
    /// Those of an actual response to this allowed origin.
    Allow(Vec<u8>),
    /// Those of an allowed preflight that upstream answers.
    AllowPreflight(PreflightHeaders),
}

impl Edits {
    /// Edits a response; `policy` finds the policy that decided, where the edits depend on it.
    #[inline]
    pub fn apply<'p>(&self, host: &mut impl Host, policy: impl FnOnce() -> Option<&'p Policy>, scratch: &Scratch) {
        if let Some(decision) = &self.decision {
            host.set_response_header(DECISION, decision);
        }
        let mut vary = self.vary;
        if !matches!(self.cors, CorsHeaders::Untouched)
            && let Some(policy) = policy()
        {
            match find_upstream_allow_origin(host, policy) {
                Some(_) if matches!(self.cors, CorsHeaders::StripFromPreflight) => self.cors.apply(host, policy),
                // Upstream's answer may depend on the origin even where the policy's does not.
                Some(origin) if origin.as_ref() != b"*" => vary = vary.or(Names::of(true, false, false)),
                Some(_) => {}
                None => self.cors.apply(host, policy),
            }
        }
        if let Some(names) = vary {
            match host.response_header(VARY) {
                None => host.set_response_header(VARY, names.as_bytes()),
                Some(present) => scratch.lend(|merged| {
                    if let Some(value) = vary::merge(present.as_ref(), names, merged) {
                        host.set_response_header(VARY, value);
                    }
                }),
            }
        }
    }
}

/// Upstream's `Access-Control-Allow-Origin`, where the policy lets it stay.
fn find_upstream_allow_origin<H: Host>(host: &mut H, policy: &Policy) -> Option<H::Value> {
    if policy.options.keep_upstream_cors_headers { host.response_header(ALLOW_ORIGIN) } else { None }
}

impl CorsHeaders {
    fn apply(&self, host: &mut impl Host, policy: &Policy) {
        match self {
            CorsHeaders::Untouched => {}
            CorsHeaders::StripFromResponse | CorsHeaders::StripFromPreflight => {
                for name in &CORS_HEADERS {
                    host.remove_response_header(name);
                }
                // Browsers look at it in the answer to a preflight only: elsewhere it is not worth a host call.
                if matches!(self, CorsHeaders::StripFromPreflight) {
                    host.remove_response_header(ALLOW_PRIVATE_NETWORK);
                }
                if policy.options.timing_allow_origin {
                    host.remove_response_header(TIMING_ALLOW_ORIGIN);
                }
            }
            CorsHeaders::AllowAny => allow_response(host, policy, b"*"),
            CorsHeaders::Allow(origin) => allow_response(host, policy, origin),
            CorsHeaders::AllowPreflight(headers) => {
                for name in CORS_HEADERS.iter().chain([&ALLOW_PRIVATE_NETWORK]) {
                    let common = policy.preflight_headers.iter().map(|(own, value)| (*own, value.as_bytes()));
                    let own = headers.own(policy).into_iter().flatten();
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
    if policy.allow_credentials {
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
