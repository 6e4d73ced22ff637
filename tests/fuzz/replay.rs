//! Every seed and every finding of the fuzzer, through its target. No fuzzer is needed.

#![allow(clippy::panic, reason = "a test fails by a panic")]

use targets::seeds::Seeds;
use targets::{TARGETS, files};

/// Passes all that is known through a target; the last name in a failed test's output is the input that failed.
fn replay(target: &str) {
    let Some((_, check)) = TARGETS.iter().find(|(name, _)| *name == target) else { panic!("{target} is a target") };
    let seeds = Seeds::all();
    let mut count = 0;
    for (bytes, name) in seeds.of(target) {
        println!("{name}: \"{}\"", bytes.escape_ascii());
        check(bytes);
        count += 1;
    }
    assert!(count >= 10, "{target} has {count} seeds only");
}

macro_rules! replay {
    ($($target:ident)*) => {
        $(
            #[test]
            fn $target() {
                replay(stringify!($target));
            }
        )*

        /// So none is left out, neither of this test nor of the fuzzer, and no file is in a folder that nobody reads.
        #[test]
        fn every_target_is_replayed_and_fuzzed() {
            assert_eq!(TARGETS.map(|(name, _)| name), [$(stringify!($target)),*]);
            for (target, _) in TARGETS {
                assert!(kit::repository("fuzz/fuzz_targets").join(format!("{target}.rs")).exists(), "{target}");
            }
            for folder in files::folders() {
                assert!(TARGETS.iter().any(|(name, _)| *name == folder), "{folder} is a target");
            }
        }
    };
}

replay!(document origin glob decision vary header_map module curl source convert response_heads regex);
