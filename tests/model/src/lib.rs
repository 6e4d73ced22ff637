//! What envoy-cors does, written a second time: as a person would read the README aloud, on strings, with linear
//! searches, and without a line of the filter. Tests compare the two.
//!
//! - [`exchange`]: a request, upstream's response, and what came of them; [`exchange::Shell`] is whatever answers.
//! - [`document`], [`origin`], [`path`], [`decision`] and [`response`]: the model of the filter.
//! - [`browser`]: what Fetch lets a page do and read.
//! - [`cache`]: a shared cache that follows RFC 9111.
//! - [`resource`]: an upstream that is honest to caches.
//! - [`documents`] and [`traffic`]: generators of policies, requests and upstream's responses.

pub mod browser;
pub mod cache;
pub mod decision;
pub mod document;
pub mod documents;
pub mod exchange;
pub mod origin;
pub mod path;
pub mod resource;
pub mod response;
pub mod texts;
pub mod traffic;
