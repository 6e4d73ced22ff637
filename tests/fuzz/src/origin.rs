//! Origins: our parser, and the URL standard as the crate `url` has it.

use cors::origin::Origin;
use kit::origin_oracle::{parses_nothing_else, parses_what_a_browser_sends};

/// Compares both over the input.
pub fn check(input: &[u8]) {
    match str::from_utf8(input) {
        Ok(text) => {
            parses_what_a_browser_sends(text);
            parses_nothing_else(text);
        }
        Err(_) => assert!(Origin::parse(input).is_none(), "an origin is ASCII"),
    }
}
