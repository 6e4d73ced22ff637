//! What goes over the bytes of requests: origins, tokens, lists, paths, header maps, and lookups by key.
//!
//! A crate of its own, since the optimisation level is set by crate: these loops are built for speed, all else (what
//! loads a configuration, and glue that runs once a request) for size. A generic function is built by the crate that
//! calls it, so what should be fast has no type parameters here.

pub mod glob;
pub mod header_map;
pub mod index;
pub mod origin;
pub mod path;
pub mod token;
pub mod vary;
