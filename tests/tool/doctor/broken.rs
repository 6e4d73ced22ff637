//! The broken endpoints: one mistake each, and the cause that is to be named.

use crate::endpoint::{
    Answer, PAGE, allow_origin, allowing, anonymous, good, header, is_preflight, origin, with, without,
};
use kit::upstream::Request;

/// A broken endpoint.
pub struct Broken {
    /// What is wrong with it.
    pub name: &'static str,
    /// How it is asked, after the address.
    pub arguments: &'static [&'static str],
    /// How it answers.
    pub answer: fn(&Request) -> Answer,
    /// The check that names the cause.
    pub cause: &'static str,
    /// Its verdict.
    pub verdict: &'static str,
    /// What the first line of the report says of it.
    pub says: &'static str,
}

/// A page that sends JSON by PUT, with cookies.
pub const PUT: &[&str] = &["--page", PAGE, "-X", "PUT", "-H", "content-type: application/json", "-b", "session=1"];
/// A page that reads with cookies.
const GET: &[&str] = &["--page", PAGE, "-b", "session=1"];
/// A page that reads without.
const PLAIN: &[&str] = &["--page", PAGE];

const fn broken(
    name: &'static str,
    arguments: &'static [&'static str],
    answer: fn(&Request) -> Answer,
    (cause, verdict): (&'static str, &'static str),
    says: &'static str,
) -> Broken {
    Broken { name, arguments, answer, cause, verdict, says }
}

/// Changes the answers to preflights.
fn preflight(request: &Request, change: fn(Answer) -> Answer) -> Answer {
    if is_preflight(request) { change(good(request)) } else { good(request) }
}

/// Changes the answers to actual requests.
fn actual(request: &Request, change: fn(Answer) -> Answer) -> Answer {
    if is_preflight(request) { good(request) } else { change(good(request)) }
}

fn echo_everything(request: &Request, names: &str, methods: &str, kept: bool) -> Answer {
    let mut answer = good(request);
    if let Some(asked) = request.header("access-control-request-headers") {
        answer = with(answer, "access-control-allow-headers", &asked);
    }
    if let Some(asked) = request.header("access-control-request-method") {
        answer = with(answer, "access-control-allow-methods", &asked);
    }
    let answer = if kept { with(answer, "cache-control", "public, max-age=600") } else { answer };
    with(answer, "vary", &format!("Origin{names}{methods}"))
}

/// Those that speak HTTP.
pub fn all() -> Vec<Broken> {
    [preflights(), responses(), policies(), caches()].into_iter().flatten().collect()
}

