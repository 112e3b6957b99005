//! Runs the fuzz target of the event-stream decoder over its seeds and over damaged copies of them, so
//! that regressions are found without libFuzzer. `FUZZ_SECONDS=60` runs it for a minute.

#![allow(clippy::print_stdout, reason = "all of it is tests")]

use std::path::Path;

#[path = "../../../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../../../fuzz/src/mutate.rs"]
mod mutate;
#[path = "../../../fuzz/src/stream.rs"]
mod stream;

#[test]
fn damaged_streams_give_the_same_frames_however_they_are_cut() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    corpus::run(stream::sse_decoder, &root, &["fuzz/seeds/sse_decoder"]);
}
