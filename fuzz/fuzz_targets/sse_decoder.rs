#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wikisentry_fuzz::stream::sse_decoder(data));
