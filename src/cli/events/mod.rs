//! Raw events from a file or standard input, for the commands that need no running process.

use super::Context;
use crate::amounts::count;
use crate::error::{Error, ExpectedError};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use wikisentry_replay::saved::unpacked;

/// Opens a file of events in any packing; `-` is standard input.
pub(super) fn open(file: &Path, context: &Context) -> io::Result<Box<dyn Read + Send>> {
    if file != Path::new("-") {
        return unpacked(File::open(file)?);
    }
    if io::stdin().is_terminal() {
        let note = "reading events from the terminal, one a line; end with Ctrl-D";
        context.report.note(note);
    }
    unpacked(io::stdin())
}

/// The refusal of an input whose events were all refused.
pub(super) fn none_readable(events: u64) -> ExpectedError {
    ExpectedError::usage("no event can be read")
        .because(format!(
            "all {} are refused, each for the reason given above",
            count(events)
        ))
        .help("give events as Wikimedia's feed sends them: `wikisentry predict --help`")
}

/// The refusal of a file that cannot be read.
pub(super) fn unreadable(file: &Path, error: &io::Error) -> Error {
    let name = match file.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => file.display().to_string(),
    };
    ExpectedError::usage(format!("cannot read {name}"))
        .caused_by(error)
        .help("give a file of events, as lines, an array, or saved by curl; or `-`")
        .into()
}

/// Why an event is refused that is longer than `limit` bytes.
pub(super) fn too_long(limit: usize) -> String {
    format!("larger than source.max_event_bytes: more than {limit} bytes")
}
