//! A document, read into what the model needs. It must be a valid one.

use crate::exchange::Request;
use crate::origin::{self, HostPattern, Origin, Rule};
use crate::path;
use globset::GlobMatcher;
use serde_json::Value;

/// A loaded document.
pub struct Document {
    pub policies: Vec<Policy>,
    pub debug_header: bool,
    pub decision_in_filter_state: bool,
}

/// A policy, option by option.
pub struct Policy {
    pub name: String,
    pub enabled: bool,
    pub hosts: Option<Vec<HostPattern>>,
    pub paths: Option<Vec<GlobMatcher>>,
    pub route_names: Option<Vec<String>>,
    /// Whether `*` is among the rules.
    pub any_origin: bool,
    /// Whether `null` is among the rules.
    pub null_origin: bool,
    pub rules: Vec<Rule>,
    pub allow_methods: Vec<String>,
    pub allow_headers: Vec<String>,
    pub expose_headers: Vec<String>,
    pub allow_credentials: bool,
    pub max_age: Option<u64>,
    pub preflight: String,
    pub preflight_status: u32,
    pub refused_preflight: String,
    pub refused_request: String,
    pub upstream_cors_headers: String,
    pub report_only: bool,
    pub allow_private_network: bool,
    pub timing_allow_origin: bool,
}

/// What the rules of a policy say about an `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// Well-formed, but not covered; with the origin, unless it is `null`.
    Refused(Option<Origin>),
    Malformed,
}

/// Fetch, "normalize a method".
pub fn normalized_method(method: &str) -> String {
    let upper = method.to_ascii_uppercase();
    let is_normalized = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].contains(&upper.as_str());
    if is_normalized { upper } else { method.into() }
}

fn texts(value: &Value, key: &str) -> Option<Vec<String>> {
    let list = value.get(key)?.as_array().expect("a list");
    Some(list.iter().map(|text| text.as_str().expect("a string").to_owned()).collect())
}

/// Without what was there before.
fn distinct(list: Vec<String>) -> Vec<String> {
    let mut kept = Vec::new();
    for text in list {
        if !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}

impl Document {
    pub fn new(document: &Value) -> Document {
        let policies = match document.get("policies") {
            Some(policies) => policies.as_array().expect("a list").iter().map(Policy::new).collect(),
            None => vec![Policy::new(document)],
        };
        let is_on = |key: &str| document.get(key) == Some(&Value::Bool(true));
        Document {
            policies,
            debug_header: is_on("debug_header"),
            decision_in_filter_state: is_on("decision_in_filter_state"),
        }
    }

    /// Whether some policy looks at paths, so that one that can be read in two ways has none.
    pub fn has_paths(&self) -> bool {
        self.policies.iter().any(|policy| policy.paths.is_some())
    }

    /// The first policy that is for a request.
    pub fn policy_for(&self, request: &Request) -> Option<&Policy> {
        self.policies.iter().find(|policy| policy.is_for(request))
    }
}

impl Policy {
    fn new(policy: &Value) -> Policy {
        let text = |key: &str, default: &str| {
            policy.get(key).map_or(default, |text| text.as_str().expect("a string")).to_owned()
        };
        let list = |key: &str| texts(policy, key).unwrap_or_default();
        let is_on = |key: &str| policy.get(key) == Some(&Value::Bool(true));
        let lowered = |list: Vec<String>| list.iter().map(|name| name.to_ascii_lowercase()).collect();
        let matches = policy.get("match").cloned().unwrap_or_default();
        let hosts = texts(&matches, "hosts").map(|hosts| hosts.iter().map(|host| HostPattern::new(host)).collect());
        let paths = texts(&matches, "paths").map(|paths| paths.iter().map(|path| origin::glob(path, true)).collect());
        let origins = list("allow_origins");
        let named = origins.iter().filter(|rule| !["*", "null"].contains(&rule.as_str()));
        Policy {
            name: text("name", "default"),
            enabled: policy.get("enabled") != Some(&Value::Bool(false)),
            hosts,
            paths,
            route_names: texts(&matches, "route_names"),
            any_origin: origins.contains(&String::from("*")),
            null_origin: origins.contains(&String::from("null")),
            rules: named.map(|rule| Rule::new(rule)).collect(),
            allow_methods: distinct(list("allow_methods").iter().map(|method| normalized_method(method)).collect()),
            allow_headers: distinct(lowered(list("allow_headers"))),
            expose_headers: distinct(lowered(list("expose_headers"))),
            allow_credentials: is_on("allow_credentials"),
            max_age: policy.get("max_age").map(|seconds| seconds.as_f64().expect("a number") as u64),
            preflight: text("preflight", "answer"),
            preflight_status: policy
                .get("preflight_status")
                .map_or(204, |status| status.as_u64().expect("a number") as u32),
            refused_preflight: text("refused_preflight", "answer"),
            refused_request: text("refused_request", "forward"),
            upstream_cors_headers: text("upstream_cors_headers", "replace"),
            report_only: is_on("report_only"),
            allow_private_network: is_on("allow_private_network"),
            timing_allow_origin: is_on("timing_allow_origin"),
        }
    }

    /// The policy `-`, for paths that can be read in two ways: it allows nothing, with every option at its default.
    pub fn for_ambiguous_paths() -> Policy {
        Policy::new(&serde_json::json!({ "name": "-" }))
    }

    fn is_for(&self, request: &Request) -> bool {
        let authority = request.authority.to_ascii_lowercase();
        let (host, _) = origin::host_and_port(&authority);
        let host = host.strip_suffix('.').unwrap_or(host);
        let path = path::without_query(&request.path);
        let covers_host = self.hosts.as_ref().is_none_or(|hosts| hosts.iter().any(|own| own.covers(host)));
        let covers_path = self.paths.as_ref().is_none_or(|paths| paths.iter().any(|own| origin::matches(own, path)));
        let is_for_route = |names: &Vec<String>| request.route.as_ref().is_some_and(|route| names.contains(route));
        covers_host && covers_path && self.route_names.as_ref().is_none_or(is_for_route)
    }

    /// `*` without credentials: the answer is the same whoever asks.
    pub fn is_constant(&self) -> bool {
        self.any_origin && !self.allow_credentials
    }

    pub fn judge(&self, origin: &str) -> Verdict {
        if self.is_constant() {
            return Verdict::Allowed;
        }
        if origin == "null" {
            return if self.null_origin || self.any_origin { Verdict::Allowed } else { Verdict::Refused(None) };
        }
        match origin::parse(origin) {
            None => Verdict::Malformed,
            Some(origin) if self.any_origin || self.rules.iter().any(|rule| rule.covers(&origin)) => Verdict::Allowed,
            Some(origin) => Verdict::Refused(Some(origin)),
        }
    }

    /// Whether a page of an allowed origin may use a method.
    pub fn allows_method(&self, method: &str) -> bool {
        let is_forbidden = ["CONNECT", "TRACE", "TRACK"].contains(&method.to_ascii_uppercase().as_str());
        ["GET", "HEAD", "POST"].contains(&method)
            || self.allow_methods.iter().any(|own| own == method && own != "*")
            || self.allow_methods.contains(&String::from("*"))
                && is_token(method)
                && method.len() <= 64
                && !is_forbidden
    }

    /// Whether a page of an allowed origin may set a header.
    pub fn allows_header(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let is_covered_by_star = is_token(&name) && (self.allow_credentials || name != "authorization");
        name != "*" && self.allow_headers.contains(&name)
            || self.allow_headers.contains(&String::from("*")) && is_covered_by_star
    }
}

/// RFC 9110, "Tokens".
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char))
}
