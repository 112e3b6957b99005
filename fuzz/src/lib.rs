//! What the fuzz targets do with their input. The tests `fuzz_corpus` of the crates `core` and
//! `engine` include these files and run them over the corpus, without libFuzzer.

pub mod parsers;
#[cfg(feature = "engine")]
pub mod stream;
