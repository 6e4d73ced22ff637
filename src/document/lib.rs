//! Reads and judges a configuration: bytes in, a typed document or all its problems out.
//!
//! A crate of its own, since the optimisation level is set by crate: this runs once, when a configuration is loaded, and is
//! built for size.

pub mod config;
mod correction;
pub mod glob_syntax;
mod json;
pub mod matching;
pub mod pattern;
pub mod problem;
mod punycode;
pub mod reader;
mod syntax;
