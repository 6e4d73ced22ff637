//! `allow_methods`: which methods a preflight may ask for.

use crate::list::is_token;
use crate::lookup::{same, same_ignoring_case};

/// The longest method that `*` covers, in bytes: it may be echoed, so it must be bounded. The longest registered one
/// has 17.
const MAX_METHOD_BYTES: usize = 64;

/// What a page may use without asking (Fetch, "CORS-safelisted method").
static SAFELISTED: [&str; 3] = ["GET", "HEAD", "POST"];

/// What no page can use, in any case (Fetch, "forbidden method").
pub static FORBIDDEN: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];

/// The methods that a policy allows, compared as Fetch does: byte by byte.
#[derive(Debug, Clone, Default)]
pub struct AllowMethods {
    any: bool,
    names: Vec<String>,
}

impl AllowMethods {
    /// The methods `names`, as they are sent, or with `any` every method that a page can send.
    pub fn new(any: bool, names: Vec<String>) -> Self {
        AllowMethods { any, names }
    }

    /// Whether `*` is in the list.
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// Whether a page may use `method`, the value of an `Access-Control-Request-Method`.
    pub fn allows(&self, method: &[u8]) -> bool {
        let is_method = |name: &&str| same(name.as_bytes(), method);
        if self.any {
            let is_forbidden = FORBIDDEN.iter().any(|name| same_ignoring_case(name.as_bytes(), method));
            return method.len() <= MAX_METHOD_BYTES && is_token(method) && !is_forbidden;
        }
        SAFELISTED.iter().any(is_method) || self.names.iter().any(|name| is_method(&name.as_str()))
    }

    /// The value of `Access-Control-Allow-Methods`; `None` where only the safelisted methods are allowed.
    pub fn header(&self) -> Option<String> {
        if self.any { Some(String::from("*")) } else { (!self.names.is_empty()).then(|| self.names.join(",")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safelisted_methods_need_no_listing_and_case_counts() {
        let methods = AllowMethods::new(false, vec![String::from("PATCH")]);
        assert!([b"GET".as_slice(), b"HEAD", b"POST", b"PATCH"].into_iter().all(|method| methods.allows(method)));
        assert!(
            ![b"get".as_slice(), b"patch", b"PUT", b"", b"PATCH,PUT"].into_iter().any(|method| methods.allows(method))
        );
    }

    #[test]
    fn any_method_is_any_token_that_a_page_can_send() {
        let methods = AllowMethods::new(true, Vec::new());
        assert!(methods.allows(b"PURGE"));
        assert!(methods.allows(&[b'A'; MAX_METHOD_BYTES]));
        for method in [b"CONNECT".as_slice(), b"track", b"A B", b"", &[b'A'; MAX_METHOD_BYTES + 1]] {
            assert!(!methods.allows(method));
        }
    }
}
