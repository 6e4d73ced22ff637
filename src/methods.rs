//! `allow_methods`: which methods a preflight may ask for.

use crate::index::same;
use crate::token::is_token;
use document::method_names::FORBIDDEN;
use document::name_list::NameList;

/// The longest method that `*` covers, in bytes: it may be echoed, so it must be bounded. The longest that is registered
/// has 17.
const MAX_METHOD_BYTES: usize = 64;

/// What every page may do without asking (Fetch, "CORS-safelisted method").
static SAFELISTED: [&str; 3] = ["GET", "HEAD", "POST"];

/// The methods that a policy allows, compared as Fetch does: byte by byte.
#[derive(Debug, Clone, Default)]
pub struct Methods {
    any: bool,
    names: Vec<String>,
}

impl Methods {
    /// The methods of a list.
    pub fn new(list: NameList) -> Self {
        Methods { any: list.any, names: list.names }
    }

    /// Whether `*` stands in the list.
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// Whether a page may use `method`.
    pub fn allows(&self, method: &[u8]) -> bool {
        let is_method = |name: &&str| same(name.as_bytes(), method);
        if self.any {
            return method.len() <= MAX_METHOD_BYTES && is_token(method) && !FORBIDDEN.iter().any(is_method);
        }
        SAFELISTED.iter().any(is_method) || self.names.iter().any(|name| is_method(&name.as_str()))
    }

    /// The value of `Access-Control-Allow-Methods`; `None` where nothing beyond the safelisted methods is allowed.
    pub fn header(&self) -> Option<String> {
        if self.any { Some(String::from("*")) } else { (!self.names.is_empty()).then(|| self.names.join(",")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use document::method_names::allow_methods;
    use document::reader::Text;

    fn methods(names: &[&str]) -> Methods {
        let texts: Vec<Text> = names.iter().map(|name| Text { path: String::new(), text: (*name).into() }).collect();
        let mut problems = Vec::new();
        let methods = Methods::new(allow_methods(&texts, &mut problems));
        assert_eq!(problems, []);
        methods
    }

    #[test]
    fn methods_are_normalized_as_fetch_does_and_sent_once() {
        assert_eq!(methods(&["put", "DELETE", "PUT", "patch"]).header().as_deref(), Some("PUT,DELETE,patch"));
        assert_eq!(methods(&[]).header(), None);
        assert_eq!(methods(&["PUT", "*"]).header().as_deref(), Some("*"));
    }

    #[test]
    fn safelisted_methods_need_no_listing_and_case_counts() {
        let methods = methods(&["PATCH"]);
        assert!([b"GET".as_slice(), b"HEAD", b"POST", b"PATCH"].into_iter().all(|method| methods.allows(method)));
        assert!(
            ![b"get".as_slice(), b"patch", b"PUT", b"", b"PATCH,PUT"].into_iter().any(|method| methods.allows(method))
        );
    }

    #[test]
    fn any_method_is_any_token_that_a_page_can_send() {
        let methods = methods(&["*"]);
        assert!(methods.allows(b"PURGE"));
        assert!(!methods.allows(b"CONNECT"));
        assert!(!methods.allows(b"A B"));
    }
}
