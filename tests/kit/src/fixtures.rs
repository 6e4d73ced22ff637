//! What many tests start from: a policy, and requests to it.

use crate::Header;
use cors::configuration::Configuration;
use serde_json::{Value, json};

/// The origin that [`policy`] allows.
pub const ORIGIN: &str = "https://app.example.com";

/// A policy with one exact rule that uses most of what a policy can say.
pub fn policy() -> Value {
    json!({
        "allow_origins": [ORIGIN], "allow_methods": ["PUT"], "allow_headers": ["authorization", "content-type"],
        "expose_headers": ["x-total-count"], "allow_credentials": true, "max_age": 7200
    })
}

/// The same policy, but for these origins.
pub fn policy_for(origins: impl IntoIterator<Item = String>) -> Value {
    let mut policy = policy();
    policy["allow_origins"] = origins.into_iter().collect();
    policy
}

/// A preflight that [`policy`] allows.
pub const PREFLIGHT: [(&str, &str); 4] = [
    (":method", "OPTIONS"),
    ("origin", ORIGIN),
    ("access-control-request-method", "PUT"),
    ("access-control-request-headers", "authorization,content-type"),
];

/// The configuration of a document, which must be valid.
pub fn configuration(document: &Value) -> Configuration {
    match document::load(document.to_string().as_bytes()) {
        Ok(loaded) => loaded.configuration,
        Err(problems) => panic!("{document}: {problems:?}"),
    }
}

/// Headers from text.
pub fn headers(list: &[(&str, &str)]) -> Vec<Header> {
    list.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

/// A GET of `/api/orders`; `list` replaces or adds headers, including pseudo-headers.
pub fn request(list: &[(&str, &str)]) -> Vec<Header> {
    let mut request = headers(&[
        (":method", "GET"),
        (":path", "/api/orders"),
        (":authority", "api.example.com"),
        ("accept", "*/*"),
        ("user-agent", "test"),
    ]);
    for (name, value) in headers(list) {
        request.retain(|(own, _)| *own != name);
        request.push((name, value));
    }
    request
}