fn preflights() -> Vec<Broken> {
    vec![
        broken(
            "authentication in front of CORS: the preflight gets 401",
            PUT,
            |request| if is_preflight(request) { (401, vec![]) } else { good(request) },
            ("preflight-status", "fail"),
            "401 Unauthorized: authentication sits in front of CORS",
        ),
        broken(
            "no route takes OPTIONS: the preflight gets 405",
            PUT,
            |request| if is_preflight(request) { (405, vec![header("allow", "GET, PUT")]) } else { good(request) },
            ("preflight-status", "fail"),
            "405 Method Not Allowed: no route takes OPTIONS here",
        ),
        broken(
            "the preflight gets 500, with the right headers",
            PUT,
            |request| preflight(request, |(_, headers)| (500, headers)),
            ("preflight-status", "fail"),
            "500 Internal Server Error",
        ),
        broken(
            "a method that is not allowed is refused by a status",
            PUT,
            |request| {
                let is_put = request.header("access-control-request-method").as_deref() == Some("PUT");
                if is_put { (403, vec![header("vary", "Origin")]) } else { good(request) }
            },
            ("preflight-status", "fail"),
            "403 Forbidden refuses the method or the headers",
        ),
        broken(
            "the preflight is redirected to the address with a slash",
            PUT,
            |request| preflight(request, |_| (301, vec![header("location", "/me/")])),
            ("preflight-redirect", "fail"),
            "the preflight is redirected to /me/",
        ),
        broken(
            "the preflight names no origin",
            PUT,
            |request| preflight(request, |answer| without(answer, "access-control-allow-origin")),
            ("preflight-allow-origin", "fail"),
            "the answer to the preflight carries no Access-Control-Allow-Origin",
        ),
        broken(
            "the preflight names another origin",
            PUT,
            |request| preflight(request, |answer| allow_origin(answer, "https://www.example.com")),
            ("preflight-allow-origin", "fail"),
            "allows https://www.example.com and not https://app.example.com",
        ),
        broken(
            "the preflight allows no credentials",
            PUT,
            |request| preflight(request, |answer| without(answer, "access-control-allow-credentials")),
            ("preflight-credentials", "fail"),
            "carries no Access-Control-Allow-Credentials",
        ),
        broken(
            "True instead of true",
            PUT,
            |request| with(good(request), "access-control-allow-credentials", "True"),
            ("preflight-credentials", "fail"),
            "says `Access-Control-Allow-Credentials: True`",
        ),
        broken(
            "the method is not listed",
            PUT,
            |request| preflight(request, |answer| with(answer, "access-control-allow-methods", "GET, POST")),
            ("preflight-methods", "fail"),
            "the preflight does not allow PUT",
        ),
        broken(
            "patch in lower case, which browsers send as it is",
            &["--page", PAGE, "-X", "patch", "-b", "session=1"],
            |request| preflight(request, |answer| with(answer, "access-control-allow-methods", "PUT, PATCH")),
            ("preflight-methods", "fail"),
            "the preflight does not allow patch",
        ),
        broken(
            "any method by *, which counts for nothing with credentials",
            PUT,
            |request| preflight(request, |answer| with(answer, "access-control-allow-methods", "*")),
            ("preflight-methods", "fail"),
            "the preflight does not allow PUT",
        ),
        broken(
            "the header is not listed",
            PUT,
            |request| preflight(request, |answer| with(answer, "access-control-allow-headers", "x-requested-with")),
            ("preflight-headers", "fail"),
            "the preflight does not allow the header content-type",
        ),
        broken(
            "any header by *, which does not cover Authorization",
            &["--page", PAGE, "-H", "Authorization: Bearer 1"],
            |request| {
                let answer = with(anonymous(request, |_| true), "access-control-allow-origin", "*");
                let answer = without(answer, "vary");
                if is_preflight(request) { with(answer, "access-control-allow-headers", "*") } else { answer }
            },
            ("preflight-headers", "fail"),
            "the preflight does not allow the header authorization",
        ),
        broken(
            "Max-Age with a unit",
            PUT,
            |request| preflight(request, |answer| with(answer, "access-control-max-age", "2h")),
            ("max-age", "warn"),
            "its Access-Control-Max-Age is not a number",
        ),
    ]
}

