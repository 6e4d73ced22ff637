//! An explanation as JSON, as `src/tool/README.md` documents it.

use super::change::Kind;
use super::explanation::{Decided, Explanation};
use super::loaded::Loaded;
use super::remedy::Remedy;
use crate::fetch::response::shown;
use crate::fetch::run::{self, Hop};
use crate::fetch::{self, Header, Mode, Request};
use serde::Serialize;
use serde_json::Value;

#[derive(Serialize)]
struct Report<'a> {
    page: &'a str,
    url: &'a str,
    verdict: &'static str,
    same_origin: bool,
    preflight: Option<Exchange<'a>>,
    request: Option<Exchange<'a>>,
    redirects: Vec<Redirect<'a>>,
    readable_headers: &'a [String],
    console: Option<&'a str>,
    remedy: Vec<Change>,
    no_remedy: Option<&'a str>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Redirect<'a> {
    url: &'a str,
    preflight: Option<Exchange<'a>>,
    request: Option<Exchange<'a>>,
}

#[derive(Serialize)]
struct Exchange<'a> {
    because: Vec<String>,
    request: Sent<'a>,
    response: Response<'a>,
    decision: Option<Decision<'a>>,
    checks: Vec<Check<'a>>,
}

#[derive(Serialize)]
struct Sent<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<(&'a str, String)>,
}

#[derive(Serialize)]
struct Response<'a> {
    status: u16,
    headers: Vec<(&'a str, String)>,
    from: &'static str,
}

#[derive(Serialize)]
struct Decision<'a> {
    policy: Option<&'a str>,
    kind: &'static str,
    outcome: &'a str,
    rule: Option<Rule<'a>>,
}

#[derive(Serialize)]
struct Rule<'a> {
    path: &'a str,
    value: Option<&'a Value>,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Check<'a> {
    check: &'static str,
    holds: bool,
    detail: &'a str,
}

#[derive(Serialize)]
struct Change {
    path: String,
    change: &'static str,
    value: Option<Value>,
    opens: String,
}

/// The explanation as JSON over several lines.
pub fn render(
    loaded: &Loaded,
    request: &Request,
    explanation: &Explanation,
    remedy: &Remedy,
    notes: &[String],
) -> String {
    let trace = &explanation.trace;
    let mut decided = explanation.decided.iter();
    let mut hops = trace.hops.iter().map(|hop| exchanges(loaded, hop, request.mode, &mut decided));
    let (preflight, own_request) = hops.next().unwrap_or_default();
    let urls = trace.hops.iter().skip(1).map(|hop| hop.url.as_str());
    let redirects = urls.zip(hops).map(|(url, (preflight, request))| Redirect { url, preflight, request }).collect();
    let dropped = trace.dropped.iter().map(|dropped| format!("not sent: {}: {}", dropped.name, dropped.reason));
    let report = Report {
        page: request.origin.serialize(),
        url: request.url.as_str(),
        verdict: trace.verdict.name(),
        same_origin: trace.hops.first().is_some_and(|hop| hop.is_same_origin),
        preflight,
        request: own_request,
        redirects,
        readable_headers: &trace.readable_headers,
        console: explanation.console.as_deref(),
        remedy: changes(loaded, remedy),
        no_remedy: match remedy {
            Remedy::None(reason) => Some(reason),
            Remedy::NotNeeded | Remedy::Changes(_) => None,
        },
        notes: notes.iter().cloned().chain(dropped).collect(),
    };
    serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
}

fn changes(loaded: &Loaded, remedy: &Remedy) -> Vec<Change> {
    let Remedy::Changes(changes) = remedy else { return Vec::new() };
    let mut document = loaded.policies.json.clone();
    let render = |change: &super::change::Change| {
        let kind = match change.kind(&document) {
            Kind::Add => "add",
            Kind::Replace => "replace",
            Kind::Remove => "remove",
        };
        // Each change is of the document with those before it.
        let _ = change.apply(&mut document);
        Change { path: change.path.clone(), change: kind, value: change.value.clone(), opens: change.opens.clone() }
    };
    changes.iter().map(render).collect()
}

/// Preflight and request at one URL.
fn exchanges<'a>(
    loaded: &Loaded,
    hop: &'a Hop,
    mode: Mode,
    decided: &mut impl Iterator<Item = &'a Decided>,
) -> (Option<Exchange<'a>>, Option<Exchange<'a>>) {
    let preflight = hop.preflight.as_ref().map(|preflight| {
        let because = hop.because.iter().map(ToString::to_string).collect();
        exchange(loaded, preflight, decided.next(), because)
    });
    let request =
        hop.request.as_ref().map(|request| exchange(loaded, request, decided.next(), vec![request_because(hop, mode)]));
    (preflight, request)
}

/// Why the request itself was sent.
pub fn request_because(hop: &Hop, mode: Mode) -> String {
    let text = if hop.preflight.is_some() {
        "the preflight allows it"
    } else if hop.is_same_origin {
        "it goes to the page's own origin, where CORS does not apply"
    } else if mode == Mode::NoCors {
        "no-cors asks for no permission"
    } else {
        "its method and headers are CORS-safelisted and need no preflight"
    };
    text.to_owned()
}

fn exchange<'a>(
    loaded: &Loaded,
    exchange: &'a run::Exchange,
    decided: Option<&'a Decided>,
    because: Vec<String>,
) -> Exchange<'a> {
    let check = |check: &'a fetch::Check| Check { check: check.check, holds: check.holds(), detail: &check.detail };
    Exchange {
        because,
        request: Sent {
            method: &exchange.request.method,
            url: exchange.request.url.as_str(),
            headers: headers(&exchange.request.headers),
        },
        response: Response {
            status: exchange.response.status,
            headers: headers(&exchange.response.headers),
            from: if decided.is_some_and(|decided| decided.is_own_reply) { "filter" } else { "upstream" },
        },
        decision: decided.map(|decided| decision(loaded, decided)),
        checks: exchange.checks.iter().map(check).collect(),
    }
}

fn headers(headers: &[Header]) -> Vec<(&str, String)> {
    headers.iter().map(|(name, value)| (name.as_str(), shown(value))).collect()
}

fn decision<'a>(loaded: &Loaded, decided: &'a Decided) -> Decision<'a> {
    let rule = decided.rule.as_ref().map(|rule| {
        let place = loaded.place(&rule.path);
        Rule { path: &rule.path, value: rule.value.as_ref(), line: place.line, column: place.column }
    });
    Decision {
        policy: decided.policy.as_ref().map(|(_, name)| name.as_str()),
        kind: decided.kind,
        outcome: &decided.outcome,
        rule,
    }
}
