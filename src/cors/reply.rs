//! The filter's own answers, and what an answer to a preflight takes from the request.

use crate::header_map::Template;
use crate::names::{ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, ALLOW_PRIVATE_NETWORK, DECISION};
use crate::outcome::{Kind, Outcome};
use crate::policy::Policy;

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
    pub decision: Option<Vec<u8>>,
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

impl PreflightHeaders {
    /// The CORS headers of the answer that come from the request.
    #[inline(always)]
    pub fn own<'a>(&'a self, policy: &Policy) -> [Option<(&'static str, &'a [u8])>; 4] {
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
        let decision = self.decision.as_ref().map(|decision| (DECISION, decision.as_slice()));
        let (own, common) = match &self.headers {
            ReplyHeaders::Preflight(headers) => (headers.own(policy), &policy.replies.preflight),
            ReplyHeaders::RefusedPreflight => ([None; 4], &policy.replies.refused_preflight),
            ReplyHeaders::RefusedRequest => ([None; 4], &policy.replies.refused_request),
        };
        let [first, second, third, fourth] = own;
        ([first, second, third, fourth, decision], common)
    }
}
