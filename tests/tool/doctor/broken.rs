//! The broken endpoints: one mistake each, and the cause that is to be named. Here those with broken preflights.

use crate::endpoint::{Answer, PAGE, allow_origin, anonymous, good, header, is_preflight, with, without};
use crate::{broken_policies, broken_responses};
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
pub const GET: &[&str] = &["--page", PAGE, "-b", "session=1"];
/// A page that reads without.
pub const PLAIN: &[&str] = &["--page", PAGE];

pub const fn broken(
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

/// Those that speak HTTP.
pub fn all() -> Vec<Broken> {
    [preflights(), broken_responses::all(), broken_policies::all()].into_iter().flatten().collect()
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
            "403 Forbidden means that the method or the headers are refused",
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
