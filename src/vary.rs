//! Merging names into a response's `Vary`.

use crate::token::elements;

/// What an answer that depends on the origin varies by.
pub const ORIGIN: &str = "Origin";

/// What the answer to a preflight varies by (Fetch, "CORS protocol and HTTP caches").
pub const PREFLIGHT: &str = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/// What the answer to a preflight varies by where the policy allows access to private networks.
pub const PREFLIGHT_AND_PRIVATE_NETWORK: &str =
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network";

/// The same where the answer is one for all origins.
pub const PRIVATE_NETWORK: &str = "Access-Control-Request-Private-Network";

/// The value of `Vary` with `names` (a comma-separated list) added, as one line; `None` where nothing has to change.
///
/// Names are compared without case, a name that is there is not doubled, and `*`, which says that the answer varies by
/// everything, stays as it is (RFC 9110, section 12.5.5).
pub fn merge(present: Option<&[u8]>, names: &str) -> Option<Vec<u8>> {
    let present = present.unwrap_or_default();
    if elements(present).any(|element| element == b"*") {
        return None;
    }
    let mut merged = Vec::new();
    for name in elements(names.as_bytes()) {
        if elements(present).any(|element| element.eq_ignore_ascii_case(name)) {
            continue;
        }
        if merged.is_empty() {
            merged.reserve_exact(present.len() + names.len() + 2);
            merged.extend_from_slice(without_trailing_separators(present));
        }
        if !merged.is_empty() {
            merged.extend_from_slice(b", ");
        }
        merged.extend_from_slice(name);
    }
    (!merged.is_empty()).then_some(merged)
}

fn without_trailing_separators(mut list: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t' | b','] = list {
        list = rest;
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(present: &str) -> String {
        let value = merge(Some(present.as_bytes()), ORIGIN).unwrap_or_else(|| present.as_bytes().to_vec());
        String::from_utf8(value).unwrap()
    }

    #[test]
    fn origin_is_added_once_in_any_case() {
        assert_eq!(merge(None, ORIGIN), Some(b"Origin".to_vec()));
        assert_eq!(merged(""), "Origin");
        assert_eq!(merged(" , "), "Origin");
        assert_eq!(merged("Accept-Encoding"), "Accept-Encoding, Origin");
        assert_eq!(merged("Accept-Encoding,"), "Accept-Encoding, Origin");
        assert_eq!(merged("accept,ORIGIN"), "accept,ORIGIN");
        assert_eq!(merged("X-Origin"), "X-Origin, Origin");
    }

    #[test]
    fn a_star_stays() {
        assert_eq!(merged("*"), "*");
        assert_eq!(merged("Accept, *"), "Accept, *");
        assert_eq!(merged("*x"), "*x, Origin");
    }

    #[test]
    fn several_names_are_merged_each_for_itself() {
        assert_eq!(merge(None, PREFLIGHT).unwrap(), PREFLIGHT.as_bytes());
        let merged = merge(Some(b"access-control-request-method, Accept"), PREFLIGHT).unwrap();
        let expected = "access-control-request-method, Accept, Origin, Access-Control-Request-Headers";
        assert_eq!(String::from_utf8(merged).unwrap(), expected);
    }
}
