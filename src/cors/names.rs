//! The names of the response headers that the filter writes.

/// Whether the page may send credentials and read the answer.
pub const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";
/// The request headers that the page may set.
pub const ALLOW_HEADERS: &str = "access-control-allow-headers";
/// The methods that the page may use.
pub const ALLOW_METHODS: &str = "access-control-allow-methods";
/// The origin whose page may read the response.
pub const ALLOW_ORIGIN: &str = "access-control-allow-origin";
/// Private Network Access: whether a public page may reach into a private network.
pub const ALLOW_PRIVATE_NETWORK: &str = "access-control-allow-private-network";
/// The response headers that the page may read.
pub const EXPOSE_HEADERS: &str = "access-control-expose-headers";
/// How long a browser may keep the answer to a preflight.
pub const MAX_AGE: &str = "access-control-max-age";

/// Every response header of the CORS protocol (Fetch, "HTTP responses").
pub static CORS_HEADERS: [&str; 6] =
    [ALLOW_ORIGIN, ALLOW_CREDENTIALS, EXPOSE_HEADERS, ALLOW_METHODS, ALLOW_HEADERS, MAX_AGE];

/// Resource Timing, "Timing-Allow-Origin response header".
pub const TIMING_ALLOW_ORIGIN: &str = "timing-allow-origin";
/// What a cache must compare before it gives the response to another request.
pub const VARY: &str = "vary";
/// Tells the decision, where `debug_header` is on.
pub const DECISION: &str = "x-cors-decision";
