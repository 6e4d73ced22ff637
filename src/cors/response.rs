//! The CORS headers of a response: what the filter sets, replaces and strips, and what its own replies carry.

use crate::header_map::Template;
use crate::host::Host;
use crate::names::{
    ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, ALLOW_PRIVATE_NETWORK, CORS_HEADERS, DECISION,
    EXPOSE_HEADERS, TIMING_ALLOW_ORIGIN, VARY,
};
use crate::outcome::{Kind, Outcome};
use crate::policy::Policy;
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
    pub decision: Option<Box<str>>,
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
    /// Those of an allowed preflight that upstream answers. The box keeps the others small: each stream has one of these.
    AllowPreflight(Box<PreflightHeaders>),
}

/// What the answer to a preflight from an allowed origin takes from the request.
#[derive(Debug)]
pub struct PreflightHeaders {
    /// The origin, as it came.
    pub origin: Vec<u8>,
    /// What is repeated.
    pub echo: Echo,
    /// Whether access to a private network was asked for, and the policy allows it.
    pub private_network: bool,
}

/// What the answer to a preflight repeats of the request: where `*` comes with credentials, browsers take a literal `*`
/// for a name. Both are checked: tokens only, and bounded
/// ([`AllowMethods::allows`](crate::allow_methods::AllowMethods::allows),
/// [`MAX_REQUESTED_BYTES`](crate::allow_headers::MAX_REQUESTED_BYTES)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Echo {
    /// The method asked for.
    pub method: Option<Vec<u8>>,
    /// The headers asked for.
    pub headers: Option<Vec<u8>>,
}

/// An answer of the filter's own, without a body.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u32,
    /// What `%RESPONSE_CODE_DETAILS%` of Envoy's access log says.
    pub details: &'static str,
    /// Which headers it has.
    pub headers: ReplyHeaders,
    /// The value of `x-cors-decision`.
    pub decision: Option<Box<str>>,
}

/// Headers of an answer that it does not share with others of its policy.
type OwnHeaders<'a> = [Option<(&'static str, &'a [u8])>; 5];

/// The headers of an answer of the filter's own.
#[derive(Debug)]
pub enum ReplyHeaders {
    /// Those of the answer to a preflight from an allowed origin.
    Preflight(PreflightHeaders),
    /// Those of the answer to a preflight that learns nothing.
    RefusedPreflight,
    /// Those of the answer to an actual request that is forbidden.
    RefusedRequest,
}

impl Edits {
    /// Edits a response; `policy` finds the policy that decided, where the edits depend on it.
    #[inline]
    pub fn apply<'p>(&self, host: &mut impl Host, policy: impl FnOnce() -> Option<&'p Policy>, scratch: &Scratch) {
        if let Some(decision) = &self.decision {
            host.set_response_header(DECISION, decision.as_bytes());
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
                    if vary::merge(present.as_ref(), names, merged) {
                        host.set_response_header(VARY, merged);
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

impl PreflightHeaders {
    /// The CORS headers of the answer that come from the request.
    #[inline(always)]
    fn own<'a>(&'a self, policy: &Policy) -> [Option<(&'static str, &'a [u8])>; 4] {
        [
            Some((ALLOW_ORIGIN, if policy.is_constant() { b"*" } else { self.origin.as_slice() })),
            self.echo.method.as_deref().map(|method| (ALLOW_METHODS, method)),
            self.echo.headers.as_deref().map(|names| (ALLOW_HEADERS, names)),
            self.private_network.then_some((ALLOW_PRIVATE_NETWORK, b"true")),
        ]
    }
}

impl Reply {
    /// An answer to a request of this kind and outcome.
    #[inline(always)]
    pub fn new(status: u32, kind: Kind, outcome: Outcome, headers: ReplyHeaders) -> Self {
        Reply { status, details: outcome.response_code_details(kind), headers, decision: None }
    }

    /// The headers, in the order in which they are sent; `policy` is the one that decided.
    pub fn headers<'a>(&'a self, policy: &'a Policy) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let (own, common) = self.parts(policy);
        own.into_iter().flatten().map(|(name, value)| (name.as_bytes(), value)).chain(common.iter())
    }

    /// Writes the headers as a serialized map (see [`header_map`](crate::header_map)) to `bytes`, which is empty.
    pub fn write_headers(&self, policy: &Policy, bytes: &mut Vec<u8>) {
        let (own, common) = self.parts(policy);
        common.write(&own, bytes);
    }

    /// The headers that are this reply's own, and those that all of its kind have.
    #[inline(always)]
    fn parts<'a>(&'a self, policy: &'a Policy) -> (OwnHeaders<'a>, &'a Template) {
        let decision = self.decision.as_ref().map(|decision| (DECISION, decision.as_bytes()));
        let (own, common) = match &self.headers {
            ReplyHeaders::Preflight(headers) => (headers.own(policy), &policy.replies.preflight),
            ReplyHeaders::RefusedPreflight => ([None; 4], &policy.replies.refused_preflight),
            ReplyHeaders::RefusedRequest => ([None; 4], &policy.replies.refused_request),
        };
        let [first, second, third, fourth] = own;
        ([first, second, third, fourth, decision], common)
    }
}
