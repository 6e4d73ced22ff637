//! The core of envoy-cors: compiled policies, the decision about a request, and the edits of its response.
//!
//! ```text
//! Configuration (compiled, immutable, Send + Sync);  request -> decide -> Decision -> reply, or edits of the response
//! ```
//!
//! [`configuration::Configuration`] holds the policies; [`policies`] finds the one for a request; [`decision::decide`]
//! says what becomes of it, as a value; [`filter::Filter`] carries that out over a [`host::Host`]. Everything here is
//! pure: bytes in, decision out. There is no parser, no I/O and no clock, and nothing on the way of a request can panic.
//!
//! What only runs while a configuration is loaded is marked `#[cold]`, so that the compiler builds it for size.
//!
//! The standard is WHATWG Fetch: "CORS protocol", "CORS check", "CORS-preflight fetch", "CORS protocol and HTTP caches".

pub mod allow_headers;
pub mod allow_methods;
pub mod allow_origins;
pub mod configuration;
pub mod decision;
pub mod filter;
pub mod glob;
pub mod header_map;
pub mod headers;
pub mod host;
pub mod ipv6;
pub mod list;
pub mod lookup;
pub mod match_rule;
pub mod metrics;
pub mod names;
pub mod options;
pub mod origin;
pub mod origin_rule;
pub mod origin_rules;
pub mod outcome;
pub mod path;
pub mod policies;
pub mod policy;
pub mod reply;
pub mod response;
pub mod scratch;
pub mod text;
pub mod vary;
