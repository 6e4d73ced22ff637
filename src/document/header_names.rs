//! `allow_headers` and `expose_headers` of a document.

use crate::name_list::NameList;
use crate::problem::{Fault, Problem};
use crate::reader::Text;
use wire::token::is_token;

/// Request headers that no page can set (Fetch, "forbidden request-header"), beside all that begin with `proxy-` or `sec-`.
const FORBIDDEN_REQUEST_HEADERS: [&str; 22] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "access-control-request-private-network",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Headers of responses only: in `allow_headers` they are a mistake.
const RESPONSE_HEADERS: [&str; 17] = [
    "accept-ranges",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-allow-private-network",
    "access-control-expose-headers",
    "access-control-max-age",
    "age",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "server",
    "timing-allow-origin",
    "vary",
    "www-authenticate",
];

/// Headers of requests only: in `expose_headers` they are a mistake.
const REQUEST_HEADERS: [&str; 24] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "access-control-request-private-network",
    "authorization",
    "cookie",
    "cookie2",
    "dnt",
    "expect",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "origin",
    "proxy-authorization",
    "range",
    "referer",
    "user-agent",
];

/// Reads `allow_headers`: the names in lower case.
pub fn allow_headers(texts: &[Text], problems: &mut Vec<Problem>) -> NameList {
    NameList::read(texts, problems, |text| parse(text, "content-type", refuse_in_allow_headers))
}

/// Reads `expose_headers`: the value of `Access-Control-Expose-Headers`, `None` for an empty list.
pub fn expose_headers(texts: &[Text], credentials: bool, problems: &mut Vec<Problem>) -> Option<String> {
    let list = NameList::read(texts, problems, if credentials { parse_exposed_by_name } else { parse_exposed });
    if list.any { Some(String::from("*")) } else { (!list.names.is_empty()).then(|| list.names.join(",")) }
}

fn parse_exposed(text: &str) -> Result<String, Fault> {
    parse(text, "x-total-count", refuse_in_expose_headers)
}

fn parse_exposed_by_name(text: &str) -> Result<String, Fault> {
    if text == "*" {
        let reason = "browsers take * literally where credentials are allowed, it exposes nothing";
        return Err(Fault::new(reason, "list each header"));
    }
    parse_exposed(text)
}

fn parse(text: &str, example: &str, refuse: fn(&str) -> Option<&'static str>) -> Result<String, Fault> {
    let name = text.to_ascii_lowercase();
    if !is_token(text.as_bytes()) {
        return Err(if text.contains(',') {
            Fault::new("one item is one header name", "write each name as an item of its own")
        } else {
            Fault::new("a header name is a token", format!("write a name such as \"{example}\""))
        });
    }
    match refuse(&name) {
        Some(reason) => Err(Fault::new(reason, "remove it")),
        None => Ok(name),
    }
}

/// Whether no page can set a header, by its name in lower case (Fetch, "forbidden request-header").
pub fn is_forbidden_request_header(name: &str) -> bool {
    FORBIDDEN_REQUEST_HEADERS.contains(&name) || name.starts_with("proxy-") || name.starts_with("sec-")
}

fn refuse_in_allow_headers(name: &str) -> Option<&'static str> {
    if is_forbidden_request_header(name) {
        Some("no page can set this header (Fetch, forbidden request-header)")
    } else if RESPONSE_HEADERS.contains(&name) {
        Some("this is a response header, allow_headers lists request headers")
    } else {
        None
    }
}

fn refuse_in_expose_headers(name: &str) -> Option<&'static str> {
    if name == "set-cookie" || name == "set-cookie2" {
        Some("no page can read this header (Fetch, forbidden response-header name)")
    } else if REQUEST_HEADERS.contains(&name) || name.starts_with("sec-fetch-") {
        Some("this is a request header, expose_headers lists response headers")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(names: &[&str]) -> Vec<Text> {
        names.iter().map(|name| Text { path: String::new(), text: (*name).into() }).collect()
    }

    #[test]
    fn exposed_headers_are_sent_once_in_lower_case() {
        let mut problems = Vec::new();
        let value = expose_headers(&texts(&["X-Total-Count", "x-total-count", "etag"]), true, &mut problems);
        assert_eq!(value.as_deref(), Some("x-total-count,etag"));
        assert_eq!(expose_headers(&texts(&["*", "etag"]), false, &mut problems).as_deref(), Some("*"));
        assert_eq!(expose_headers(&[], false, &mut problems), None);
        assert_eq!(problems, []);
    }
}
