//! Whether the endpoint answers, whether a browser asks first, and what it makes of the answer.

use super::super::check::{Check, Id, Remedy};
use super::super::exchange::{Exchange, Head, Unanswered, printable};
use super::super::session::Session;
use crate::fetch::cors_check::{CorsFailure, cors_check};
use crate::fetch::origin::is_mixed_content;
use crate::fetch::preflight::{self, because};
use crate::fetch::response::ResponseHead;
use crate::fetch::{self, Failure};

/// The checks of the preflight's answer, in the order of the report.
const OF_ANSWER: [Id; 6] = [
    Id::PreflightStatus,
    Id::PreflightRedirect,
    Id::PreflightAllowOrigin,
    Id::PreflightCredentials,
    Id::PreflightMethods,
    Id::PreflightHeaders,
];

/// The family; without a response to the first request, nothing else can be examined.
pub fn checks(session: &mut Session) -> Vec<Check> {
    let reasons: Vec<String> =
        because(session.target.method(), &session.target.request.headers, &session.target.request)
            .iter()
            .map(ToString::to_string)
            .collect();
    let is_same_origin = crate::fetch::origin::Origin::of_url(session.target.url());
    let is_same_origin = is_same_origin.is_same_origin(&session.target.request.origin);
    let is_needed = !reasons.is_empty() && !is_same_origin;
    // A browser asks first, too.
    let asked = if is_needed { session.preflight() } else { None };
    let got = session.actual();
    let mut checks = vec![reachable(session, asked, got)];
    checks.push(match (is_same_origin, is_needed) {
        (true, _) => Check::pass(Id::PreflightNeeded, "the page is of the same origin: CORS does not concern it"),
        (_, false) => Check::pass(Id::PreflightNeeded, "no: the request is simple, so browsers send it at once"),
        (_, true) => Check::pass(Id::PreflightNeeded, format!("yes: {}", reasons.join("; "))).seen_in(asked),
    });
    let Some(at) = asked else {
        let reason = if is_needed { session.why_not_sent() } else { String::from("no preflight is needed") };
        let reason =
            if is_needed && !session.is_live() { String::from("no answer to a preflight was given") } else { reason };
        checks.extend(OF_ANSWER.map(|id| Check::skip(id, reason.clone())));
        return checks;
    };
    match session.response(Some(at)).cloned() {
        None => checks.extend(OF_ANSWER.map(|id| Check::skip(id, "the preflight got no answer, see reachable"))),
        Some(response) => checks.extend(of_answer(session, at, &response)),
    }
    checks
}

fn reachable(session: &Session, asked: Option<usize>, got: Option<usize>) -> Check {
    let id = Id::Reachable;
    let seen: Vec<usize> = asked.into_iter().chain(got).collect();
    let exchanges: Vec<&Exchange> = seen.iter().filter_map(|at| session.exchange(*at)).collect();
    if let Some((exchange, reason)) = exchanges.iter().find_map(|one| Some((one, one.response.as_ref().err()?))) {
        let url = &exchange.request.url;
        let remedy = match reason {
            Unanswered::Name(_) => "Correct the host name, or give its address with --resolve HOST:PORT:ADDRESS.",
            Unanswered::Connection(_) => "Check that the service runs, and the port; a firewall may be in between.",
            Unanswered::Tls(_) => {
                "Serve a certificate for this host from a public authority, with its intermediate certificates; \
                 browsers refuse others. --insecure examines the rest anyway."
            }
            Unanswered::Timeout(_) => "Check that the service answers; --timeout SECONDS waits longer.",
            Unanswered::Http(_) => {
                "Check that HTTP/1.1 is spoken on this port, and not TLS, HTTP/2 or another protocol."
            }
        };
        let method = &exchange.request.method;
        let detail = format!("{method} {url}: {reason}");
        return Check::fail(id, detail, Remedy::new(remedy)).seen_in(seen).in_short(format!("{reason}"));
    }
    let statuses = exchanges.iter().filter_map(|one| Some((&one.request.method, one.response()?.status_text())));
    let statuses: Vec<String> = statuses.map(|(method, status)| format!("{method}: {status}")).collect();
    let detail = statuses.join(", ");
    if is_mixed_content(&session.target.request.origin, session.target.url()) {
        let detail = format!("{detail}; browsers block http requests of https pages, so this must be served by https");
        let remedy = Remedy::new("Examine the https address that pages use, if this is not only a hop behind it.");
        return Check::info(id, detail, remedy).seen_in(seen);
    }
    Check::pass(id, detail).seen_in(seen)
}

