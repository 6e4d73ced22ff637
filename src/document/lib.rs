//! The document of envoy-cors: JSON in; compiled policies, or all its problems, out.
//!
//! [`load`] is the one way in. The steps are: bytes to a tree of values ([`json`]), the tree to a typed document
//! ([`shape`]), the document to the policies of the core ([`compile`]). What is wrong is gathered at every step, so that
//! all problems are reported at once.

pub mod compile;
pub mod dangers;
pub mod glob;
pub mod header_names;
pub mod json;
pub mod match_rule;
pub mod method_names;
pub mod name_list;
pub mod origin_rule;
pub mod problem;
mod punycode;
pub mod reader;
mod remedy;
pub mod shape;
mod syntax;

pub use compile::{Loaded, load};
