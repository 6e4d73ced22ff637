//! envoy-cors: a complete and safe CORS policy for Envoy and Istio, in one proxy-wasm module.
//!
//! A document (JSON) is loaded into a [`configuration::Configuration`]; a [`filter::Filter`] takes each stream through it:
//!
//! ```text
//! bytes -> config -> policies (compiled, immutable);  request -> policy -> decision -> header edits
//! ```
//!
//! All of this is pure and native. Only `proxy`, which exists for wasm32 alone, talks to Envoy.
//!
//! The standard is WHATWG Fetch: "CORS protocol", "CORS check", "CORS-preflight fetch", "CORS protocol and HTTP caches".
//!
//! ```
//! use envoy_cors::configuration::Configuration;
//!
//! let document = br#"{"allow_origins": ["https://app.example.com/"]}"#;
//! let problems = Configuration::load(document, |_| None).unwrap_err();
//! assert_eq!(
//!     problems[0].to_string(),
//!     r#"allow_origins[0]: "https://app.example.com/": an origin has no path; write "https://app.example.com""#
//! );
//! ```

pub mod configuration;
pub mod decision;
pub mod edits;
pub mod filter;
pub mod headers;
pub mod methods;
pub mod metrics;
mod names;
pub mod origins;
pub mod policies;
pub mod policy;
#[cfg(target_arch = "wasm32")]
mod proxy;
mod scratch;

pub use document::{config, glob_syntax, header_names, matching, pattern, problem, reader};
pub use wire::{glob, header_map, index, origin, path, token, vary};
