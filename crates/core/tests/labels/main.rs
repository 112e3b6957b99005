//! Summaries against their reading by a person (`testdata/labels/summaries.jsonl`) and the shared
//! vectors, and the contract of labels.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

mod contract;
mod summaries;
