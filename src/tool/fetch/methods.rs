//! Methods (Fetch, "Methods").

use cors::allow_methods::FORBIDDEN;
use document::method_names::NORMALIZED;

/// Fetch, "CORS-safelisted method".
pub fn is_safelisted(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "POST")
}

/// Fetch, "forbidden method".
pub fn is_forbidden(method: &str) -> bool {
    FORBIDDEN.iter().any(|forbidden| forbidden.eq_ignore_ascii_case(method))
}

/// Fetch, "normalize a method".
pub fn normalize(method: &str) -> String {
    match NORMALIZED.iter().find(|normal| normal.eq_ignore_ascii_case(method)) {
        Some(normal) => (*normal).to_owned(),
        None => method.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patch_is_not_normalized_and_put_is() {
        assert_eq!(normalize("put"), "PUT");
        assert_eq!(normalize("Options"), "OPTIONS");
        assert_eq!(normalize("patch"), "patch");
        assert!(!is_safelisted("get") && is_safelisted("GET"));
        assert!(is_forbidden("Trace") && !is_forbidden("PURGE"));
    }
}
