//! Reading events: every recorded wire form, values of wrong types, and hostile input.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

mod fixtures;
mod hostile;
mod made;
mod missing;
mod odd;
mod sample;

use wikisentry_core::edit::Edit;
use wikisentry_core::event::{Body, Event};

/// The edit that `payload` must hold.
fn edit(payload: &[u8]) -> Edit<'_> {
    match Event::parse(payload).expect("an event").body {
        Body::Edit(edit) => *edit,
        other => panic!("no edit: {other:?}"),
    }
}
