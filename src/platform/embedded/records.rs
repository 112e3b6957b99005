//! Reading a topic's records: from the process that runs, else from its log on disk.

use super::client::TIMEOUT;
use super::{Client, Embedded, Instance};
use crate::error::{ExpectedError, Result};
use crate::records::{Next, Record, Take, Wanted};
use crate::runtime;
use crate::state::StateDir;
use wikisentry_engine::log::{Log, LogError, LogOptions};
use wikisentry_engine::tail::{Tail, TailRecord};

/// What a process that does not hang answers.
const LIVE: &str = "/health/live";

impl Embedded {
    pub(in crate::platform) fn records(&self, wanted: &Wanted, take: Take<'_>) -> Result<bool> {
        let mut lines = |lines: &[u8]| {
            let lines = lines.split(|byte| *byte == b'\n');
            for line in lines.filter(|line| !line.is_empty()) {
                if !take(Next::Record(Record::of_line(line)?))? {
                    return Ok(false);
                }
            }
            take(Next::Pause)
        };
        match Instance::find(&self.state)? {
            Some(instance) => {
                runtime::single()?.block_on(from_process(&instance, wanted, &mut lines))
            }
            None if wanted.follow => {
                // Refuses with the reason.
                Instance::require(&self.state)?;
                Ok(false)
            }
            None => from_disk(&self.state, wanted, &mut lines),
        }
    }
}

async fn from_process(
    instance: &Instance,
    wanted: &Wanted,
    take: &mut dyn FnMut(&[u8]) -> Result<bool>,
) -> Result<bool> {
    let client = Client::new(instance)?;
    let path = format!("/v1/topics/{}", wanted.topic.name());
    let mut answer = client.get(&path, &wanted.query()).await?;
    let mut unfinished = Vec::new();
    // A process that is killed cuts the connection; one that stops ends it.
    loop {
        let chunk = answer.chunk();
        let chunk = match wanted.follow {
            true => chunk.await,
            // What is there comes without pauses, unless it is to be searched for.
            false => match tokio::time::timeout(TIMEOUT, chunk).await {
                Ok(chunk) => chunk,
                Err(_) if wanted.filter.is_empty() => return Err(client.hangs().into()),
                Err(_) => {
                    client.get(LIVE, &[]).await?;
                    continue;
                }
            },
        };
        let Ok(Some(chunk)) = chunk else { break };
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
        return ExpectedError::not_running("nothing was ingested yet")
            .because(why)
            .help("start the platform with `wikisentry up`")
            .fail();
    }
    let log = Log::open(&state.log(), LogOptions::default()).map_err(|error| closed(&error))?;
    let mut tail = Tail::of(&log, wanted).map_err(|error| closed(&error))?;
    let mut lines = Vec::new();
    let mut left = wanted.max.unwrap_or(u64::MAX);
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
    ExpectedError::preflight("the records cannot be read")
        .caused_by(error)
        .help(help)
}
