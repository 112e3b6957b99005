#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| wikisentry_fuzz::parsers::model_json(data));
