//! A new log in place of a damaged one: the lake knows which edits were archived, so the stream
//! is read again from where it ends and what is there already is recognised.

use super::error::PipelineError;
use super::options::PipelineOptions;
use crate::archiver::ArchiverError;
use crate::counters::{ArchiveCounters, Counters, IngestCounters};
use crate::ingest;
use crate::log::{Log, LogOptions, Transaction, event_id, pin};
use crate::state_folder;
use std::path::{Path, PathBuf};
use wikisentry_core::bookmark::Bookmark;
use wikisentry_core::time::EventTime;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::{clock, file};

/// Edits of different user types reach the lake a little out of order: this much is read twice.
const MARGIN_MS: i64 = 10 * 60 * 1_000;
/// A user type that was silent for longer does not hold the start back.
const SILENT_MS: i64 = 24 * 60 * 60 * 1_000;

/// All edits of a lake with so many are recognised, whenever they were made.
const SMALL_LAKE: u64 = 200_000;

/// How the names of logs begin that were set aside; the milliseconds of the time follow.
const SET_ASIDE: &str = "log.damaged-";

/// Where the new log is built.
const FRESH: &str = "log.new";

/// Whether something in the state folder was left by a rebuild: a log that was set aside, or one that
/// was being built.
pub fn is_left_by_rebuild(name: &str) -> bool {
    name == FRESH || name.starts_with(SET_ASIDE)
}

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Where the old log was put; `None` if there was none.
    pub set_aside: Option<PathBuf>,
    /// Archived edits that will be recognised.
    pub remembered: u64,
    /// Where the stream is read from; `None` with an empty lake.
    pub resume_from: Option<EventTime>,
}

/// Builds a new log that begins where the lake ends, then puts it in the place of the old one, which
/// is set aside. The caller holds the lock on the state folder. A crash leaves the old log, or none
/// beside the lake: that is refused at the start, until this was done again.
///
/// # Errors
/// If the lake cannot be read or the new log cannot be written: the old log is then where it was; or
/// if one of them cannot be moved.
pub fn rebuild(options: &PipelineOptions) -> Result<Rebuilt, PipelineError> {
    let lake = Lake::new(state_folder::lake(&options.state));
    // Asked before anything is moved: without the lake there is nothing to build from.
    let resume_from = resume_from(&lake)?;
    let fresh = options.state.join(FRESH);
    let moved = |error| PipelineError::SetAside {
        path: fresh.clone(),
        error,
    };
    match std::fs::remove_dir_all(&fresh) {
        // What a crash has left.
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(moved(error)),
    }
    let log = Log::open(&fresh, LogOptions::default())?;
    let mut tx = Transaction::new();

    let rows = lake.readable(|| lake.rows()).map_err(ArchiverError::from)?;
    let since = match resume_from {
        // All of a small lake: its edits may be of any age, as in a recording.
        Some(_) if rows <= SMALL_LAKE => EventTime::from_millis(0),
        other => other,
    };
    let mut remembered = 0;
    if let Some(since) = since {
        let ids = lake.readable(|| {
            let ids = lake.recent_ids(since)?;
            let ids = ids.map(|id| Ok(event_id(&id?.meta_id)));
            ids.collect::<Result<Vec<u128>, LakeError>>()
        });
        let ids = ids.map_err(ArchiverError::from)?;
        remembered = pin(ids, &mut tx);
    }
    if let Some(time) = resume_from {
        ingest::put_bookmark(&mut tx, &options.source_name, &Bookmark::beginning(time));
    }
    ArchiveCounters { archived: rows }.stage(&mut tx);
    log.commit(tx)?;
    log.sync()?;
    drop(log);
    let set_aside = set_aside(&options.state)?;
    std::fs::rename(&fresh, state_folder::log(&options.state)).map_err(moved)?;
    file::sync_folder(&options.state).map_err(moved)?;
    Ok(Rebuilt {
        set_aside,
        remembered,
        resume_from,
    })
}

/// Before the earliest of the latest edits of the user types.
fn resume_from(lake: &Lake) -> Result<Option<EventTime>, PipelineError> {
    let now = clock::now();
    let latest = lake.readable(|| lake.latest_event_times(now));
    let latest = latest.map_err(ArchiverError::from)?;
    if latest.is_empty() && !lake.partitions().map_err(ArchiverError::from)?.is_empty() {
        return Err(PipelineError::ClockBehind(now));
    }
    let times = latest.values().map(|time| time.as_millis());
    let newest = times.clone().max();
    let lively = |time: &i64| newest.is_some_and(|newest| newest - time <= SILENT_MS);
    let earliest = times.filter(lively).min();
    Ok(earliest.and_then(|earliest| EventTime::from_millis(earliest - MARGIN_MS)))
}

/// Refuses a log that knows nothing beside a lake that holds edits: all of them would come again, or
/// the stream would begin now.
/// Whether the log of a state folder can be opened and fits its lake. A folder without both is new.
///
/// # Errors
/// What a start would be refused for.
pub fn check_state(state: &Path) -> Result<(), PipelineError> {
    let (log, lake) = (
        state_folder::log(state),
        Lake::new(state_folder::lake(state)),
    );
    if !log.exists() && lake.partitions().map_err(ArchiverError::from)?.is_empty() {
        return Ok(());
    }
    check_log(&Log::open(&log, LogOptions::default())?, &lake)
}

pub(super) fn check_log(log: &Log, lake: &Lake) -> Result<(), PipelineError> {
    let is_blank = IngestCounters::committed(log)?.received == 0
        && ArchiveCounters::committed(log)?.archived == 0;
    if is_blank && !lake.partitions().map_err(ArchiverError::from)?.is_empty() {
        return Err(PipelineError::LogMissing);
    }
    Ok(())
}

fn set_aside(state: &std::path::Path) -> Result<Option<PathBuf>, PipelineError> {
    let log = state_folder::log(state);
    if !log.exists() {
        return Ok(None);
    }
    let aside = state.join(format!("{SET_ASIDE}{}", clock::now().as_millis()));
    std::fs::rename(&log, &aside).map_err(|error| PipelineError::SetAside { path: log, error })?;
    Ok(Some(aside))
}