fn responses() -> Vec<Broken> {
    vec![
        broken(
            "only preflights are answered with CORS headers",
            PUT,
            |request| actual(request, |(status, _)| (status, vec![header("vary", "Origin")])),
            ("allow-origin", "fail"),
            "the response carries no Access-Control-Allow-Origin",
        ),
        broken(
            "a 401 without CORS headers",
            GET,
            |_| (401, vec![header("www-authenticate", "Bearer")]),
            ("allow-origin", "fail"),
            "carries no Access-Control-Allow-Origin (401 Unauthorized)",
        ),
        broken(
            "another origin is sent to everybody",
            GET,
            |request| with(without(good(request), "vary"), "access-control-allow-origin", "https://www.example.com"),
            ("allow-origin", "fail"),
            "the response allows https://www.example.com and not https://app.example.com",
        ),
        broken(
            "one of two pages is forgotten",
            &["--page", PAGE, "--also-page", "https://admin.example.com"],
            good,
            ("allow-origin", "fail"),
            "but https://admin.example.com cannot",
        ),
        broken(
            "the response allows no credentials",
            GET,
            |request| actual(request, |answer| without(answer, "access-control-allow-credentials")),
            ("credentials", "fail"),
            "the response carries no Access-Control-Allow-Credentials",
        ),
        broken(
            "two lines, one of the service and one of the proxy",
            GET,
            |request| {
                let (status, mut headers) = good(request);
                headers.push(header("access-control-allow-origin", &origin(request)));
                (status, headers)
            },
            ("allow-origin-syntax", "fail"),
            "several lines, where browsers want one",
        ),
        broken(
            "a list of origins in one line",
            GET,
            |request| allow_origin(good(request), "https://app.example.com, https://admin.example.com"),
            ("allow-origin-syntax", "fail"),
            "a list, where browsers want one origin",
        ),
        broken(
            "a slash at the end of the origin",
            GET,
            |request| allow_origin(good(request), "https://app.example.com/"),
            ("allow-origin-syntax", "fail"),
            "a slash at the end, which no origin has",
        ),
        broken(
            "a wildcard inside the origin",
            GET,
            |request| with(without(good(request), "vary"), "access-control-allow-origin", "https://*.example.com"),
            ("allow-origin-syntax", "fail"),
            "a wildcard inside, which browsers do not know",
        ),
        broken(
            "a host instead of an origin",
            GET,
            |request| allow_origin(good(request), "app.example.com"),
            ("allow-origin-syntax", "fail"),
            "it has no scheme",
        ),
        broken(
            "* where credentials are sent",
            GET,
            |request| with(without(good(request), "vary"), "access-control-allow-origin", "*"),
            ("wildcard-with-credentials", "fail"),
            "Access-Control-Allow-Origin is `*`, and browsers refuse that for requests with credentials",
        ),
        broken(
            "errors without CORS headers",
            GET,
            |request| if request.path.contains("not-found") { (404, vec![]) } else { good(request) },
            ("errors-readable", "warn"),
            "not its errors (404 Not Found)",
        ),
        broken(
            "a 401 without CORS headers for those who are not signed in",
            GET,
            |request| if request.header("cookie").is_none() { (401, vec![]) } else { good(request) },
            ("errors-readable", "warn"),
            "not its errors (401 Unauthorized)",
        ),
        broken(
            "a redirect to the login page",
            GET,
            |_| (302, vec![header("location", "https://login.example.com/?back=/me")]),
            ("redirect", "fail"),
            "the response redirects to https://login.example.com/?back=/me without allowing the page",
        ),
        broken(
            "a redirect from https to http",
            GET,
            |request| {
                let (_, mut headers) = good(request);
                headers.push(header("location", "http://api.example.com/me"));
                (301, headers)
            },
            ("redirect", "fail"),
            "redirected to http://api.example.com/me, which browsers block",
        ),
        broken(
            "names in Expose-Headers without commas",
            GET,
            |request| with(good(request), "access-control-expose-headers", "x-total-count x-page"),
            ("exposed-headers", "warn"),
            "is not a list of header names",
        ),
    ]
}

