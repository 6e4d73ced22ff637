//! The actual response: whether the page may read it, and which of its headers.

use super::super::check::{Check, Id, Remedy, Verdict};
use super::super::exchange::{Head, printable};
use super::super::session::Session;
use super::misspelt::is_misspelt;
use super::preflight::{allow_credentials, allow_origin};
use crate::fetch::cors_check::cors_check;
use crate::fetch::origin::Origin;
use crate::fetch::response::{ResponseHead, cors_readable};
use url::Url;

const OF_RESPONSE: [Id; 4] = [Id::AllowOrigin, Id::Credentials, Id::AllowOriginSyntax, Id::WildcardWithCredentials];

/// The checks of the response itself.
pub fn checks(session: &mut Session) -> Vec<Check> {
    let at = session.actual();
    let Some(response) = session.response(at).cloned() else {
        let reason =
            if session.is_live() { "there is no response, see reachable" } else { "no actual response was given" };
        let mut checks = OF_RESPONSE.map(|id| Check::skip(id, reason));
        // What was pasted may be the answer to a preflight alone.
        checks[2] = syntax(session);
        checks[3] = wildcard(session);
        return checks.to_vec();
    };
    let (first, second) = match reason_to_skip(session, &response) {
        Some(reason) => (Check::skip(Id::AllowOrigin, reason.clone()), Check::skip(Id::Credentials, reason)),
        None => {
            let target = &session.target;
            let passed = cors_check(target.page(), target.request.credentials, &response);
            let status = response.status_text();
            let first = in_error(allow_origin(session, Id::AllowOrigin, &passed), &response, &status);
            (first, allow_credentials(session, Id::Credentials, &response, &passed))
        }
    };
    let also = if first.verdict == Verdict::Pass { refused_of_also(session) } else { None };
    let mut checks = vec![also.unwrap_or(first), second].into_iter().map(|check| check.seen_in(at)).collect::<Vec<_>>();
    checks.push(syntax(session));
    checks.push(wildcard(session));
    checks
}

/// Why the response says nothing of what the page would get.
fn reason_to_skip(session: &mut Session, response: &ResponseHead) -> Option<String> {
    let target = &session.target;
    if Origin::of_url(target.url()).is_same_origin(&target.request.origin) {
        return Some(String::from("the page is of the same origin"));
    }
    if response.is_redirect() && response.get("location").is_some() {
        return Some(String::from("a redirect, see redirect"));
    }
    let (method, status) = (target.method().to_owned(), response.status_text());
    let says_nothing = matches!(response.status, 404 | 405 | 501) && response.allow_origin().is_none();
    (!target.sends_method() && says_nothing && session.sent_preflight().is_some())
        .then(|| format!("a GET of this address is answered {status}, which says nothing of {method}; use --send"))
}

/// Says the status where an error response is the one that no page may read.
fn in_error(mut check: Check, response: &ResponseHead, status: &str) -> Check {
    if check.verdict == Verdict::Fail && response.status >= 400 {
        let short = check.summary.take().unwrap_or_else(|| check.detail.clone());
        check.detail =
            format!("{} (it is an error, {status}: often the layer that made it knows nothing of CORS)", check.detail);
        check.summary = Some(format!("{short} ({status})"));
    }
    check
}

/// The first of `--also-page` that is refused.
fn refused_of_also(session: &mut Session) -> Option<Check> {
    for origin in session.target.also.clone() {
        let at = session.probe(&origin)?;
        let response = session.response(Some(at))?;
        if cors_check(&origin, session.target.request.credentials, response).is_err() {
            let remedy = Remedy::new(format!("Answer requests of {origin} with its own origin."))
                .with_policy(format!("add {origin:?} to \"allow_origins\"."));
            let detail = format!("{} can read the response, but {origin} cannot", session.target.page());
            return Some(Check::fail(Id::AllowOrigin, detail, remedy).seen_in([at]));
        }
    }
    None
}

/// What is wrong with the value as such.
fn fault(lines: usize, value: &str, page: &str) -> Option<&'static str> {
    if lines > 1 {
        Some("several lines, where browsers want one")
    } else if value == "*" || value == "null" {
        None
    } else if value.is_empty() {
        Some("empty")
    } else if value.contains(',') || value.contains(' ') {
        Some("a list, where browsers want one origin")
    } else if value.contains('*') {
        Some("a wildcard inside, which browsers do not know")
    } else if value.ends_with('/') {
        Some("a slash at the end, which no origin has")
    } else if Url::parse(value).is_err() || !value.contains("://") {
        Some("not an origin: it has no scheme")
    } else if is_misspelt(value, page) {
        Some("not spelled as browsers send this origin: lower case, no path, no default port")
    } else {
        None
    }
}

