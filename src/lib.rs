//! envoy-cors: a complete and safe CORS policy for Envoy and Istio, in one proxy-wasm module.
//!
//! A document (JSON) is loaded into a [`policy::Policy`]; a [`filter::Filter`] takes each stream through it:
//!
//! ```text
//! bytes -> config -> policy (compiled, immutable);  request -> decision -> header edits
//! ```
//!
//! All of this is pure and native. Only `proxy`, which exists for wasm32 alone, talks to Envoy.
//!
//! The standard is WHATWG Fetch: "CORS protocol", "CORS check", "CORS-preflight fetch", "CORS protocol and HTTP caches".
//!
//! ```
//! use envoy_cors::policy::Policy;
//!
//! let problems = Policy::load(br#"{"allow_origins": ["https://app.example.com/"]}"#).unwrap_err();
//! assert_eq!(
//!     problems[0].to_string(),
//!     r#"allow_origins[0]: "https://app.example.com/": an origin has no path; write "https://app.example.com""#
//! );
//! ```

pub mod config;
mod correction;
pub mod decision;
pub mod filter;
pub mod glob;
pub mod headers;
pub mod index;
pub mod json;
pub mod methods;
pub mod metrics;
pub mod origin;
pub mod origins;
pub mod pattern;
pub mod policy;
pub mod problem;
#[cfg(target_arch = "wasm32")]
mod proxy;
mod punycode;
pub mod reader;
pub mod token;
pub mod vary;