fn of_answer(session: &mut Session, at: usize, response: &ResponseHead) -> Vec<Check> {
    let target = &session.target;
    let credentials = target.request.credentials;
    let asked = target.asked_headers();
    let found = preflight::checks(target.page(), credentials, target.method(), &asked, response);
    if found.iter().any(|check| check.failure == Some(Failure::PreflightRedirect)) {
        let mut checks = vec![Check::skip(OF_ANSWER[0], "a redirect, see preflight-redirect"), redirected(response)];
        checks.extend(OF_ANSWER.iter().skip(2).map(|id| Check::skip(*id, "the preflight is redirected")));
        return checks.into_iter().map(|check| check.seen_in([at])).collect();
    }
    let passed = cors_check(target.page(), credentials, response);
    let mut checks = vec![
        status(session, response, passed.is_ok()),
        Check::pass(Id::PreflightRedirect, "not redirected"),
        allow_origin(session, Id::PreflightAllowOrigin, &passed),
        allow_credentials(session, Id::PreflightCredentials, response, &passed),
    ];
    // Servers that refuse an origin say nothing more, and that is no finding of its own.
    if !response.headers.iter().any(|(name, _)| name.starts_with("access-control-")) {
        let reason = "the response has no CORS headers";
        checks.extend([Id::PreflightMethods, Id::PreflightHeaders].map(|id| Check::skip(id, reason)));
        return checks.into_iter().map(|check| check.seen_in([at])).collect();
    }
    // Fetch stops at the first failure; here methods and headers are looked at in any case, so that all is said at once.
    let readable = ResponseHead { status: 204, headers: with_passing_origin(session, response) };
    let target = &session.target;
    let found = preflight::checks(target.page(), credentials, target.method(), &asked, &readable);
    checks.push(methods(session, &found));
    checks.push(headers(session, &found));
    checks.into_iter().map(|check| check.seen_in([at])).collect()
}

/// The headers of the response as if its origin and credentials were right.
fn with_passing_origin(session: &Session, response: &ResponseHead) -> Vec<fetch::Header> {
    let kept = response
        .headers
        .iter()
        .filter(|(name, _)| name != "access-control-allow-origin" && name != "access-control-allow-credentials");
    let mut headers: Vec<fetch::Header> = kept.cloned().collect();
    headers.push((String::from("access-control-allow-origin"), session.target.page().as_bytes().to_vec()));
    headers.push((String::from("access-control-allow-credentials"), b"true".to_vec()));
    headers
}

fn redirected(response: &ResponseHead) -> Check {
    let to = printable(&response.get("location").unwrap_or_default());
    let detail =
        format!("the preflight is redirected to {to} ({}), and no browser follows that", response.status_text());
    let remedy = Remedy::new(
        "Call the address that it leads to, or answer OPTIONS before anything redirects: https upgrades, trailing \
         slashes and logins usually do.",
    )
    .with_policy("the filter answers a preflight before any redirect if it is first in the chain.");
    Check::fail(Id::PreflightRedirect, detail, remedy).in_short(format!("the preflight is redirected to {to}"))
}

