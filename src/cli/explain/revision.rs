//! A revision by its number, and the archived edit that made it.

use crate::amounts::count;
use crate::cli::Context;
use crate::error::{Error, ExpectedError, Result};
use std::fmt;
use wikisentry_core::time::EventTime;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::{ArchivedEdit, RevisionSearch, find_revision};

/// A revision of a wiki; without a wiki of whichever has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Revision {
    pub wiki: Option<String>,
    pub rev_id: i64,
}

impl Revision {
    /// Reads `NUMBER` or `WIKI:NUMBER`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (wiki, number) = match text.split_once(':') {
            Some((wiki, number)) => (Some(wiki), number),
            None => (None, text),
        };
        let is_name = |wiki: &str| {
            let mut bytes = wiki.bytes();
            !wiki.is_empty()
                && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        };
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if !is_number || wiki.is_some_and(|wiki| !is_name(wiki)) {
            return None;
        }
        Some(Self {
            wiki: wiki.map(str::to_owned),
            rev_id: number.parse().ok()?,
        })
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.wiki {
            Some(wiki) => write!(f, "{wiki}:{}", self.rev_id),
            None => write!(f, "{}", self.rev_id),
        }
    }
}

/// The archived edit of the revision.
pub(super) fn find(wanted: &Revision, context: &Context) -> Result<ArchivedEdit> {
    let platform = context.platform()?;
    let lake = platform.lake()?;
    let search = lake.readable(|| find_revision(&lake, wanted.wiki.as_deref(), wanted.rev_id));
    let mut search = search.map_err(|error| unreadable(&error))?;
    match search.found.len() {
        0 => Err(absent(wanted, &search)),
        1 => Ok(search.found.remove(0)),
        _ => Err(ambiguous(wanted, &search)?),
    }
}

/// The refusal of a lake that cannot be read.
pub(super) fn unreadable(error: &LakeError) -> Error {
    ExpectedError::preflight("the archive cannot be read")
        .caused_by(error)
        .help("make the state folder readable, and the lake writable")
        .into()
}

fn absent(wanted: &Revision, search: &RevisionSearch) -> Error {
    let oldest = search.oldest.map(|hour| hour.start_millis());
    let far = match oldest.and_then(EventTime::from_millis) {
        Some(oldest) => format!(
            "looked through {} edits, back to {oldest}",
            count(search.edits)
        ),
        None => "nothing is archived yet".to_owned(),
    };
    ExpectedError::usage(format!("revision {wanted} is not in the archive"))
        .because(far)
        .help(
            "an edit is archived within archive.interval; `wikisentry explain FILE` takes the raw \
             event itself",
        )
        .into()
}

fn ambiguous(wanted: &Revision, search: &RevisionSearch) -> Result<Error> {
    let many = search.found.len();
    let what = format!("{many} wikis have a revision {wanted}");
    let mut error = ExpectedError::usage(what);
    let mut first = None;
    for found in &search.found {
        let edit = found.classified().map_err(|error| unreadable(&error))?.edit;
        error = error.because(format!(
            "{}:{wanted} of {}: {}",
            edit.wiki, edit.event_time, edit.page_title
        ));
        first.get_or_insert(edit.wiki.into_owned());
    }
    let first = first.unwrap_or_default();
    Ok(error
        .help(format!(
            "name the wiki: `wikisentry explain {first}:{wanted}`"
        ))
        .into())
}
