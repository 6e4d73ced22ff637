//! What is decided about a request: the table of the README, row by row.

use crate::document::{Document, Policy, Verdict};
use crate::exchange::{Request, elements};
use crate::{origin, path};

/// What is decided, under which policy.
pub struct Decision<'d> {
    pub policy: &'d Policy,
    pub kind: &'static str,
    pub outcome: &'static str,
}

/// A document with the policy for ambiguous paths.
pub struct Model {
    pub document: Document,
    pub ambiguous: Policy,
}

impl Model {
    /// What is decided about a request; `None` if it is left alone.
    pub fn decide(&self, request: &Request) -> Option<Decision<'_>> {
        if self.document.has_paths() && path::is_ambiguous(&request.path) {
            let outcome = if request.header("origin").is_some() { "path_ambiguous" } else { "no_origin" };
            return Some(Decision { policy: &self.ambiguous, kind: kind(request), outcome });
        }
        let policy = self.document.policy_for(request)?;
        policy.enabled.then(|| Decision { policy, kind: kind(request), outcome: outcome(policy, request) })
    }
}

/// Fetch, "CORS-preflight request".
pub fn is_preflight(request: &Request) -> bool {
    let has = |name: &str| request.header(name).is_some();
    request.method == "OPTIONS" && has("origin") && has("access-control-request-method")
}

fn kind(request: &Request) -> &'static str {
    if is_preflight(request) { "preflight" } else { "request" }
}

fn outcome(policy: &Policy, request: &Request) -> &'static str {
    let Some(origin) = request.header("origin") else { return "no_origin" };
    match policy.judge(&origin) {
        Verdict::Malformed => "origin_malformed",
        Verdict::Allowed if !is_preflight(request) => "allowed",
        Verdict::Allowed if !asks_for_an_allowed_method(policy, request) => "method_refused",
        Verdict::Allowed if !asks_for_allowed_headers(policy, request) => "headers_refused",
        Verdict::Allowed => "allowed",
        Verdict::Refused(Some(origin))
            if !is_preflight(request) && origin::is_servers_own(&origin, &request.authority) =>
        {
            "same_origin"
        }
        Verdict::Refused(_) => "origin_refused",
    }
}

/// Whether the method that a preflight asks for is allowed.
pub fn asks_for_an_allowed_method(policy: &Policy, request: &Request) -> bool {
    policy.allows_method(&request.header("access-control-request-method").unwrap_or_default())
}

/// Whether all headers that a preflight asks for are allowed.
pub fn asks_for_allowed_headers(policy: &Policy, request: &Request) -> bool {
    let list = request.header("access-control-request-headers").unwrap_or_default();
    list.len() <= 4096 && elements(&list).iter().all(|name| policy.allows_header(name))
}
