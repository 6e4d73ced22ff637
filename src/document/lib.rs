//! Reads and judges a configuration: bytes in, a typed document or all its problems out.
//!
//! A crate of its own, since the optimisation level is set by crate: this runs once, when a configuration is loaded, and is
//! built for size.

pub mod config;
mod correction;
pub mod dangers;
pub mod glob_syntax;
pub mod header_names;
mod json;
pub mod matching;
pub mod method_names;
pub mod name_list;
pub mod pattern;
pub mod problem;
mod punycode;
pub mod reader;
mod syntax;
