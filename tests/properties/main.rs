//! What holds for every input, tried on generated ones. The oracles are globset's own matcher for globs, and the crate
//! `url` for origins. A counterexample that was found is kept in `tests/proptest-regressions/`, and tried first.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod decisions;
mod documents;
mod globs;
mod origins;
mod rules;

use proptest::prelude::*;

/// How often a property is tried.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, ..ProptestConfig::default() }
}
