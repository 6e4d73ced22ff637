//! `allow_headers`: which request headers a page may set.

use crate::list::{elements, is_token};
use crate::lookup::{Index, hash_ignoring_case, same, same_ignoring_case};

/// The longest `Access-Control-Request-Headers` that is read, in bytes. Browsers send a few hundred; a longer list is
/// refused unread, so that a preflight costs a bounded scan at most (rs/cors GHSA-mh55-gqvf-xfwm).
pub const MAX_REQUESTED_BYTES: usize = 4096;

/// The request headers that a policy allows.
#[derive(Debug, Clone)]
pub struct AllowHeaders {
    any: bool,
    names: Vec<String>,
    index: Index,
}

impl AllowHeaders {
    /// The headers `names`, in lower case, and with `any` every other one.
    #[cold]
    pub fn new(any: bool, names: Vec<String>) -> Self {
        let mut index = Index::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            index.insert(hash_ignoring_case(name.as_bytes()), at);
        }
        AllowHeaders { any, names, index }
    }

    /// Whether `*` is in the list.
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// Whether a page may set every header that `requested` names, the value of an `Access-Control-Request-Headers`.
    ///
    /// Names are compared without case, in any order, with or without duplicates and blanks. `echoed` says that the
    /// answer will repeat the list, which covers `Authorization`; a literal `*` does not (Fetch, "CORS non-wildcard
    /// request-header name").
    pub fn allow(&self, requested: &[u8], echoed: bool) -> bool {
        if requested.len() > MAX_REQUESTED_BYTES {
            return false;
        }
        elements(requested).all(|name| {
            if self.any {
                let is_covered = echoed || !same_ignoring_case(name, b"authorization") || self.lists(name);
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
        let is_name = |own: &String| same(own.as_bytes(), name) || same_ignoring_case(own.as_bytes(), name);
        self.index.find(hash_ignoring_case(name), |entry| self.names.get(entry).is_some_and(is_name)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(any: bool, names: &[&str]) -> AllowHeaders {
        AllowHeaders::new(any, names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn names_are_compared_without_case_order_and_duplicates() {
        let headers = headers(false, &["content-type", "x-a"]);
        assert_eq!(headers.header().as_deref(), Some("content-type,x-a"));
        assert!(headers.allow(b"", false));
        assert!(headers.allow(b"x-a,CONTENT-TYPE , ,\tx-a", false));
        assert!(!headers.allow(b"x-a,x-b", false));
        assert!(!headers.allow(b"x-a x-a", false));
    }

    #[test]
    fn a_star_does_not_cover_authorization_unless_it_is_listed_or_echoed() {
        let star = headers(true, &[]);
        assert_eq!(star.header().as_deref(), Some("*"));
        assert!(star.allow(b"x-anything", false));
        assert!(!star.allow(b"x-a,Authorization", false));
        assert!(star.allow(b"x-a,Authorization", true));
        let listed = headers(true, &["authorization"]);
        assert_eq!(listed.header().as_deref(), Some("*,authorization"));
        assert!(listed.allow(b"x-a,Authorization", false));
        assert!(!star.allow(b"\xff", false));
    }

    #[test]
    fn a_list_that_is_too_long_is_refused_unread() {
        let headers = headers(false, &["x-a"]);
        assert!(headers.allow(",".repeat(MAX_REQUESTED_BYTES).as_bytes(), false));
        assert!(!headers.allow(",".repeat(MAX_REQUESTED_BYTES + 1).as_bytes(), false));
    }
}
