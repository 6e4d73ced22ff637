//! Judges of the filter: an independent model, properties that say what the filter is for, and exhaustive searches.
//!
//! `MODEL_REQUESTS` sets how many requests are compared with the core, 200,000 without it. `MODEL_EXHAUSTIVE=1` lets the
//! exhaustive searches go one character further. Counterexamples are kept in `proptest-regressions/`.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod comparison;
mod shells;

use proptest::prelude::ProptestConfig;

/// How often a property is tried; what it finds is kept next to this package's sources.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}
