//! Endpoints that let in others than they mean, or that caches mix up.

use crate::broken::{Broken, GET, PLAIN, PUT, broken};
use crate::endpoint::{Answer, PAGE, allowing, anonymous, good, header, origin, with, without};
use kit::upstream::Request;

/// All of them.
pub fn all() -> Vec<Broken> {
    [policies(), caches()].into_iter().flatten().collect()
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
