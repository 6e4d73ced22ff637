//! The fuzz targets: one function each, which takes any bytes and panics where something is wrong.
//!
//! The fuzzer in `fuzz/` calls them, and so does `replay.rs`, an ordinary test, with all seeds and findings.

pub mod conversation;
pub mod convert;
pub mod curl;
pub mod decision;
pub mod document;
pub mod files;
pub mod glob;
pub mod header_map;
pub mod module;
pub mod origin;
pub mod regex;
pub mod response_heads;
pub mod seeds;
pub mod source;
pub mod vary;

/// What checks an input.
pub type Check = fn(&[u8]);

/// Every target, by its name.
pub const TARGETS: [(&str, Check); 12] = [
    ("document", document::check),
    ("origin", origin::check),
    ("glob", glob::check),
    ("decision", decision::check),
    ("vary", vary::check),
    ("header_map", header_map::check),
    ("module", module::check),
    ("curl", curl::check),
    ("source", source::check),
    ("convert", convert::check),
    ("response_heads", response_heads::check),
    ("regex", regex::check),
];
