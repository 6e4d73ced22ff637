//! Changes conversations, mostly behind their first line: a changed document is refused more often than not, and a refused
//! document decides nothing.

use libfuzzer_sys::fuzzer_mutate;

/// Changes an input of `size` bytes to one of at most `max_size`, and returns its size.
pub fn mutate(input: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let behind = input[..size].iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    // One in eight changes the document, too.
    let kept = if seed.is_multiple_of(8) || behind >= max_size { 0 } else { behind };
    kept + fuzzer_mutate(&mut input[kept..], size - kept, max_size - kept)
}
