//! envoy-cors: a complete and safe CORS policy for Envoy and Istio, in one proxy-wasm module.
//!
//! Three crates make the module, and nothing points back: `cors` (the core: compiled policies and the decision about a
//! request) ← `document` (JSON in; compiled policies, or all its problems, out) ← this crate, which talks to Envoy in
//! `proxy` and is compiled for wasm32 alone. The command line in `src/tool` is another shell over the first two.
//!
//! From a document to the headers of an answer:
//!
//! ```
//! use cors::decision::{Action, Request, decide};
//! use std::borrow::Cow;
//!
//! let document = br#"{"allow_origins": ["https://app.example.com"], "allow_methods": ["PUT"]}"#;
//! let configuration = document::load(document).unwrap().configuration;
//! let policy = configuration.policies.only().and_then(|number| configuration.policies.get(number)).unwrap();
//!
//! let origin = b"https://app.example.com".as_slice();
//! let header = |_: &str| None::<Cow<[u8]>>;
//! let decision = decide(policy, Request::Preflight { origin, method: b"PUT", header: &header });
//! assert_eq!(decision.outcome.name(), "allowed");
//! let Action::Reply(reply) = decision.action else { panic!("the filter answers preflights itself") };
//! assert_eq!(reply.status, 204);
//! let headers: Vec<_> = reply.headers(policy).map(|(name, value)| [name, b": ", value].concat()).collect();
//! assert_eq!(headers[0], b"access-control-allow-origin: https://app.example.com");
//! assert_eq!(headers[1], b"access-control-allow-methods: PUT");
//!
//! // What is wrong with a document comes with its place, its value, the reason and the remedy.
//! let problems = document::load(br#"{"allow_origins": ["https://app.example.com/"]}"#).unwrap_err();
//! assert_eq!(
//!     problems[0].to_string(),
//!     r#"allow_origins[0]: "https://app.example.com/": a path is not allowed in an origin; write "https://app.example.com""#
//! );
//! ```

#[cfg(target_arch = "wasm32")]
mod callbacks;
#[cfg(any(target_arch = "wasm32", test))]
mod contexts;
#[cfg(target_arch = "wasm32")]
mod host_calls;
#[cfg(target_arch = "wasm32")]
mod proxy;
