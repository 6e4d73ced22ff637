//! The preflight (Fetch, "CORS-preflight fetch"): when it is sent, what it says, and the checks of its answer.

use super::cors_check;
use super::request_headers::{UnsafeHeader, unsafe_headers};
use super::response::ResponseHead;
use super::{Body, Check, Credentials, Failure, Header, Request, Sent, methods};
use std::fmt;
use url::Url;

/// What makes a browser ask first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Because {
    /// The method is not CORS-safelisted.
    Method(String),
    /// A header is not CORS-safelisted.
    Header(UnsafeHeader),
    /// XMLHttpRequest has an upload listener.
    UploadListener,
    /// The body is a stream.
    Stream,
}

impl fmt::Display for Because {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Because::Method(method) => write!(out, "{method} is not a CORS-safelisted method"),
            Because::Header(header) => header.fmt(out),
            Because::UploadListener => out.write_str("XMLHttpRequest has an upload listener"),
            Because::Stream => out.write_str("the body is a stream"),
        }
    }
}

/// Fetch, "main fetch": why a request to another origin needs a preflight; nothing where it needs none.
///
/// `headers` are those that the page sets, without the forbidden ones.
pub fn because(method: &str, headers: &[Header], request: &Request) -> Vec<Because> {
    let mut because = Vec::new();
    if !methods::is_safelisted(method) {
        because.push(Because::Method(method.to_owned()));
    }
    because.extend(unsafe_headers(headers).into_iter().map(Because::Header));
    if request.has_upload_listener {
        because.push(Because::UploadListener);
    }
    if request.body == Body::Stream {
        because.push(Because::Stream);
    }
    because
}

/// The preflight as it is sent (Fetch, "CORS-preflight fetch", steps 1 to 5). It carries no credentials.
pub fn request(url: &Url, origin: &str, method: &str, headers: &[Header]) -> Sent {
    let mut sent = vec![
        (String::from("accept"), b"*/*".to_vec()),
        (String::from("access-control-request-method"), method.as_bytes().to_vec()),
    ];
    let names: Vec<String> = unsafe_headers(headers).into_iter().map(|header| header.name).collect();
    if !names.is_empty() {
        sent.push((String::from("access-control-request-headers"), names.join(",").into_bytes()));
    }
    sent.push((String::from("origin"), origin.as_bytes().to_vec()));
    Sent { is_preflight: true, method: String::from("OPTIONS"), url: url.clone(), headers: sent }
}

/// The checks of a preflight's answer (Fetch, "CORS-preflight fetch", step 7), in the order in which browsers tell a
/// failure. Methods and headers are looked at only where the answer is good as such.
pub fn checks(
    origin: &str,
    credentials: Credentials,
    method: &str,
    headers: &[Header],
    response: &ResponseHead,
) -> Vec<Check> {
    // A redirect is merely a wrong status in the standard. Browsers say so before they look at anything else.
    if response.is_redirect() && response.get("location").is_some() {
        let detail = format!("{} is a redirect, which no preflight follows", response.status);
        return vec![Check { check: "redirect", detail, failure: Some(Failure::PreflightRedirect) }];
    }
    let mut checks = cors_check::checks(origin, credentials, response, Failure::PreflightCorsCheck);
    if checks.iter().all(Check::holds) {
        let failure = (!response.is_ok()).then_some(Failure::PreflightStatus(response.status));
        let detail = format!("{} is {} ok status", response.status, if failure.is_none() { "an" } else { "not an" });
        checks.push(Check { check: "status", detail, failure });
    }
    if checks.iter().all(Check::holds) {
        checks.push(check_method(credentials, method, response));
        checks.extend(check_headers(credentials, headers, response));
    }
    checks
}

fn check_method(credentials: Credentials, method: &str, response: &ResponseHead) -> Check {
    let check = |detail: String, failure| Check { check: "allow_methods", detail, failure };
    let allowed = match response.tokens("access-control-allow-methods") {
        Ok(allowed) => allowed.unwrap_or_default(),
        Err(value) => {
            let detail = format!("Access-Control-Allow-Methods is not a list of methods: {value}");
            return check(detail, Some(Failure::UnreadableAllowMethods(value)));
        }
    };
    if allowed.iter().any(|own| own == method) {
        check(format!("Access-Control-Allow-Methods lists {method}"), None)
    } else if methods::is_safelisted(method) {
        check(format!("{method} is a CORS-safelisted method"), None)
    } else if credentials != Credentials::Include && allowed.iter().any(|own| own == "*") {
        check(format!("Access-Control-Allow-Methods is *, which covers {method}"), None)
    } else {
        let detail = not_listed("Access-Control-Allow-Methods", method, &allowed, credentials);
        check(detail, Some(Failure::MethodNotAllowed(method.to_owned())))
    }
}

fn check_headers(credentials: Credentials, headers: &[Header], response: &ResponseHead) -> Vec<Check> {
    let check = |detail: String, failure| Check { check: "allow_headers", detail, failure };
    let allowed = match response.tokens("access-control-allow-headers") {
        Ok(allowed) => allowed.unwrap_or_default(),
        Err(value) => {
            let detail = format!("Access-Control-Allow-Headers is not a list of names: {value}");
            return vec![check(detail, Some(Failure::UnreadableAllowHeaders(value)))];
        }
    };
    let has_wildcard = credentials != Credentials::Include && allowed.iter().any(|own| own == "*");
    let check_name = |name: String| {
        if allowed.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
            return check(format!("Access-Control-Allow-Headers lists {name}"), None);
        }
        match (has_wildcard, name.as_str()) {
            // Fetch, "CORS non-wildcard request-header name".
            (true, "authorization") => {
                let detail = String::from("Access-Control-Allow-Headers is *, which does not cover authorization");
                check(detail, Some(Failure::AuthorizationUnderWildcard))
            }
            (true, _) => check(format!("Access-Control-Allow-Headers is *, which covers {name}"), None),
            (false, _) => {
                let detail = not_listed("Access-Control-Allow-Headers", &name, &allowed, credentials);
                check(detail, Some(Failure::HeaderNotAllowed(name)))
            }
        }
    };
    unsafe_headers(headers).into_iter().map(|header| check_name(header.name)).collect()
}

