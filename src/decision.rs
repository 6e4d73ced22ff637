//! The decision about a request, and its reason. Pure: bytes in, decision out.

use crate::policy::{Policy, Verdict};
use crate::token::elements;
use std::borrow::Cow;

/// What a request is to CORS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `OPTIONS` with `Origin` and `Access-Control-Request-Method` (Fetch, "CORS-preflight request").
    Preflight,
    /// Any other request with `Origin`.
    Request,
}

/// What was decided, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The policy allows it.
    Allowed,
    /// No rule covers the origin.
    OriginRefused,
    /// No browser sends such an `Origin`.
    OriginMalformed,
    /// No rule covers the origin, but it is the server's own: a page that talks to where it came from.
    SameOrigin,
    /// A preflight of an allowed origin asks for a method that the policy does not list.
    MethodRefused,
    /// A preflight of an allowed origin asks for a header that the policy does not list.
    HeadersRefused,
    /// The path can be read in two ways, so no policy by path is asked.
    PathAmbiguous,
}

impl Kind {
    /// The name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Preflight => "preflight",
            Kind::Request => "request",
        }
    }
}

impl Outcome {
    /// The name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Allowed => "allowed",
            Outcome::OriginRefused => "origin_refused",
            Outcome::OriginMalformed => "origin_malformed",
            Outcome::SameOrigin => "same_origin",
            Outcome::MethodRefused => "method_refused",
            Outcome::HeadersRefused => "headers_refused",
            Outcome::PathAmbiguous => "path_ambiguous",
        }
    }

    /// Whether the origin is allowed, so that the answer carries CORS headers.
    ///
    /// A preflight's answer carries them also where method or headers are refused: it lists what is allowed, so the
    /// browser names the fault itself.
    pub fn allows_origin(self) -> bool {
        matches!(self, Outcome::Allowed | Outcome::MethodRefused | Outcome::HeadersRefused)
    }
}

/// What `%RESPONSE_CODE_DETAILS%` says of a local reply.
pub fn response_code_details(kind: Kind, outcome: Outcome) -> &'static str {
    match (kind, outcome) {
        (Kind::Preflight, Outcome::Allowed) => "cors_preflight_allowed",
        (Kind::Preflight, Outcome::OriginRefused) => "cors_preflight_origin_refused",
        (Kind::Preflight, Outcome::OriginMalformed) => "cors_preflight_origin_malformed",
        (Kind::Preflight, Outcome::MethodRefused) => "cors_preflight_method_refused",
        (Kind::Preflight, Outcome::HeadersRefused) => "cors_preflight_headers_refused",
        (Kind::Preflight, Outcome::PathAmbiguous) => "cors_preflight_path_ambiguous",
        (Kind::Preflight, Outcome::SameOrigin) => "cors_preflight_same_origin",
        (Kind::Request, Outcome::OriginRefused) => "cors_request_origin_refused",
        (Kind::Request, Outcome::OriginMalformed) => "cors_request_origin_malformed",
        (Kind::Request, _) => "cors_request",
    }
}

/// Decides about an actual request with an `Origin`.
///
/// `authority` reads the request's `:authority`; it is asked only where no rule covers the origin.
pub fn decide_request(policy: &Policy, origin: &[u8], authority: impl FnOnce() -> Option<Vec<u8>>) -> Outcome {
    if policy.is_constant() {
        return Outcome::Allowed;
    }
    match policy.origins.judge(origin) {
        Verdict::Allowed => Outcome::Allowed,
        Verdict::Malformed => Outcome::OriginMalformed,
        Verdict::Refused(None) => Outcome::OriginRefused,
        Verdict::Refused(Some(parsed)) => {
            let is_own = authority().is_some_and(|authority| parsed.is_at_authority(&authority));
            if is_own { Outcome::SameOrigin } else { Outcome::OriginRefused }
        }
    }
}

/// Decides about a preflight for `method`.
///
/// `headers` reads `Access-Control-Request-Headers`; it is asked only where origin and method are allowed. Beside the
/// outcome comes what of the request the answer must repeat.
pub fn decide_preflight<'h>(
    policy: &Policy,
    origin: &[u8],
    method: &[u8],
    headers: impl FnOnce() -> Option<Cow<'h, [u8]>>,
) -> (Outcome, Echo) {
    if !policy.is_constant() {
        match policy.origins.judge(origin) {
            Verdict::Allowed => {}
            Verdict::Malformed => return (Outcome::OriginMalformed, Echo::default()),
            Verdict::Refused(_) => return (Outcome::OriginRefused, Echo::default()),
        }
    }
    let is_method_allowed = policy.methods.allows(method);
    let echoes_headers = policy.credentials && policy.headers.is_any();
    let mut echo = Echo::default();
    if is_method_allowed && policy.credentials && policy.methods.is_any() {
        echo.method = Some(method.to_vec());
    }
    if !is_method_allowed && !echoes_headers {
        return (Outcome::MethodRefused, echo);
    }
    let headers = headers().unwrap_or_default();
    let are_headers_allowed = policy.headers.allow(&headers, echoes_headers);
    if echoes_headers && are_headers_allowed && elements(&headers).next().is_some() {
        echo.headers = Some(headers.into_owned());
    }
    match (is_method_allowed, are_headers_allowed) {
        (true, true) => (Outcome::Allowed, echo),
        (true, false) => (Outcome::HeadersRefused, echo),
        (false, _) => (Outcome::MethodRefused, echo),
    }
}

/// What a preflight's answer repeats of the request: where `*` stands beside credentials, browsers take a literal `*`
/// for a name. Both are checked: tokens only, and bounded ([`Methods::allows`](crate::methods::Methods::allows),
/// [`MAX_REQUESTED_BYTES`](crate::headers::MAX_REQUESTED_BYTES)).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Echo {
    /// The method asked for.
    pub method: Option<Vec<u8>>,
    /// The headers asked for.
    pub headers: Option<Vec<u8>>,
}