fn policies() -> Vec<Broken> {
    vec![
        broken(
            "every origin is echoed, with credentials",
            GET,
            |request| allowing(request, |origin| !origin.is_empty()),
            ("reflects-any-origin", "fail"),
            "any site can read it too, as the user who is signed in",
        ),
        broken(
            "every origin is echoed, without credentials",
            PLAIN,
            |request| anonymous(request, |origin| !origin.is_empty()),
            ("reflects-any-origin", "warn"),
            "any site can read it too: every origin is echoed",
        ),
        broken(
            "null is allowed",
            GET,
            |request| allowing(request, |origin| origin == PAGE || origin == "null"),
            ("allows-null", "fail"),
            "from a sandboxed frame (origin null)",
        ),
        broken(
            "the start of the origin is compared, not its end",
            GET,
            |request| allowing(request, |origin| origin.starts_with(PAGE)),
            ("allows-lookalikes", "fail"),
            "so can https://app.example.com.envoy-cors-doctor.example",
        ),
        broken(
            "the end of the host is compared, not its start",
            GET,
            |request| allowing(request, |origin| origin.starts_with("https://") && origin.ends_with("example.com")),
            ("allows-lookalikes", "fail"),
            "so can https://notexample.com",
        ),
        broken(
            "a dot that is not escaped",
            GET,
            |request| allowing(request, |origin| origin == PAGE || origin == "https://appxexample.com"),
            ("allows-lookalikes", "fail"),
            "so can https://appxexample.com",
        ),
        broken(
            "whatever begins with localhost",
            GET,
            |request| allowing(request, |origin| origin == PAGE || origin.starts_with("http://localhost")),
            ("allows-lookalikes", "fail"),
            "so can http://localhost.envoy-cors-doctor.example",
        ),
        broken(
            "an underscore is taken for the end of the host",
            GET,
            |request| {
                allowing(request, |origin| {
                    let rest = origin.strip_prefix(PAGE);
                    rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '.'))
                })
            },
            ("allows-lookalikes", "fail"),
            "so can https://app.example.com_.envoy-cors-doctor.example",
        ),
        broken(
            "the port is not compared",
            GET,
            |request| allowing(request, |origin| origin == PAGE || origin.starts_with("https://app.example.com:")),
            ("allows-lookalikes", "warn"),
            "https://app.example.com:8443 (the port is not compared)",
        ),
        broken(
            "the scheme is not compared",
            GET,
            |request| allowing(request, |origin| origin.ends_with("://app.example.com")),
            ("allows-http", "warn"),
            "an attacker on the network can read it too, by http://app.example.com",
        ),
        broken(
            "every site at a shared host",
            GET,
            |request| allowing(request, |origin| origin == PAGE || origin.ends_with(".vercel.app")),
            ("allows-shared-hosts", "fail"),
            "https://envoy-cors-doctor.vercel.app",
        ),
        broken(
            "an escaped line break in the origin is decoded",
            GET,
            |request| {
                let (status, mut headers) = good(request);
                if let Some((_, injected)) = origin(request).split_once("%0d%0a") {
                    let (name, value) = injected.split_once(':').unwrap();
                    headers.push(header(name, value));
                }
                (status, headers)
            },
            ("overlong-answer", "fail"),
            "requests can put headers into its responses",
        ),
        broken(
            "methods and headers are echoed, and cached for others",
            PUT,
            |request| echo_everything(request, "", "", true),
            ("overlong-answer", "warn"),
            "methods and headers are echoed without Vary",
        ),
    ]
}

fn caches() -> Vec<Broken> {
    vec![
        broken(
            "no Vary at all",
            GET,
            |request| without(good(request), "vary"),
            ("vary", "warn"),
            "no `Vary: Origin` (allowed, refused, without Origin)",
        ),
        broken(
            "Vary on allowed responses only",
            GET,
            |request| {
                let answer = good(request);
                if origin(request) == PAGE { answer } else { without(answer, "vary") }
            },
            ("vary", "warn"),
            "no `Vary: Origin` (refused, without Origin)",
        ),
        broken(
            "Vary lost where no Origin is sent",
            GET,
            |request| {
                let answer = good(request);
                if origin(request).is_empty() { without(answer, "vary") } else { answer }
            },
            ("vary", "warn"),
            "no `Vary: Origin` (without Origin)",
        ),
        broken(
            "`*` only where an Origin is sent, on what caches may keep",
            PLAIN,
            |request| {
                let answer = (200, vec![header("cache-control", "public, max-age=60")]);
                if origin(request).is_empty() { answer } else { with(answer, "access-control-allow-origin", "*") }
            },
            ("vary", "warn"),
            "no `Vary: Origin`",
        ),
    ]
}
