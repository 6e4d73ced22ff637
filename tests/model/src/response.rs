//! What the client gets: the filter's own answer, or upstream's response with its headers edited.

use crate::decision::{Decision, Model, asks_for_allowed_headers, asks_for_an_allowed_method};
use crate::document::{Document, Policy};
use crate::exchange::{Answer, Header, Request, Shell, Upstream, elements, joined};
use serde_json::Value;

/// The response headers of the CORS protocol (Fetch, "HTTP responses").
const CORS_HEADERS: [&str; 6] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-expose-headers",
];

const PRIVATE_NETWORK: &str = "access-control-allow-private-network";

impl Shell for Model {
    fn load(document: &Value) -> Result<Model, String> {
        Ok(Model { document: Document::new(document), ambiguous: Policy::for_ambiguous_paths() })
    }

    fn answer(&mut self, request: &Request, upstream: &Upstream) -> Answer {
        let untouched = Answer {
            forwarded: Some(request.clone()),
            details: None,
            status: upstream.status,
            headers: upstream.headers.clone(),
            counted: Vec::new(),
            kept: None,
        };
        let Some(decision) = self.decide(request) else { return untouched };
        let Decision { policy, kind, outcome } = decision;
        let shown = format!("{}; {kind}; {outcome}", policy.name);
        let mut answer = untouched;
        if outcome != "no_origin" {
            answer.counted = vec![format!("{}/{kind}/{outcome}", policy.name)];
            answer.kept = self.document.decision_in_filter_state.then(|| shown.clone());
        }
        if !policy.report_only {
            match own_status(&decision) {
                Some(status) => {
                    answer.forwarded = None;
                    answer.details = Some(format!("cors_{kind}_{outcome}"));
                    answer.status = status;
                    answer.headers = Vec::new();
                    if status != 403 && allows_origin(outcome) {
                        answer.headers = preflight_headers(policy, request);
                    }
                }
                None => edit(&decision, request, &mut answer.headers),
            }
            add_to_vary(&mut answer.headers, &varies_by(policy, kind));
        }
        if self.document.debug_header {
            set(&mut answer.headers, "x-cors-decision", &shown);
        }
        answer
    }
}

/// Whether the origin is allowed, whatever else is refused.
fn allows_origin(outcome: &str) -> bool {
    ["allowed", "method_refused", "headers_refused"].contains(&outcome)
}

/// The status of the filter's own answer, if it answers.
fn own_status(decision: &Decision) -> Option<u32> {
    let Decision { policy, kind, outcome } = decision;
    match (*kind, *outcome) {
        (_, "no_origin") => None,
        ("preflight", "allowed") => (policy.preflight == "answer").then_some(policy.preflight_status),
        ("preflight", _) => match policy.refused_preflight.as_str() {
            "answer" => Some(policy.preflight_status),
            "forbid" => Some(403),
            _ => None,
        },
        (_, "allowed" | "same_origin") => None,
        _ => (policy.refused_request == "forbid").then_some(403),
    }
}

/// The headers of the answer to a preflight from an allowed origin.
fn preflight_headers(policy: &Policy, request: &Request) -> Vec<Header> {
    let mut headers = actual_headers(policy, &request.header("origin"));
    let mut add = |name: &str, value: String| headers.push((name.into(), value));
    let echoes = |list: &[String]| policy.allow_credentials && list.contains(&String::from("*"));
    if echoes(&policy.allow_methods) {
        if asks_for_an_allowed_method(policy, request) {
            add("access-control-allow-methods", request.header("access-control-request-method").unwrap_or_default());
        }
    } else if policy.allow_methods.contains(&String::from("*")) {
        add("access-control-allow-methods", String::from("*"));
    } else if !policy.allow_methods.is_empty() {
        add("access-control-allow-methods", policy.allow_methods.join(","));
    }
    if echoes(&policy.allow_headers) {
        let list = request.header("access-control-request-headers").unwrap_or_default();
        if asks_for_allowed_headers(policy, request) && !elements(&list).is_empty() {
            add("access-control-allow-headers", list);
        }
    } else if policy.allow_headers.contains(&String::from("*")) {
        let lists_authorization = policy.allow_headers.contains(&String::from("authorization"));
        add("access-control-allow-headers", String::from(if lists_authorization { "*,authorization" } else { "*" }));
    } else if !policy.allow_headers.is_empty() {
        add("access-control-allow-headers", policy.allow_headers.join(","));
    }
    if let Some(seconds) = policy.max_age {
        add("access-control-max-age", seconds.to_string());
    }
    if policy.allow_private_network
        && request.header("access-control-request-private-network").as_deref() == Some("true")
    {
        add(PRIVATE_NETWORK, String::from("true"));
    }
    headers
}