/// Why a list does not allow a name.
fn not_listed(header: &str, name: &str, allowed: &[String], credentials: Credentials) -> String {
    if allowed.is_empty() {
        format!("there is no {header} that lists {name}")
    } else if credentials == Credentials::Include && allowed.iter().any(|own| own == "*") {
        format!("{header} does not list {name}; * is an ordinary name when the credentials mode is include")
    } else {
        format!("{header} does not list {name}, only {}", allowed.join(", "))
    }
}

/// How long a browser may keep a preflight's answer, in seconds: `Access-Control-Max-Age`, 5 where there is none or
/// it is not a number (Fetch, "CORS-preflight fetch", step 7.10). Browsers have lower limits of their own.
pub fn max_age(response: &ResponseHead) -> u64 {
    let value = response.get("access-control-max-age").unwrap_or_default();
    std::str::from_utf8(&value).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> Header {
        (name.to_owned(), value.as_bytes().to_vec())
    }

    fn failures(credentials: Credentials, method: &str, headers: &[Header], answer: &[(&str, &str)]) -> Vec<Failure> {
        let mut all = vec![header("access-control-allow-origin", "https://a.test")];
        all.push(header("access-control-allow-credentials", "true"));
        all.extend(answer.iter().map(|(name, value)| header(name, value)));
        let response = ResponseHead { status: 204, headers: all };
        checks("https://a.test", credentials, method, headers, &response)
            .into_iter()
            .filter_map(|c| c.failure)
            .collect()
    }

    const METHODS: &str = "access-control-allow-methods";
    const HEADERS: &str = "access-control-allow-headers";

    #[test]
    fn the_preflight_lists_unsafe_names_sorted_in_lower_case_and_once() {
        let url = Url::parse("https://b.test/x").unwrap();
        let headers = [header("x-b", "1"), header("content-type", "application/json"), header("accept", "*/*")];
        let sent = request(&url, "https://a.test", "PUT", &headers);
        assert_eq!(sent.header("access-control-request-headers"), Some(b"content-type,x-b".as_slice()));
        assert_eq!(sent.header("access-control-request-method"), Some(b"PUT".as_slice()));
        assert_eq!(request(&url, "null", "PUT", &[]).header("access-control-request-headers"), None);
    }

    #[test]
    fn methods_are_compared_with_case_and_a_star_counts_without_credentials() {
        let put = |credentials, value| failures(credentials, "PUT", &[], &[(METHODS, value)]);
        assert_eq!(put(Credentials::Include, "GET,PUT"), []);
        assert_eq!(put(Credentials::SameOrigin, "*"), []);
        assert_eq!(put(Credentials::Include, "*"), [Failure::MethodNotAllowed("PUT".into())]);
        assert_eq!(put(Credentials::Omit, "put"), [Failure::MethodNotAllowed("PUT".into())]);
        assert_eq!(put(Credentials::Omit, "PUT GET"), [Failure::UnreadableAllowMethods("PUT GET".into())]);
        assert_eq!(failures(Credentials::Omit, "POST", &[], &[]), []);
    }

    #[test]
    fn headers_are_compared_without_case_and_a_star_does_not_cover_authorization() {
        let headers = [header("authorization", "x"), header("x-a", "1")];
        let ask = |credentials, value| failures(credentials, "GET", &headers, &[(HEADERS, value)]);
        assert_eq!(ask(Credentials::Include, "X-A, Authorization"), []);
        assert_eq!(ask(Credentials::Omit, "*"), [Failure::AuthorizationUnderWildcard]);
        assert_eq!(ask(Credentials::Omit, "*,authorization"), []);
        assert_eq!(ask(Credentials::Include, "*").len(), 2);
    }

    #[test]
    fn an_answer_is_kept_for_five_seconds_unless_it_says_otherwise() {
        let age = |headers: &[Header]| max_age(&ResponseHead { status: 204, headers: headers.to_vec() });
        assert_eq!(age(&[]), 5);
        assert_eq!(age(&[header("access-control-max-age", "0")]), 0);
        assert_eq!(age(&[header("access-control-max-age", "7200")]), 7200);
        assert_eq!(age(&[header("access-control-max-age", "a day")]), 5);
    }

    #[test]
    fn a_redirect_and_a_wrong_status_fail() {
        let ask = |status, headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| header(name, value)).collect();
            let checks = checks("https://a.test", Credentials::Omit, "PUT", &[], &ResponseHead { status, headers });
            checks.into_iter().find_map(|check| check.failure)
        };
        assert_eq!(ask(302, &[("location", "/x")]), Some(Failure::PreflightRedirect));
        assert_eq!(ask(403, &[("access-control-allow-origin", "*")]), Some(Failure::PreflightStatus(403)));
        assert!(matches!(ask(403, &[]), Some(Failure::PreflightCorsCheck(_))));
    }
}
