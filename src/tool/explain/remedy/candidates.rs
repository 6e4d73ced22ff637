//! What could be changed about a failure. A candidate is a promise of nothing: it is tried.

use crate::explain::change::{self, Change, append};
use crate::explain::explanation::{Decided, Explanation, Situation};
use crate::explain::loaded::Policies;
use crate::explain::rule::path_in;
use crate::fetch::cors_check::CorsFailure;
use crate::fetch::{Failure, Sent};
use document::problem::Problem;
use document::reason::Reason;
use document::shape::PolicyDocument;
use document::switches::Switch;
use serde_json::{Value, json};

type Candidates = Vec<Vec<Change>>;

/// A document that is refused after a change: the switch that its problem names, or what must go along with the change.
pub(super) fn of_problems(json: &Value, problems: &[Problem]) -> Candidates {
    let Some(problem) = problems.first() else { return Vec::new() };
    if let Some(switch) = switch_of(problem) {
        let policy = problem.path.rsplit_once('.').map_or("", |(policy, _)| policy);
        let list = join(policy, "dangerously_allow");
        return vec![vec![append(json, &list, Value::from(switch.name()), format!("dangerous: {}", switch.reason()))]];
    }
    if problem.reason == Reason::LiteralStar {
        let opens = "with credentials * exposes nothing; list the response headers that pages need instead".to_owned();
        let change = Change { path: problem.path.clone(), value: None, opens };
        return vec![vec![change]];
    }
    Vec::new()
}

/// The switch of `dangerously_allow` that would allow what a problem is about.
fn switch_of(problem: &Problem) -> Option<Switch> {
    match problem.reason {
        Reason::Dangerous(switch) => Some(switch),
        _ => None,
    }
}

/// A request that is still blocked.
pub(super) fn of_failure(policies: &Policies, situation: &Situation, explanation: &Explanation) -> Candidates {
    let (Some(failure), Some(decided)) = (&explanation.trace.failure, explanation.last_decided()) else {
        return Vec::new();
    };
    let Some(hop) = explanation.trace.hops.last() else { return Vec::new() };
    let Some(sent) = hop.request.as_ref().or(hop.preflight.as_ref()).map(|exchange| &exchange.request) else {
        return Vec::new();
    };
    let blocked = Blocked { policies, failure, decided, sent, origin: &hop.origin, route_name: situation.route_name };
    let policy = decided.policy.as_ref().and_then(|(number, _)| policies.policy(*number));
    match (policy, decided.outcome.as_str()) {
        (_, "path_ambiguous") => Vec::new(),
        (Some(policy), "disabled") => vec![blocked.enable(policy)],
        (Some(policy), _) => blocked.under(policy),
        (None, _) => blocked.without_policy(),
    }
}

/// A blocked request, and what is known of it.
struct Blocked<'a> {
    policies: &'a Policies,
    failure: &'a Failure,
    decided: &'a Decided,
    /// What was sent last.
    sent: &'a Sent,
    origin: &'a str,
    route_name: Option<&'a str>,
}