fn status(session: &mut Session, response: &ResponseHead, cors_passes: bool) -> Check {
    let id = Id::PreflightStatus;
    let status = response.status_text();
    if response.is_ok() {
        return Check::pass(id, status);
    }
    // Some servers answer what they refuse by a status: then a preflight that asks for less is answered well.
    let page = session.target.page().to_owned();
    let lesser = session.target.preflight(&page, "GET", &[]);
    let lesser = session.ask(lesser);
    let lesser_ok = session.response(lesser).is_some_and(|lesser| lesser.is_ok() && lesser.allow_origin().is_some());
    let (why, remedy) = match response.status {
        _ if lesser_ok => (
            format!("a preflight for GET alone succeeds, so {status} means that the method or the headers are refused"),
            Remedy::new("Allow the method and the headers for which the preflight asks.").with_policy(wanted(session)),
        ),
        401 | 407 => (
            String::from("authentication sits in front of CORS, and preflights carry no credentials"),
            Remedy::new("Answer OPTIONS before authentication, or exempt it from authentication.")
                .with_policy("put the filter in front of the authentication filters."),
        ),
        403 => (
            String::from(
                "either authentication or a firewall sits in front of CORS, and preflights carry no credentials, or \
                 the server refuses this origin, method or header so",
            ),
            Remedy::new("Answer OPTIONS before authentication, and check that the origin is allowed.")
                .with_policy(format!("put the filter first in the chain, with {:?} in \"allow_origins\".", page)),
        ),
        404 | 405 | 501 => (
            String::from("no route takes OPTIONS here"),
            Remedy::new("Route OPTIONS to something that handles CORS, or answer it before routing.")
                .with_policy("the filter answers preflights before routing."),
        ),
        300..=399 => (
            String::from("a redirect without a Location"),
            Remedy::new("Answer OPTIONS with 204.").with_policy("the filter answers preflights itself."),
        ),
        _ => (
            String::from("the handler for OPTIONS fails"),
            Remedy::new("Answer OPTIONS with 204 before the service is asked.")
                .with_policy("the filter answers preflights itself."),
        ),
    };
    let but = if cors_passes { ", though its CORS headers are right" } else { "" };
    Check::fail(id, format!("the preflight is answered {status}{but}: {why}"), remedy)
        .in_short(format!("the preflight is answered {status}: {why}"))
        .seen_in(lesser)
}

/// The keys of a policy that allow what the page asks for.
fn wanted(session: &Session) -> String {
    let names: Vec<String> = session.target.asked_headers().into_iter().map(|(name, _)| name).collect();
    format!("\"allow_methods\": [{:?}], \"allow_headers\": {names:?}.", session.target.method())
}

/// The check of `Access-Control-Allow-Origin`, on a preflight or on the actual response.
pub fn allow_origin(session: &Session, id: Id, passed: &Result<(), CorsFailure>) -> Check {
    let page = session.target.page();
    let (what, kind) = match id {
        Id::PreflightAllowOrigin => ("the answer to the preflight", "the preflight"),
        _ => ("the response", "the response"),
    };
    let remedy = Remedy::new(format!("Answer requests of {page} with `Access-Control-Allow-Origin: {page}`."))
        .with_policy(format!("add {page:?} to \"allow_origins\"."));
    match passed {
        Ok(()) | Err(CorsFailure::NoAllowCredentials(_)) => Check::pass(id, format!("{kind} allows {page}")),
        Err(CorsFailure::WildcardWithCredentials) => Check::skip(id, "`*`, see wildcard-with-credentials"),
        Err(CorsFailure::MultipleAllowOrigins(_) | CorsFailure::InvalidAllowOrigin(_)) => {
            Check::skip(id, "not an origin, see allow-origin-syntax")
        }
        Err(CorsFailure::OtherAllowOrigin(value)) if super::misspelt::is_misspelt(value, page) => {
            Check::skip(id, "misspelled, see allow-origin-syntax")
        }
        Err(CorsFailure::OtherAllowOrigin(value)) => {
            let value = printable(value.as_bytes());
            Check::fail(id, format!("{what} allows {value} and not {page}"), remedy)
        }
        Err(CorsFailure::MissingAllowOrigin) => {
            Check::fail(id, format!("{what} carries no Access-Control-Allow-Origin, so {page} is not allowed"), remedy)
                .in_short(format!("{what} carries no Access-Control-Allow-Origin"))
        }
    }
}

