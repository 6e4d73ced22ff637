//! Globs: our automaton, and globset's own matcher.

use kit::glob_oracle::agree;

/// Compares both: the first line is the glob, all others are texts.
pub fn check(input: &[u8]) {
    let mut lines = input.split(|byte| *byte == b'\n');
    if let Some(glob) = lines.next().and_then(|glob| str::from_utf8(glob).ok()) {
        agree(glob, lines);
    }
}
