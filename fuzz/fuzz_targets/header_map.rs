#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::header_map::check(input));
