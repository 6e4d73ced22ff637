//! Judges of the filter: an independent model, properties that say what the filter is for, and exhaustive searches.
//!
//! `MODEL_REQUESTS` sets how many requests are compared with the core, 200,000 without it. `MODEL_EXHAUSTIVE=1` lets
//! the exhaustive searches go one character further. Counterexamples are kept in `proptest-regressions/`.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod caches;
mod comparison;
mod corpus;
mod exhaustive;
mod refused;
mod shells;
mod widening;

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestError, TestRunner};
use std::cell::{Cell, RefCell};

/// Tries a property on generated cases until it was tried on so many requests; `property` returns how many a case had.
///
/// `source` is the caller's `file!()`: next to it, what was found is kept, and tried first by the next run.
fn judge<T: Strategy>(
    source: &'static str,
    name: &'static str,
    requests: usize,
    cases: &T,
    property: impl FnMut(T::Value) -> Result<usize, TestCaseError>,
) {
    let property = RefCell::new(property);
    let (tried, done) = (Cell::new(0), Cell::new(0));
    while done.get() < requests {
        // As many cases as are likely to be enough, by what they had so far.
        let missing = (requests - done.get()) * tried.get() / done.get().max(1);
        let config = ProptestConfig {
            cases: missing.clamp(10, 10_000) as u32,
            max_shrink_iters: 20_000,
            source_file: Some(source),
            test_name: Some(name),
            ..ProptestConfig::default()
        };
        let result = TestRunner::new(config).run(cases, |case| {
            tried.set(tried.get() + 1);
            done.set(done.get() + (property.borrow_mut())(case)?);
            Ok(())
        });
        match result {
            Ok(()) => println!("{name}: {} requests so far", done.get()),
            // Without the generated values: the reason shows the document and the request that they become.
            Err(TestError::Fail(reason, _)) => panic!("{name}: {reason}"),
            Err(error) => panic!("{name}: {error}"),
        }
    }
}