fn syntax(session: &Session) -> Check {
    let id = Id::AllowOriginSyntax;
    let page = session.target.page();
    let mut examined = Vec::new();
    for at in session.sent_preflight().into_iter().chain(session.sent_actual()) {
        let Some(response) = session.response(Some(at)) else { continue };
        let Some(value) = response.allow_origin() else { continue };
        if let Some(fault) = fault(response.lines("access-control-allow-origin"), &value, page) {
            let value = printable(value.as_bytes());
            let detail = format!("Access-Control-Allow-Origin is `{value}`: {fault}");
            let general = "Set the header in only one place, to the origin of the request, if that is allowed.";
            let remedy = Remedy::new(general).with_policy(
                "the filter replaces what the service sends; write one origin per element of \"allow_origins\".",
            );
            return Check::fail(id, detail, remedy).seen_in([at]);
        }
        examined.push(at);
    }
    if examined.is_empty() {
        return Check::skip(id, "there is no Access-Control-Allow-Origin");
    }
    Check::pass(id, "one line, one value").seen_in(examined)
}

fn wildcard(session: &Session) -> Check {
    let id = Id::WildcardWithCredentials;
    let is_star =
        |at: &usize| session.response(Some(*at)).and_then(|response| response.allow_origin()).as_deref() == Some("*");
    let seen: Vec<usize> = session.sent_preflight().into_iter().chain(session.sent_actual()).filter(is_star).collect();
    if seen.is_empty() {
        return Check::pass(id, "not `*`");
    }
    if session.target.wants_credentials() {
        let detail = "Access-Control-Allow-Origin is `*`, and browsers refuse that for requests with credentials";
        let general = "Answer with the page's origin, from a list of the intended ones, and with `Vary: Origin`; or \
                       send no credentials.";
        let remedy = Remedy::new(general)
            .with_policy(format!("\"allow_origins\": [{:?}], \"allow_credentials\": true.", session.target.page()));
        return Check::fail(id, detail, remedy).seen_in(seen);
    }
    let claims = |at: &usize| session.response(Some(*at)).is_some_and(|response| response.allows_credentials());
    if seen.iter().any(claims) {
        let detail =
            "`*` with Access-Control-Allow-Credentials: true: the page needs no credentials, and none would work";
        let remedy =
            Remedy::new("Remove Access-Control-Allow-Credentials.").with_policy("\"allow_credentials\": false.");
        return Check::info(id, detail, remedy).seen_in(seen);
    }
    Check::pass(id, "`*`, and the page sends no credentials").seen_in(seen)
}

/// Headers of responses that pages have no use for, or that intermediaries add.
const OF_NO_INTEREST: &[&str] = &[
    "accept-ranges",
    "age",
    "alt-svc",
    "connection",
    "content-encoding",
    "content-security-policy",
    "date",
    "keep-alive",
    "nel",
    "permissions-policy",
    "referrer-policy",
    "report-to",
    "server",
    "set-cookie",
    "strict-transport-security",
    "timing-allow-origin",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "x-content-type-options",
    "x-envoy-upstream-service-time",
    "x-frame-options",
    "x-powered-by",
    "x-xss-protection",
    "location",
];

/// What of the response the page can read.
pub fn exposed_headers(session: &mut Session) -> Check {
    let id = Id::ExposedHeaders;
    let at = session.actual();
    let credentials = session.target.request.credentials;
    let target = &session.target;
    let Some(response) = session.response(at) else { return Check::skip(id, "there is no response") };
    if Origin::of_url(target.url()).is_same_origin(&target.request.origin) {
        return Check::pass(id, "the page is of the same origin: it can read all but cookies");
    }
    if cors_check(target.page(), credentials, response).is_err() {
        return Check::skip(id, "the page cannot read the response");
    }
    if response.tokens("access-control-expose-headers").is_err() {
        let value = response.text("access-control-expose-headers").unwrap_or_default();
        let detail =
            format!("Access-Control-Expose-Headers is not a list of header names: {}", printable(value.as_bytes()));
        let remedy =
            Remedy::new("Separate the names by commas.").with_policy("\"expose_headers\": one name per element.");
        return Check::warn(id, detail, remedy).seen_in(at);
    }
    let readable = cors_readable(response, credentials);
    let star = response.list("access-control-expose-headers").iter().any(|name| name == "*");
    if star && session.target.wants_credentials() {
        let detail = "Access-Control-Expose-Headers is `*`, which is an ordinary name where credentials are sent: it \
                      exposes nothing";
        let remedy = Remedy::new("List the names.").with_policy("list the names in \"expose_headers\".");
        return Check::warn(id, detail, remedy).seen_in(at);
    }
    let is_hidden = |name: &&str| {
        let own = name.starts_with("access-control-") || OF_NO_INTEREST.contains(name);
        !own && !readable.iter().any(|readable| readable == name)
    };
    let mut hidden: Vec<&str> = response.headers.iter().map(|(name, _)| name.as_str()).filter(is_hidden).collect();
    hidden.dedup();
    let can = if readable.is_empty() { String::from("no header") } else { readable.join(", ") };
    if hidden.is_empty() {
        return Check::pass(id, format!("the page can read {can}")).seen_in(at);
    }
    let hidden = hidden.join(", ");
    let remedy = Remedy::new(format!("If pages need them, list them in Access-Control-Expose-Headers: {hidden}."))
        .with_policy("\"expose_headers\" with those that pages need.");
    Check::info(id, format!("the page can read {can}; it cannot read {hidden}"), remedy).seen_in(at)
}
