//! The document of envoy-cors: JSON in; compiled policies, or all its problems, out.
//!
//! [`load`] is the one way in. Its steps are: bytes to a tree of values ([`json`]), the tree to a typed document
//! ([`shape`], by the table of [`keys`]), the document to the policies of the core ([`origin_rule`], [`match_rule`],
//! [`name_list`]). What is wrong is gathered at every step, so that all [`problem`]s are reported at once, each with a
//! typed [`reason`] from which its text and its remedy follow.

mod authority;
mod compile;
mod cut;
pub mod dangers;
pub mod glob;
pub mod header_names;
pub mod json;
pub mod keys;
pub mod match_rule;
pub mod method_names;
pub mod name_list;
mod near;
pub mod origin_rule;
pub mod problem;
mod quote;
pub mod reader;
pub mod reason;
mod remedy;
mod respell;
pub mod shape;
pub mod spelling;
pub mod switches;
mod syntax;
mod table;
mod text_rule;

pub use authority::WILDCARD_CHARACTERS;
pub use compile::{Loaded, load};
pub use quote::quote;
