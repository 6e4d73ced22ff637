//! The decision about a request, as a value. Pure: bytes in, decision out.

use crate::allow_origins::Verdict;
use crate::list::elements;
use crate::options::{Preflight, RefusedPreflight};
use crate::outcome::{Kind, Outcome};
use crate::policy::Policy;
use crate::reply::{Echo, PreflightHeaders, Reply, ReplyHeaders};
use crate::response::{CorsHeaders, Edits};
use crate::text;
use std::borrow::Cow;

const FORBIDDEN: u32 = 403;

/// A request, as far as a decision depends on it.
pub enum Request<'a, V> {
    /// A request without `Origin`.
    WithoutOrigin,
    /// An actual request: one with an `Origin` that is not a preflight.
    Actual {
        /// The `Origin`, as it came.
        origin: V,
        /// Reads `:authority`; asked for only where no rule covers the origin.
        authority: &'a mut dyn FnMut() -> Option<V>,
    },
    /// `OPTIONS` with `Origin` and `Access-Control-Request-Method` (Fetch, "CORS-preflight request").
    Preflight {
        /// The `Origin`, as it came.
        origin: V,
        /// The method asked for.
        method: &'a [u8],
        /// The request's other headers; asked for only as far as the decision depends on them.
        header: &'a dyn Fn(&str) -> Option<Cow<'a, [u8]>>,
    },
}

/// What is decided about a request under a policy.
#[derive(Debug)]
pub struct Decision<'p> {
    /// The policy that decides.
    pub policy: &'p Policy,
    /// What the request is to CORS.
    pub kind: Kind,
    /// What was decided, and why.
    pub outcome: Outcome,
    /// What becomes of the request.
    pub action: Action,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Action {
    /// It is answered by the filter and goes no further.
    Reply(Reply),
    /// It goes on, and its response gets these edits.
    Forward(Edits),
}

/// Decides about a request under its policy.
// Inlined, so that each kind of request runs its own branch only, and a decision is built where it is used.
#[inline(always)]
pub fn decide<'p, V: AsRef<[u8]> + Into<Vec<u8>>>(policy: &'p Policy, request: Request<'_, V>) -> Decision<'p> {
    match request {
        Request::WithoutOrigin => decide_without_origin(policy),
        Request::Actual { origin, authority } => decide_actual(policy, origin, authority),
        Request::Preflight { origin, method, header } => decide_preflight(policy, origin, method, header),
    }
}

/// A cache has to know that the answer to a request with an origin may differ. The response's CORS headers stay upstream's,
/// unless they are the same for everybody.
#[inline(always)]
fn decide_without_origin(policy: &Policy) -> Decision<'_> {
    let is_constant = policy.is_constant() && !policy.options.report_only;
    let cors = if is_constant { CorsHeaders::AllowAny } else { CorsHeaders::Untouched };
    let action = Action::Forward(Edits { cors, vary: policy.response_vary, decision: None });
    Decision { policy, kind: Kind::Request, outcome: Outcome::NoOrigin, action }
}

#[inline(always)]
fn decide_actual<'p, V: AsRef<[u8]> + Into<Vec<u8>>>(
    policy: &'p Policy,
    origin: V,
    authority: &mut dyn FnMut() -> Option<V>,
) -> Decision<'p> {
    let outcome = judge_actual(policy, origin.as_ref(), authority);
    let is_forbidden =
        policy.options.forbid_refused_request && matches!(outcome, Outcome::OriginRefused | Outcome::OriginMalformed);
    let action = if policy.options.report_only {
        Action::Forward(Edits::default())
    } else if is_forbidden {
        Action::Reply(Reply::new(FORBIDDEN, Kind::Request, outcome, ReplyHeaders::RefusedRequest))
    } else {
        let cors = if policy.is_constant() {
            CorsHeaders::AllowAny
        } else if outcome.allows_origin() {
            CorsHeaders::Allow(origin.into())
        } else {
            CorsHeaders::StripFromResponse
        };
        Action::Forward(Edits { cors, vary: policy.response_vary, decision: None })
    };
    Decision { policy, kind: Kind::Request, outcome, action }
}