/// The headers of the response to an actual request from an allowed origin.
fn actual_headers(policy: &Policy, origin: &Option<String>) -> Vec<Header> {
    let allowed = if policy.is_constant() { Some(String::from("*")) } else { origin.clone() };
    let mut headers = vec![(String::from("access-control-allow-origin"), allowed.unwrap_or_default())];
    if policy.allow_credentials {
        headers.push((String::from("access-control-allow-credentials"), String::from("true")));
    }
    let exposed = if policy.expose_headers.contains(&String::from("*")) {
        String::from("*")
    } else {
        policy.expose_headers.join(",")
    };
    if !exposed.is_empty() {
        headers.push((String::from("access-control-expose-headers"), exposed));
    }
    headers
}

/// Edits upstream's response.
fn edit(decision: &Decision, request: &Request, headers: &mut Vec<Header>) {
    let Decision { policy, kind, outcome } = decision;
    let is_forwarded_preflight = *kind == "preflight";
    if *outcome == "no_origin" && !policy.is_constant() {
        return;
    }
    // What upstream grants a refused preflight is stripped, whatever else is kept.
    let keeps = policy.upstream_cors_headers == "keep" && (!is_forwarded_preflight || *outcome == "allowed");
    if keeps && let Some(allowed) = joined(headers, "access-control-allow-origin") {
        if policy.is_constant() && allowed != "*" {
            add_to_vary(headers, &["Origin"]);
        }
        return;
    }
    let grants = *outcome == "allowed" || policy.is_constant() && *outcome == "no_origin";
    if grants && !is_forwarded_preflight {
        // The others mean nothing on actual responses, so that what upstream says in them may stay.
        let granted = actual_headers(policy, &request.header("origin"));
        for name in ["access-control-allow-origin", "access-control-allow-credentials", "access-control-expose-headers"]
        {
            remove(headers, name);
        }
        if policy.timing_allow_origin {
            set(headers, "timing-allow-origin", &granted[0].1);
        }
        headers.extend(granted);
        return;
    }
    for name in CORS_HEADERS {
        remove(headers, name);
    }
    if is_forwarded_preflight {
        remove(headers, PRIVATE_NETWORK);
    }
    if grants {
        headers.extend(preflight_headers(policy, request));
    } else if policy.timing_allow_origin {
        remove(headers, "timing-allow-origin");
    }
}

/// What the response depends on.
fn varies_by(policy: &Policy, kind: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    // Upstream's answer to a preflight may depend on the origin where the policy's does not.
    let keeps_upstreams =
        kind == "preflight" && policy.preflight == "forward" && policy.upstream_cors_headers == "keep";
    if !policy.is_constant() || keeps_upstreams {
        names.push("Origin");
    }
    if kind == "preflight" {
        if !policy.is_constant() || policy.preflight != "answer" || policy.refused_preflight != "answer" {
            names.push("Access-Control-Request-Method");
            names.push("Access-Control-Request-Headers");
        }
        if policy.allow_private_network {
            names.push("Access-Control-Request-Private-Network");
        }
    }
    names
}

/// The longest `Vary` of upstream's that is merged with, in bytes; a longer one becomes `*`.
const MAX_VARY_BYTES: usize = 2048;

/// Merges names into `Vary`, as one line.
fn add_to_vary(headers: &mut Vec<Header>, names: &[&str]) {
    let present = joined(headers, "vary").unwrap_or_default();
    if present.len() > MAX_VARY_BYTES {
        set(headers, "vary", "*");
        return;
    }
    let mut merged = elements(&present);
    if merged.contains(&String::from("*")) {
        return;
    }
    for name in names {
        if !merged.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            merged.push(String::from(*name));
        }
    }
    if !merged.is_empty() {
        set(headers, "vary", &merged.join(", "));
    }
}

fn remove(headers: &mut Vec<Header>, name: &str) {
    headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
}

fn set(headers: &mut Vec<Header>, name: &str, value: &str) {
    remove(headers, name);
    headers.push((name.into(), value.into()));
}
