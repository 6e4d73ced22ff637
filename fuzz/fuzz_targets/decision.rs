#![no_main]

mod keep_document;

libfuzzer_sys::fuzz_mutator!(|input: &mut [u8], size: usize, max_size: usize, seed: u32| {
    keep_document::mutate(input, size, max_size, seed)
});
libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::decision::check(input));
