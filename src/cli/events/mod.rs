//! Raw events from a file or standard input, for the commands that need no running process.

mod lines;

pub(super) use lines::{Chunk, Line, Lines};

use super::Context;
use crate::error::{Error, ExpectedError};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Cursor, IsTerminal, Read};
use std::path::Path;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Opens a file of events, plain or gzipped; `-` is standard input.
pub(super) fn open(file: &Path, context: &Context) -> io::Result<Box<dyn Read + Send>> {
    let mut input: Box<dyn Read + Send> = if file == Path::new("-") {
        if io::stdin().is_terminal() {
            let note = "reading events from the terminal, one a line; end with Ctrl-D";
            context.report.note(note);
        }
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file)?)
    };
    let mut head = Vec::with_capacity(GZIP_MAGIC.len());
    input
        .by_ref()
        .take(GZIP_MAGIC.len() as u64)
        .read_to_end(&mut head)?;
    let packed = head == GZIP_MAGIC;
    let whole = Cursor::new(head).chain(input);
    Ok(if packed {
        Box::new(MultiGzDecoder::new(whole))
    } else {
        Box::new(whole)
    })
}

/// The refusal of a file that cannot be read.
pub(super) fn unreadable(file: &Path, error: &io::Error) -> Error {
    let name = match file.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => file.display().to_string(),
    };
    ExpectedError::usage(format!("cannot read {name}"))
        .caused_by(error)
        .help("give a file of events, one JSON object a line, plain or gzipped; or `-`")
        .into()
}

/// Why a line is refused that is longer than `limit` bytes.
pub(super) fn too_long(limit: usize) -> String {
    format!("larger than source.max_event_bytes: more than {limit} bytes")
}
