#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::response_heads::check(input));
