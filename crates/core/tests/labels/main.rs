//! What summaries say, against what people read in them: `testdata/labels/summaries.jsonl`, the
//! shared vectors, and the contract of labels.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

mod contract;
mod summaries;
