//! `allow_headers` and `expose_headers` of a document.

use crate::name_list::NameList;
use crate::problem::Problem;
use crate::reader::Text;
use crate::reason::Reason;
use cors::list::is_token;

/// Request headers that no page can set (Fetch, "forbidden request-header"), in addition to all that begin with `proxy-` or `sec-`.
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

/// Headers of requests only: in `expose_headers` they are a mistake, as are all that begin with `sec-fetch-`.
const REQUEST_HEADERS: [&str; 21] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
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

fn parse_exposed(text: &str) -> Result<String, Reason> {
    parse(text, "x-total-count", refuse_in_expose_headers)
}

fn parse_exposed_by_name(text: &str) -> Result<String, Reason> {
    if text == "*" { Err(Reason::LiteralStar) } else { parse_exposed(text) }
}

fn parse(text: &str, example: &'static str, refuse: fn(&str) -> Option<Reason>) -> Result<String, Reason> {
    if !is_token(text.as_bytes()) {
        return Err(if text.contains(',') { Reason::SeveralHeaders } else { Reason::InvalidHeader(example) });
    }
    let name = text.to_ascii_lowercase();
    refuse(&name).map_or(Ok(name), Err)
}

/// Whether no page can set a header, by its name in lower case (Fetch, "forbidden request-header").
pub fn is_forbidden_request_header(name: &str) -> bool {
    FORBIDDEN_REQUEST_HEADERS.contains(&name) || name.starts_with("proxy-") || name.starts_with("sec-")
}

fn refuse_in_allow_headers(name: &str) -> Option<Reason> {
    if is_forbidden_request_header(name) {
        Some(Reason::ForbiddenRequestHeader)
    } else if RESPONSE_HEADERS.contains(&name) {
        Some(Reason::ResponseHeader)
    } else {
        None
    }
}

fn refuse_in_expose_headers(name: &str) -> Option<Reason> {
    if name == "set-cookie" || name == "set-cookie2" {
        Some(Reason::ForbiddenResponseHeader)
    } else if name.starts_with("access-control-") {
        Some(Reason::CorsHeader)
    } else if REQUEST_HEADERS.contains(&name) || name.starts_with("sec-fetch-") {
        Some(Reason::RequestHeader)
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
