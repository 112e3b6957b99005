//! Runs the fuzz targets of this crate's parsers over their seeds and over damaged copies of them, so
//! that regressions are found without libFuzzer. `FUZZ_SECONDS=60` runs each for a minute.

#![allow(clippy::print_stdout, reason = "all of it is tests")]

use std::path::Path;

#[path = "../../../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../../../fuzz/src/mutate.rs"]
mod mutate;
#[path = "../../../fuzz/src/parsers.rs"]
mod parsers;

fn run(target: fn(&[u8]), folders: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    corpus::run(target, &root, folders);
}

#[test]
fn damaged_events_are_read_or_refused() {
    run(
        parsers::event_parse,
        &["testdata/events", "fuzz/seeds/event_parse"],
    );
}

#[test]
fn damaged_models_are_read_or_refused() {
    run(parsers::model_json, &["fuzz/seeds/model_json"]);
}

#[test]
fn damaged_summaries_are_read() {
    run(parsers::revert_summary, &["fuzz/seeds/revert_summary"]);
}