/// The check of `Access-Control-Allow-Credentials`, on a preflight or on the actual response.
pub fn allow_credentials(
    session: &Session,
    id: Id,
    response: &ResponseHead,
    passed: &Result<(), CorsFailure>,
) -> Check {
    if !session.target.wants_credentials() {
        return Check::skip(id, "the page sends no credentials");
    }
    let what = if id == Id::PreflightCredentials { "the answer to the preflight" } else { "the response" };
    match passed {
        _ if response.allows_credentials() => Check::pass(id, "allowed"),
        Err(CorsFailure::WildcardWithCredentials) => Check::skip(id, "`*`, see wildcard-with-credentials"),
        Err(CorsFailure::MissingAllowOrigin) => Check::skip(id, "no origin is allowed"),
        _ => {
            let seen = match response.text("access-control-allow-credentials") {
                Some(value) => format!("says `Access-Control-Allow-Credentials: {}`", printable(value.as_bytes())),
                None => String::from("carries no Access-Control-Allow-Credentials"),
            };
            let remedy = Remedy::new("Answer with `Access-Control-Allow-Credentials: true`, in exactly these letters.")
                .with_policy("\"allow_credentials\": true.");
            Check::fail(id, format!("the page sends credentials, and {what} {seen}"), remedy)
        }
    }
}

fn methods(session: &Session, found: &[fetch::Check]) -> Check {
    let id = Id::PreflightMethods;
    let Some(check) = found.iter().find(|check| check.check == "allow_methods") else {
        return Check::skip(id, "not examined by browsers either: an earlier check fails");
    };
    if check.holds() {
        return Check::pass(id, check.detail.clone());
    }
    let method = session.target.method();
    let patch = if method.chars().any(char::is_lowercase) {
        " Methods are compared in exactly this case, and browsers upper-case only DELETE, GET, HEAD, OPTIONS, POST and PUT."
    } else {
        ""
    };
    let general = format!("List {method} in Access-Control-Allow-Methods.{patch}");
    let remedy = Remedy::new(general).with_policy(format!("add {method:?} to \"allow_methods\"."));
    Check::fail(id, check.detail.clone(), remedy).in_short(format!("the preflight does not allow {method}"))
}

fn headers(session: &Session, found: &[fetch::Check]) -> Check {
    let id = Id::PreflightHeaders;
    let checks: Vec<&fetch::Check> = found.iter().filter(|check| check.check == "allow_headers").collect();
    let failed: Vec<&str> = checks.iter().filter(|check| !check.holds()).map(|check| check.detail.as_str()).collect();
    if checks.is_empty() {
        return Check::skip(id, "no headers that need to be allowed");
    }
    if failed.is_empty() {
        let details: Vec<&str> = checks.iter().map(|check| check.detail.as_str()).collect();
        return Check::pass(id, details.join("; "));
    }
    let names = checks.iter().filter_map(|check| match &check.failure {
        Some(Failure::HeaderNotAllowed(name)) => Some(name.clone()),
        Some(Failure::AuthorizationUnderWildcard) => Some(String::from("authorization")),
        _ => None,
    });
    let mut names: Vec<String> = names.collect();
    if names.is_empty() {
        names = session.target.asked_headers().into_iter().map(|(name, _)| name).collect();
    }
    let under_wildcard = checks.iter().any(|check| check.failure == Some(Failure::AuthorizationUnderWildcard));
    let star = if under_wildcard { " `*` never covers authorization." } else { "" };
    let general = format!("List {} in Access-Control-Allow-Headers.{star}", names.join(", "));
    let remedy = Remedy::new(general).with_policy(format!("\"allow_headers\" with {names:?}."));
    Check::fail(id, failed.join("; "), remedy)
        .in_short(format!("the preflight does not allow the header {}", names.join(", ")))
}
