//! Endpoints whose actual responses are broken.

use crate::broken::{Broken, GET, PUT, broken};
use crate::endpoint::{Answer, PAGE, allow_origin, good, header, is_preflight, origin, with, without};
use kit::upstream::Request;

/// Changes the answers to actual requests.
fn actual(request: &Request, change: fn(Answer) -> Answer) -> Answer {
    if is_preflight(request) { good(request) } else { change(good(request)) }
}

/// All of them.
pub fn all() -> Vec<Broken> {
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
