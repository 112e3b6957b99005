//! Reading a topic's records: from the process that runs, else from its log on disk. Either way
//! they come as lines of [`TailRecord`], a few at a time.

use super::{Client, Instance};
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::state::StateDir;
use wikisentry_core::topic::Topic;
use wikisentry_engine::log::{Log, LogError, LogOptions};
use wikisentry_engine::tail::{From, Tail, TailRecord};

/// Which records are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The topic.
    pub topic: Topic,
    /// Where to start.
    pub from: From,
    /// Go on as records come.
    pub follow: bool,
}

/// Hands on records, oldest first, as whole lines of JSON, until `take` says no. Returns `false`
/// if the process that was followed has ended.
///
/// # Errors
/// With exit code 4 if nothing runs that could be followed, or nothing was ever kept; whatever
/// `take` says.
pub fn read(
    state: &StateDir,
    wanted: &Wanted,
    mut take: impl FnMut(&[u8]) -> Result<bool>,
) -> Result<bool> {
    match Instance::find(state)? {
        Some(instance) => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(from_process(&instance, wanted, &mut take)),
        None if wanted.follow => {
            // Refuses with the reason.
            Instance::require(state)?;
            Ok(false)
        }
        None => from_disk(state, wanted, &mut take),
    }
}

async fn from_process(
    instance: &Instance,
    wanted: &Wanted,
    take: &mut dyn FnMut(&[u8]) -> Result<bool>,
) -> Result<bool> {
    let query = [
        ("from", wanted.from.to_string()),
        ("follow", wanted.follow.to_string()),
    ];
    let mut answer = Client::new(instance)?
        .records(wanted.topic.name(), &query)
        .await?;
    let mut unfinished = Vec::new();
    // A process that is killed cuts the connection; one that stops ends it.
    while let Ok(Some(chunk)) = answer.chunk().await {
        let Some(end) = memchr::memrchr(b'\n', &chunk) else {
            unfinished.extend_from_slice(&chunk);
            continue;
        };
        unfinished.extend_from_slice(&chunk[..=end]);
        if !take(&unfinished)? {
            return Ok(true);
        }
        unfinished.clear();
        unfinished.extend_from_slice(&chunk[end + 1..]);
    }
    Ok(!wanted.follow)
}

fn from_disk(
    state: &StateDir,
    wanted: &Wanted,
    take: &mut dyn FnMut(&[u8]) -> Result<bool>,
) -> Result<bool> {
    if !state.log().is_dir() {
        let why = format!("{} holds no log", state.root().display());
        return Err(
            ExpectedError::new(ExitStatus::NotRunning, "nothing was ingested yet")
                .because(why)
                .help("start the platform with `wikisentry up`")
                .into(),
        );
    }
    let log = Log::open(&state.log(), LogOptions::default()).map_err(|error| closed(&error))?;
    let mut tail = Tail::open(&log, wanted.topic, wanted.from).map_err(|error| closed(&error))?;
    let mut lines = Vec::new();
    // The reader counts, by what it shows.
    let mut left = u64::MAX;
    let mut more = true;
    while more {
        more = tail
            .read(&mut left, |record| {
                TailRecord::write_line(&record, &mut lines);
                true
            })
            .map_err(|error| closed(&error))?;
        if !take(&lines)? {
            break;
        }
        lines.clear();
    }
    Ok(true)
}

fn closed(error: &LogError) -> ExpectedError {
    let help = match error {
        LogError::Locked { .. } => "the platform starts, or another command reads: try again",
        LogError::Corrupt { .. } => {
            "set the damaged log aside and read the stream again: `wikisentry up --rebuild`"
        }
        LogError::Io { .. } | LogError::Refused { .. } => {
            "make the state folder readable and writable, or set WIKISENTRY_HOME to one that is"
        }
    };
    ExpectedError::new(ExitStatus::Preflight, "the records cannot be read")
        .caused_by(error)
        .help(help)
}