#[inline]
fn judge_actual<V: AsRef<[u8]>>(policy: &Policy, origin: &[u8], authority: &mut dyn FnMut() -> Option<V>) -> Outcome {
    if policy.is_for_ambiguous_paths() {
        return Outcome::PathAmbiguous;
    }
    if policy.is_constant() {
        return Outcome::Allowed;
    }
    match policy.allow_origins.judge(origin) {
        Verdict::Allowed => Outcome::Allowed,
        Verdict::Malformed => Outcome::OriginMalformed,
        Verdict::Refused(None) => Outcome::OriginRefused,
        Verdict::Refused(Some(parsed)) => {
            let is_own = authority().is_some_and(|authority| parsed.is_at_authority(authority.as_ref()));
            if is_own { Outcome::SameOrigin } else { Outcome::OriginRefused }
        }
    }
}

#[inline(always)]
fn decide_preflight<'p, 'h, V: AsRef<[u8]> + Into<Vec<u8>>>(
    policy: &'p Policy,
    origin: V,
    method: &[u8],
    header: &dyn Fn(&str) -> Option<Cow<'h, [u8]>>,
) -> Decision<'p> {
    let options = &policy.options;
    let mut echo = Echo::default();
    let outcome = judge_preflight(policy, origin.as_ref(), method, header, &mut echo);
    let is_allowed = outcome == Outcome::Allowed;
    let is_forwarded = match is_allowed {
        true => options.preflight == Preflight::Forward,
        false => options.refused_preflight == RefusedPreflight::Forward,
    };
    let is_forbidden = !is_allowed && options.refused_preflight == RefusedPreflight::Forbid;
    let action = if options.report_only {
        Action::Forward(Edits::default())
    } else if !outcome.allows_origin() || is_forbidden || is_forwarded && !is_allowed {
        if is_forwarded {
            Action::Forward(Edits {
                cors: CorsHeaders::StripFromPreflight,
                vary: policy.preflight_vary,
                decision: None,
            })
        } else {
            let status = if is_forbidden { FORBIDDEN } else { options.preflight_status };
            Action::Reply(Reply::new(status, Kind::Preflight, outcome, ReplyHeaders::RefusedPreflight))
        }
    } else {
        let private_network = options.allow_private_network
            && header("access-control-request-private-network").as_deref() == Some(b"true");
        let headers = PreflightHeaders { origin: origin.into(), echo, private_network };
        if is_forwarded {
            let cors = CorsHeaders::AllowPreflight(headers);
            Action::Forward(Edits { cors, vary: policy.preflight_vary, decision: None })
        } else {
            let headers = ReplyHeaders::Preflight(headers);
            Action::Reply(Reply::new(options.preflight_status, Kind::Preflight, outcome, headers))
        }
    };
    Decision { policy, kind: Kind::Preflight, outcome, action }
}

/// The outcome of a preflight; what its answer repeats of the request goes to `echo`.
#[inline(always)]
fn judge_preflight<'h>(
    policy: &Policy,
    origin: &[u8],
    method: &[u8],
    header: &dyn Fn(&str) -> Option<Cow<'h, [u8]>>,
    echo: &mut Echo,
) -> Outcome {
    if policy.is_for_ambiguous_paths() {
        return Outcome::PathAmbiguous;
    }
    if !policy.is_constant() {
        match policy.allow_origins.judge(origin) {
            Verdict::Allowed => {}
            Verdict::Malformed => return Outcome::OriginMalformed,
            Verdict::Refused(_) => return Outcome::OriginRefused,
        }
    }
    let is_method_allowed = policy.allow_methods.allows(method);
    let echoes_headers = policy.allow_credentials && policy.allow_headers.is_any();
    if is_method_allowed && policy.allow_credentials && policy.allow_methods.is_any() {
        echo.method = Some(text::concat(&[method]));
    }
    if !is_method_allowed && !echoes_headers {
        return Outcome::MethodRefused;
    }
    let headers = header("access-control-request-headers").unwrap_or_default();
    let are_headers_allowed = policy.allow_headers.allow(&headers, echoes_headers);
    if echoes_headers && are_headers_allowed && elements(&headers).next().is_some() {
        echo.headers = Some(match headers {
            Cow::Owned(headers) => headers,
            Cow::Borrowed(headers) => text::concat(&[headers]),
        });
    }
    match (is_method_allowed, are_headers_allowed) {
        (true, true) => Outcome::Allowed,
        (true, false) => Outcome::HeadersRefused,
        (false, _) => Outcome::MethodRefused,
    }
}
