//! Globs: our automaton, and globset's own matcher.

use document::glob::{self, GlobError, MAX_GLOB_BYTES, Wildcards};
use globset::GlobBuilder;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Compares both over texts, with the wildcards of hosts and with those of paths.
pub fn agree<'a>(glob: &str, texts: impl Iterator<Item = &'a [u8]> + Clone) {
    for (wildcards, literal_separator) in [(Wildcards::CrossSeparators, false), (Wildcards::StayInSegment, true)] {
        let own = glob::compile(glob, wildcards);
        if glob.len() > MAX_GLOB_BYTES {
            assert_eq!(own.err(), Some(GlobError::TooLong(glob.len())));
            continue;
        }
        let oracle = GlobBuilder::new(glob).literal_separator(literal_separator).backslash_escape(true).build();
        match (own, oracle) {
            (Ok(own), Ok(oracle)) => {
                let oracle = oracle.compile_matcher();
                for text in texts.clone() {
                    let expected = oracle.is_match(OsStr::from_bytes(text));
                    assert_eq!(own.is_match(text), expected, "{glob:?} over \"{}\"", text.escape_ascii());
                }
            }
            (Err(own), Err(oracle)) => assert_eq!(own, GlobError::Syntax(oracle.kind().clone())),
            (own, oracle) => panic!("{glob:?}: {:?}, globset {:?}", own.is_ok(), oracle.is_ok()),
        }
    }
}
