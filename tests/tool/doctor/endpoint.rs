//! A well-behaved endpoint, of which each broken one is a variation.

use kit::Header;
use kit::upstream::Request;

/// The page that may read.
pub const PAGE: &str = "https://app.example.com";

/// Status and headers.
pub type Answer = (u32, Vec<Header>);

/// A header.
pub fn header(name: &str, value: &str) -> Header {
    (name.as_bytes().to_vec(), value.as_bytes().to_vec())
}

/// Whether a request is a preflight.
pub fn is_preflight(request: &Request) -> bool {
    request.method == "OPTIONS" && request.header("access-control-request-method").is_some()
}

/// The origin that asks.
pub fn origin(request: &Request) -> String {
    request.header("origin").unwrap_or_default()
}

/// As it should be: `PAGE` alone is allowed, with credentials.
pub fn good(request: &Request) -> Answer {
    allowing(request, |origin| origin == PAGE)
}

/// The same with another comparison of origins.
pub fn allowing(request: &Request, allows: impl Fn(&str) -> bool) -> Answer {
    let origin = origin(request);
    let mut headers = vec![header("vary", "Origin")];
    if allows(&origin) {
        headers.push(header("access-control-allow-origin", &origin));
        headers.push(header("access-control-allow-credentials", "true"));
    }
    if is_preflight(request) {
        headers.push(header("access-control-allow-methods", "PUT"));
        headers.push(header("access-control-allow-headers", "content-type"));
        headers.push(header("access-control-max-age", "7200"));
        return (204, headers);
    }
    (if request.path.contains("not-found") { 404 } else { 200 }, headers)
}

/// The same, without credentials.
pub fn anonymous(request: &Request, allows: impl Fn(&str) -> bool) -> Answer {
    without(allowing(request, allows), "access-control-allow-credentials")
}

/// An answer without a header.
pub fn without((status, mut headers): Answer, name: &str) -> Answer {
    headers.retain(|(own, _)| own != name.as_bytes());
    (status, headers)
}

/// An answer with one line of a header, and no other of it.
pub fn with(answer: Answer, name: &str, value: &str) -> Answer {
    let (status, mut headers) = without(answer, name);
    headers.push(header(name, value));
    (status, headers)
}

/// An answer where the origin is allowed: with this instead of the origin.
pub fn allow_origin(answer: Answer, value: &str) -> Answer {
    let is_allowed = answer.1.iter().any(|(name, _)| name == b"access-control-allow-origin");
    if is_allowed { with(answer, "access-control-allow-origin", value) } else { answer }
}