impl Blocked<'_> {
    fn json(&self) -> &Value {
        &self.policies.json
    }

    fn host(&self) -> &str {
        self.sent.url.host_str().unwrap_or_default()
    }

    /// Adds a policy, or widens the `match` of the only one.
    fn without_policy(&self) -> Candidates {
        let origin = self.origin;
        if let Some(list) = self.json().get("policies").and_then(Value::as_array) {
            let value = json!({"name": self.free_name(), "match": {"hosts": [self.host()]}, "allow_origins": [origin]});
            let opens = format!("pages at {origin} may read responses of {}", self.host());
            let path = format!("policies[{}]", list.len());
            return vec![vec![Change { path, value: Some(value), opens }]];
        }
        let wanted = [
            ("match.hosts", Some(self.host())),
            ("match.paths", Some(self.sent.url.path())),
            ("match.route_names", self.route_name),
        ];
        let widen = |(list, item): (&str, Option<&str>)| {
            change::at(self.json(), list)?;
            let item = item?;
            let opens = format!("the policy holds for requests to {item} too");
            Some(vec![append(self.json(), list, Value::from(item), opens)])
        };
        wanted.into_iter().filter_map(widen).collect()
    }

    /// A name for a policy that no other has, made of the host.
    fn free_name(&self) -> String {
        let letters = self.host().chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' });
        let name: String = letters.take(28).collect::<String>().trim_matches('-').to_owned();
        let is_taken = |name: &str| self.policies.document.policies.iter().any(|policy| policy.name.text == name);
        let numbered = (2..100).map(|number| format!("{name}-{number}"));
        std::iter::once(name.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(name)
    }

    fn enable(&self, policy: &PolicyDocument) -> Vec<Change> {
        let change =
            |key: &str, value: Value, opens: String| Change { path: path_in(policy, key), value: Some(value), opens };
        let name = &policy.name.text;
        vec![
            change("enabled", json!(true), format!("the filter handles the requests of the policy {name}")),
            change("allow_origins", json!([self.origin]), self.opens_origin(policy)),
        ]
    }

    fn under(&self, policy: &PolicyDocument) -> Candidates {
        if policy.options.report_only {
            let opens = "the policy is in force for all of its requests, where it only counted and logged".to_owned();
            return vec![vec![set(policy, "report_only", json!(false), opens)]];
        }
        let mut candidates = match self.decided.outcome.as_str() {
            "origin_refused" | "origin_malformed" | "same_origin" => vec![vec![self.add_origin(policy)]],
            "method_refused" => vec![self.add_method(policy)],
            "headers_refused" => vec![self.add_headers(policy)],
            _ => self.of_check(policy),
        };
        if policy.options.keep_upstream_cors_headers {
            let opens = "the policy's CORS headers take the place of the service's own".to_owned();
            candidates.push(vec![set(policy, "upstream_cors_headers", json!("replace"), opens)]);
        }
        candidates
    }

    /// The filter allows it, and the browser does not.
    fn of_check(&self, policy: &PolicyDocument) -> Candidates {
        match self.failure {
            Failure::CorsCheck(failure) | Failure::PreflightCorsCheck(failure) => match failure {
                CorsFailure::WildcardWithCredentials => self.close_wildcard(policy),
                CorsFailure::NoAllowCredentials(_) => vec![vec![allow_credentials(policy)]],
                _ => Vec::new(),
            },
            Failure::PreflightStatus(_) | Failure::PreflightRedirect => {
                let opens = "the filter answers preflights itself, and they no longer reach the service".to_owned();
                vec![vec![set(policy, "preflight", json!("answer"), opens)]]
            }
            Failure::MethodNotAllowed(_) => vec![self.add_method(policy)],
            Failure::HeaderNotAllowed(_) | Failure::AuthorizationUnderWildcard => vec![self.add_headers(policy)],
            _ => Vec::new(),
        }
    }

    fn opens_origin(&self, policy: &PolicyDocument) -> String {
        let name = &policy.name.text;
        let cookies = if policy.allow_credentials { ", as their visitors, with cookies" } else { "" };
        match self.origin {
            "null" => {
                format!(
                    "sandboxed frames of any site, and local files, may read responses under the policy {name}{cookies}"
                )
            }
            origin => format!("pages at {origin} may read responses under the policy {name}{cookies}"),
        }
    }

    fn add_origin(&self, policy: &PolicyDocument) -> Change {
        let list = path_in(policy, "allow_origins");
        append(self.json(), &list, Value::from(self.origin), self.opens_origin(policy))
    }

    fn add_method(&self, policy: &PolicyDocument) -> Vec<Change> {
        let Some(method) = self.sent.header("access-control-request-method") else { return Vec::new() };
        let method = String::from_utf8_lossy(method).into_owned();
        let opens = format!("pages of every allowed origin may send {method}");
        vec![append(self.json(), &path_in(policy, "allow_methods"), Value::from(method), opens)]
    }

    /// All headers that are asked for and not listed, one change each.
    fn add_headers(&self, policy: &PolicyDocument) -> Vec<Change> {
        let asked = self.sent.header("access-control-request-headers").unwrap_or_default();
        let list = path_in(policy, "allow_headers");
        let has_star = policy.allow_headers.iter().any(|own| own.text == "*");
        let mut json = self.json().clone();
        let mut changes = Vec::new();
        for name in cors::list::elements(asked) {
            let name = String::from_utf8_lossy(name).into_owned();
            let is_listed = policy.allow_headers.iter().any(|own| own.text.eq_ignore_ascii_case(&name));
            if is_listed || has_star && name != "authorization" {
                continue;
            }
            let opens = format!("pages of every allowed origin may set {name}");
            let change = append(&json, &list, Value::from(name), opens);
            if change.apply(&mut json).is_some() {
                changes.push(change);
            }
        }
        changes
    }

    /// `*` with credentials is read by no browser: the page's origin takes its place.
    fn close_wildcard(&self, policy: &PolicyDocument) -> Candidates {
        let Some(star) = policy.allow_origins.iter().find(|rule| rule.text == "*") else { return Vec::new() };
        let opens =
            "no browser accepts * with credentials, so the page's origin takes its place; pages of other origins \
                     can no longer read until they are listed too"
                .to_owned();
        let value = Some(Value::from(self.origin));
        let origin = Change { path: star.path.clone(), value, opens };
        vec![vec![origin, allow_credentials(policy)]]
    }
}

fn allow_credentials(policy: &PolicyDocument) -> Change {
    let opens = "pages of every allowed origin may send their visitors' cookies, and read the answers".to_owned();
    set(policy, "allow_credentials", json!(true), opens)
}

fn set(policy: &PolicyDocument, key: &str, value: Value, opens: String) -> Change {
    Change { path: path_in(policy, key), value: Some(value), opens }
}

fn join(policy: &str, key: &str) -> String {
    if policy.is_empty() { key.to_owned() } else { format!("{policy}.{key}") }
}
