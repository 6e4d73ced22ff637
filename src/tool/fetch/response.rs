//! Responses: their headers, and what a page can read of them (Fetch, "Responses" and "CORS filtered response").

use super::{Credentials, Header};
use cors::list::{elements, is_token};

/// Status and headers of a response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status.
    pub status: u16,
    /// The header lines, in order; names in lower case.
    pub headers: Vec<Header>,
}

impl ResponseHead {
    /// Fetch, "get" a header: several lines of one name are one value.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let values: Vec<&[u8]> =
            self.headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_slice()).collect();
        (!values.is_empty()).then(|| values.join(b", ".as_slice()))
    }

    /// Fetch, "ok status".
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Fetch, "redirect status".
    pub fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    /// Fetch, "extract header list values", of a header that is a list of tokens: `Err` holds a value that is not one.
    pub fn tokens(&self, name: &str) -> Result<Option<Vec<String>>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let list: Vec<&[u8]> = elements(&value).collect();
        if !list.iter().all(|element| is_token(element)) {
            return Err(shown(&value));
        }
        Ok(Some(list.into_iter().map(shown).collect()))
    }
}

/// A value of a header as text.
pub fn shown(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// What a page can read of a response of its own origin (Fetch, "basic filtered response"): all names in order.
pub fn basic_readable(response: &ResponseHead) -> Vec<String> {
    readable(response, |_| true)
}

/// What a page can read of a response of another origin (Fetch, "CORS filtered response").
pub fn cors_readable(response: &ResponseHead, credentials: Credentials) -> Vec<String> {
    let exposed = response.tokens("access-control-expose-headers").unwrap_or_default().unwrap_or_default();
    let exposes_all = credentials != Credentials::Include && exposed.iter().any(|name| name == "*");
    readable(response, |name| {
        exposes_all || is_safelisted(name) || exposed.iter().any(|own| own.eq_ignore_ascii_case(name))
    })
}

fn readable(response: &ResponseHead, is_readable: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in &response.headers {
        // Fetch, "forbidden response-header name".
        let is_forbidden = matches!(name.as_str(), "set-cookie" | "set-cookie2");
        if !is_forbidden && is_readable(name) && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Fetch, "CORS-safelisted response-header name", as far as it does not depend on the response.
pub fn is_safelisted(name: &str) -> bool {
    matches!(
        name,
        "cache-control"
            | "content-language"
            | "content-length"
            | "content-type"
            | "expires"
            | "last-modified"
            | "pragma"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(headers: &[(&str, &str)]) -> ResponseHead {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        ResponseHead { status: 200, headers }
    }

    #[test]
    fn lines_of_one_name_are_one_value() {
        let head = head(&[("a", "1"), ("b", "x"), ("a", "2")]);
        assert_eq!(head.get("a").as_deref(), Some(b"1, 2".as_slice()));
        assert_eq!(head.get("c"), None);
    }

    #[test]
    fn lists_are_tokens_or_fail_whole() {
        assert_eq!(head(&[("m", "PUT, ,GET")]).tokens("m"), Ok(Some(vec!["PUT".into(), "GET".into()])));
        assert_eq!(head(&[("m", "PUT GET")]).tokens("m"), Err("PUT GET".into()));
        assert_eq!(head(&[]).tokens("m"), Ok(None));
    }

    #[test]
    fn a_star_exposes_all_but_cookies_and_only_without_credentials() {
        let head = head(&[("x-a", "1"), ("set-cookie", "a=1"), ("etag", "1"), ("access-control-expose-headers", "*")]);
        let all = ["x-a", "etag", "access-control-expose-headers"];
        assert_eq!(cors_readable(&head, Credentials::SameOrigin), all);
        assert!(cors_readable(&head, Credentials::Include).is_empty());
        assert_eq!(basic_readable(&head), all);
    }

    #[test]
    fn names_are_exposed_in_any_case_beside_the_safelisted() {
        let head =
            head(&[("content-type", "a"), ("etag", "1"), ("x-b", "2"), ("access-control-expose-headers", "ETag")]);
        assert_eq!(cors_readable(&head, Credentials::Include), ["content-type", "etag"]);
    }
}
