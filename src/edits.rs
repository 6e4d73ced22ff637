//! The CORS headers of a response: what the filter sets, replaces and strips.

use crate::config::{Preflight, RefusedPreflight};
use crate::decision::Echo;
use crate::filter::Host;
use crate::names::{
    ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, ALLOW_PRIVATE_NETWORK, CORS_HEADERS, DECISION,
    EXPOSE_HEADERS, TIMING_ALLOW_ORIGIN, VARY,
};
use crate::policy::Policy;
use crate::vary;

/// What a response is to get.
#[derive(Debug, Default)]
pub struct Edits {
    /// The CORS headers.
    pub grant: Grant,
    /// What `Vary` is to name.
    pub vary: Option<&'static vary::Names>,
    /// The value of `x-cors-decision`.
    pub decision: Option<String>,
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
    /// Those of an allowed preflight that upstream answers.
    Preflight(PreflightGrant),
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
    pub fn apply(self, host: &mut impl Host, policy: &Policy) {
        if let Some(decision) = self.decision {
            host.set_response_header(DECISION, decision.as_bytes());
        }
        let mut vary = self.vary;
        match self.grant {
            Grant::Untouched => {}
            grant @ Grant::RefusedPreflight => grant.apply(host, policy),
            grant => match find_upstream_grant(host, policy) {
                // Upstream's answer may depend on the origin even where the policy's does not.
                Some(origin) if origin != b"*" => vary = vary.or(Some(&vary::ORIGIN)),
                Some(_) => {}
                None => grant.apply(host, policy),
            },
        }
        if let Some(names) = vary {
            let present = host.response_header(VARY);
            if let Some(merged) = vary::merge(present.as_deref(), names) {
                host.set_response_header(VARY, &merged);
            }
        }
    }
}

/// The `Access-Control-Allow-Origin` of upstream where the policy lets it stay.
fn find_upstream_grant(host: &mut impl Host, policy: &Policy) -> Option<Vec<u8>> {
    if policy.options.keep_upstream_cors_headers { host.response_header(ALLOW_ORIGIN) } else { None }
}

impl Grant {
    fn apply(self, host: &mut impl Host, policy: &Policy) {
        match self {
            Grant::Untouched => {}
            Grant::RefusedRequest | Grant::RefusedPreflight => {
                for name in CORS_HEADERS {
                    host.remove_response_header(name);
                }
                if policy.options.timing_allow_origin {
                    host.remove_response_header(TIMING_ALLOW_ORIGIN);
                }
            }
            Grant::Constant => allow_response(host, policy, b"*"),
            Grant::Origin(origin) => allow_response(host, policy, &origin),
            Grant::Preflight(grant) => {
                let headers = grant.headers(policy);
                for name in CORS_HEADERS {
                    match headers.iter().find(|(own, _)| *own == name) {
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
    /// The CORS headers of the answer.
    pub fn headers<'a>(&'a self, policy: &'a Policy) -> Vec<(&'static str, &'a [u8])> {
        // Room for the origin, two echoes and the private network, and for what follows: `Vary` and the decision.
        let mut headers = Vec::with_capacity(policy.preflight_headers.len() + 6);
        headers.push((ALLOW_ORIGIN, if policy.is_constant() { b"*" } else { self.origin.as_slice() }));
        headers.extend(policy.preflight_headers.iter().map(|(name, value)| (*name, value.as_bytes())));
        headers.extend(self.echo.method.as_deref().map(|method| (ALLOW_METHODS, method)));
        headers.extend(self.echo.headers.as_deref().map(|names| (ALLOW_HEADERS, names)));
        if self.private_network {
            headers.push((ALLOW_PRIVATE_NETWORK, b"true"));
        }
        headers
    }
}

/// What the answer to a preflight varies by.
pub fn preflight_vary(policy: &Policy) -> Option<&'static vary::Names> {
    let options = &policy.options;
    // The answer to `*` is one for all only where the filter gives it whatever is asked.
    let depends_on_request =
        options.preflight != Preflight::Answer || options.refused_preflight != RefusedPreflight::Answer;
    match (policy.is_constant(), depends_on_request, options.allow_private_network) {
        (true, false, false) => None,
        (true, false, true) => Some(&vary::PRIVATE_NETWORK),
        (true, true, false) => Some(&vary::REQUESTED),
        (true, true, true) => Some(&vary::REQUESTED_AND_PRIVATE_NETWORK),
        (false, _, false) => Some(&vary::PREFLIGHT),
        (false, _, true) => Some(&vary::PREFLIGHT_AND_PRIVATE_NETWORK),
    }
}

/// What an actual response varies by.
pub fn response_vary(policy: &Policy) -> Option<&'static vary::Names> {
    (!policy.is_constant()).then_some(&vary::ORIGIN)
}
