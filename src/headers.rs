//! `allow_headers` and `expose_headers`: which request headers a page may set, which response headers it may read.

use crate::index::{Index, hash_ignoring_case, same};
use crate::problem::{Fault, Problem};
use crate::reader::Text;
use crate::token::{elements, is_token};

/// The longest `Access-Control-Request-Headers` that is read, in bytes. Browsers send a few hundred; a longer list is
/// refused unread, so that a preflight costs a bounded scan at most (rs/cors GHSA-mh55-gqvf-xfwm).
pub const MAX_REQUESTED_BYTES: usize = 4096;

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

/// The request headers that a policy allows.
#[derive(Debug, Clone)]
pub struct RequestHeaders {
    any: bool,
    names: Vec<String>,
    index: Index,
}

impl RequestHeaders {
    /// Compiles a list of the document; what is wrong with it goes to `problems`.
    pub fn compile(texts: &[Text], problems: &mut Vec<Problem>) -> Self {
        let mut headers = RequestHeaders { any: false, names: Vec::new(), index: Index::with_capacity(texts.len()) };
        for Text { path, text } in texts {
            match parse(text, "content-type", refuse_in_allow_headers) {
                Ok(name) if name == "*" => headers.any = true,
                Ok(name) if !headers.lists(name.as_bytes()) => {
                    headers.index.insert(hash_ignoring_case(name.as_bytes()), headers.names.len());
                    headers.names.push(name);
                }
                Ok(_) => {}
                Err(fault) => problems.push(fault.of_text(path, text)),
            }
        }
        headers
    }

    /// Whether `*` stands in the list.
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// Whether a page may set each header that `requested`, an `Access-Control-Request-Headers`, names.
    ///
    /// Names are compared without case, in any order, doubled or not. `echoed` says that the answer will repeat the
    /// request, which covers `Authorization`; a literal `*` does not (Fetch, "CORS non-wildcard request-header name").
    pub fn allow(&self, requested: &[u8], echoed: bool) -> bool {
        if requested.len() > MAX_REQUESTED_BYTES {
            return false;
        }
        elements(requested).all(|name| {
            if self.any {
                let is_covered = echoed || !name.eq_ignore_ascii_case(b"authorization") || self.lists(name);
                is_token(name) && is_covered
            } else {
                self.lists(name)
            }
        })
    }

    /// The value of `Access-Control-Allow-Headers`; `None` where nothing is allowed beyond the safelisted headers.
    pub fn header(&self) -> Option<String> {
        if self.any {
            let authorization = if self.lists(b"authorization") { ",authorization" } else { "" };
            return Some(format!("*{authorization}"));
        }
        (!self.names.is_empty()).then(|| self.names.join(","))
    }

    fn lists(&self, name: &[u8]) -> bool {
        // Browsers send lower case, as the names of the policy are: the slow comparison is for others.
        let is_name = |own: &String| same(own.as_bytes(), name) || own.as_bytes().eq_ignore_ascii_case(name);
        self.index.find(hash_ignoring_case(name), |entry| self.names.get(entry).is_some_and(is_name)).is_some()
    }
}

/// The value of `Access-Control-Expose-Headers` for a list of the document, `None` for an empty one.
pub fn compile_expose_headers(texts: &[Text], credentials: bool, problems: &mut Vec<Problem>) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    let mut any = false;
    for Text { path, text } in texts {
        match parse(text, "x-total-count", refuse_in_expose_headers) {
            Ok(name) if name == "*" && credentials => problems.push(
                Fault::new(
                    "browsers take * literally where credentials are allowed, it exposes nothing",
                    "list each header",
                )
                .of_text(path, text),
            ),
            Ok(name) if name == "*" => any = true,
            Ok(name) if !names.contains(&name) => names.push(name),
            Ok(_) => {}
            Err(fault) => problems.push(fault.of_text(path, text)),
        }
    }
    if any { Some(String::from("*")) } else { (!names.is_empty()).then(|| names.join(",")) }
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

fn refuse_in_allow_headers(name: &str) -> Option<&'static str> {
    if FORBIDDEN_REQUEST_HEADERS.contains(&name) || name.starts_with("proxy-") || name.starts_with("sec-") {
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

    fn headers(names: &[&str]) -> RequestHeaders {
        let mut problems = Vec::new();
        let headers = RequestHeaders::compile(&texts(names), &mut problems);
        assert_eq!(problems, []);
        headers
    }

    #[test]
    fn names_are_compared_without_case_order_and_doubles() {
        let headers = headers(&["Content-Type", "x-a", "X-A"]);
        assert_eq!(headers.header().as_deref(), Some("content-type,x-a"));
        assert!(headers.allow(b"", false));
        assert!(headers.allow(b"x-a,CONTENT-TYPE , ,\tx-a", false));
        assert!(!headers.allow(b"x-a,x-b", false));
        assert!(!headers.allow(b"x-a x-a", false));
    }

    #[test]
    fn a_star_does_not_cover_authorization_unless_it_is_listed_or_echoed() {
        let star = headers(&["*"]);
        assert_eq!(star.header().as_deref(), Some("*"));
        assert!(star.allow(b"x-anything", false));
        assert!(!star.allow(b"x-a,Authorization", false));
        assert!(star.allow(b"x-a,Authorization", true));
        let listed = headers(&["*", "Authorization"]);
        assert_eq!(listed.header().as_deref(), Some("*,authorization"));
        assert!(listed.allow(b"x-a,Authorization", false));
        assert!(!star.allow(b"\xff", false));
    }

    #[test]
    fn a_list_without_end_is_refused_unread() {
        let headers = headers(&["x-a"]);
        assert!(headers.allow(",".repeat(MAX_REQUESTED_BYTES).as_bytes(), false));
        assert!(!headers.allow(",".repeat(MAX_REQUESTED_BYTES + 1).as_bytes(), false));
    }

    #[test]
    fn exposed_headers_are_sent_once_in_lower_case() {
        let mut problems = Vec::new();
        let value = compile_expose_headers(&texts(&["X-Total-Count", "x-total-count", "etag"]), true, &mut problems);
        assert_eq!(value.as_deref(), Some("x-total-count,etag"));
        assert_eq!(compile_expose_headers(&texts(&["*", "etag"]), false, &mut problems).as_deref(), Some("*"));
        assert_eq!(compile_expose_headers(&[], false, &mut problems), None);
        assert_eq!(problems, []);
    }
}
