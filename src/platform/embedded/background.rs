//! Starting the platform as a process of its own, which outlives the command and its terminal.

use super::Instance;
use crate::error::{Error, ExpectedError, Result};
use crate::platform::StartRequest;
use crate::state::{HOME_VARIABLE, StateDir, open_to_append, unwritable};
use rustix::stdio::dup2_stderr;
use std::convert::Infallible;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use wikisentry_lake::file::open_own;

/// What the background process says.
pub(super) const LOG: &str = "wikisentry.log";
/// A log larger than this is set aside, when the platform starts and while it runs.
const MAX_LOG_BYTES: u64 = 16 * 1024 * 1024;
/// Of what a process said before it ended, this much at most is shown; in bytes, and in lines.
const LAST_BYTES: u64 = 64 * 1024;
const LAST_LINES: usize = 12;
/// How often the process looks at the size of its log.
const LOG_EVERY: Duration = Duration::from_secs(5);
/// How often the new process is looked at.
const POLL: Duration = Duration::from_millis(20);

/// A process that was started.
#[derive(Debug)]
pub struct Start {
    child: Child,
    log: PathBuf,
    log_from: u64,
}

/// Starts this very program with the request, detached from the terminal and logging to the state
/// folder. The request goes through a pipe, which others cannot read as they can a command line: a
/// setting may be a secret. Whatever a request holds arrives, so that no flag can be lost.
///
/// # Errors
/// If the log cannot be opened or the program cannot be started.
pub fn start(state: &StateDir, request: &StartRequest) -> Result<Start> {
    state.create()?;
    let log = state.logs().join(LOG);
    let (file, log_from) = open_log(&log).map_err(|error| unwritable(&log, &error))?;
    let handed_over = serde_json::to_vec(request)?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["up", "--handed-over", "--color=never"])
        // The request says whether it is about a recording below.
        .env(HOME_VARIABLE, state.home().root())
        .stdin(Stdio::piped())
        // What is in the way comes through here, as data.
        .stdout(Stdio::piped())
        .stderr(file)
        // Ctrl-C in this terminal must not reach it.
        .process_group(0)
        .spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // A process that ended before it read says why in its log.
        _ = pipe.write_all(&handed_over);
    }
    Ok(Start {
        child,
        log,
        log_from,
    })
}

impl Start {
    /// Waits until the process says where it is to be reached.
    ///
    /// # Errors
    /// With what the process says is in the way if it ended, with 6 if it takes too long.
    pub async fn wait(mut self, state: &StateDir, deadline: Duration) -> Result<Instance> {
        let begun = Instant::now();
        loop {
            if let Some(instance) = Instance::find(state)?
                && instance.pid == self.child.id()
            {
                return Ok(instance);
            }
            if self.child.try_wait()?.is_some() {
                return Err(self.failure());
            }
            if begun.elapsed() > deadline {
                return ExpectedError::timed_out("the platform did not start in time")
                    .because(self.last_words())
                    .help("look at `wikisentry logs`; it may still come: `wikisentry status`")
                    .fail();
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Why the process ended: in its own words, else in its last.
    fn failure(&mut self) -> Error {
        let mut said = Vec::new();
        if let Some(pipe) = &mut self.child.stdout {
            // What cannot be read was not said.
            _ = pipe.read_to_end(&mut said);
        }
        if let Ok(error) = serde_json::from_slice::<ExpectedError>(&said) {
            return error.into();
        }
        ExpectedError::preflight("the platform did not start")
            .because(self.last_words())
            .help("all it said: `wikisentry logs`")
            .into()
    }

    /// What the process has said so far, at most its last lines.
    fn last_words(&self) -> String {
        last_words(&self.log, self.log_from)
    }
}

/// The last lines of what a log has from a place on.
fn last_words(log: &Path, from: u64) -> String {
    let read = open_own(log, OpenOptions::new().read(true)).and_then(|mut log| {
        let end = log.metadata()?.len();
        log.seek(SeekFrom::Start(from.max(end.saturating_sub(LAST_BYTES))))?;
        let mut said = Vec::new();
        log.take(LAST_BYTES).read_to_end(&mut said)?;
        Ok(said)
    });
    let said = read.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    if said.trim().is_empty() {
        return "it said nothing".to_owned();
    }
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// Opens the log to append, after setting a large one aside; says where it ends now.
fn open_log(path: &Path) -> io::Result<(File, u64)> {
    if path.metadata().is_ok_and(|log| log.len() > MAX_LOG_BYTES) {
        set_aside(path)?;
    }
    let file = open_to_append(path)?;
    let end = file.metadata()?.len();
    Ok((file, end))
}

fn set_aside(log: &Path) -> io::Result<()> {
    std::fs::rename(log, set_aside_as(log))
}

/// Where a log goes that has become large.
pub(super) fn set_aside_as(log: &Path) -> PathBuf {
    log.with_extension("log.1")
}

/// Sets the log of this process aside whenever it has become large, if it is what standard error goes
/// to; never ends by itself.
pub(super) async fn keep_log_small(state: &StateDir) -> Infallible {
    let log = state.logs().join(LOG);
    loop {
        tokio::time::sleep(LOG_EVERY).await;
        let begun = begin_again(&log, &io::stderr(), |new| Ok(dup2_stderr(new)?));
        if let Err(error) = begun {
            tracing::warn!(log = %log.display(), "cannot set the log aside: {error}");
        }
    }
}

/// Replaces a large log by an empty one, if `ours` writes to it.
fn begin_again(
    log: &Path,
    ours: &impl AsFd,
    write_to: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<()> {
    let Ok(there) = log.metadata() else {
        return Ok(());
    };
    let ours = rustix::fs::fstat(ours)?;
    let is_ours = (ours.st_dev, ours.st_ino) == (there.dev(), there.ino());
    if !is_ours || there.len() <= MAX_LOG_BYTES {
        return Ok(());
    }
    set_aside(log)?;
    write_to(&open_to_append(log)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_grows_large_is_set_aside_by_the_process_that_writes_it_and_by_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join(LOG);
        let aside = folder.path().join("wikisentry.log.1");
        let ours = open_to_append(&log).unwrap();
        let other = open_to_append(&folder.path().join("other")).unwrap();
        let mut now = None;
        let mut look = |writer: &File| {
            begin_again(&log, writer, |new| {
                now = Some(new.try_clone()?);
                Ok(())
            })
            .unwrap();
            now.take()
        };
        ours.set_len(MAX_LOG_BYTES).unwrap();
        assert!(look(&ours).is_none(), "it is as large as it may be");
        ours.set_len(MAX_LOG_BYTES + 1).unwrap();
        assert!(look(&other).is_none(), "it is not theirs");
        let mut new = look(&ours).expect("a new log");
        new.write_all(b"goes on").unwrap();
        assert_eq!(std::fs::read(&log).unwrap(), b"goes on");
        assert_eq!(aside.metadata().unwrap().len(), MAX_LOG_BYTES + 1);
        std::fs::remove_file(&log).unwrap();
        assert!(look(&new).is_none(), "somebody removed it");
    }

    #[test]
    fn the_last_words_are_the_last_also_of_one_that_said_much() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join(LOG);
        assert_eq!(last_words(&log, 0), "it said nothing", "there is no log");
        let before = "of the one before\n";
        std::fs::write(&log, before).unwrap();
        let from = before.len() as u64;
        assert_eq!(last_words(&log, from), "it said nothing");
        let mut file = open_to_append(&log).unwrap();
        file.write_all(b"one\ntwo\n").unwrap();
        assert_eq!(last_words(&log, from), "one\ntwo");
        let filler = "much\n".repeat(LAST_BYTES as usize);
        file.write_all(filler.as_bytes()).unwrap();
        file.write_all(b"the end\n").unwrap();
        let said = last_words(&log, from);
        assert_eq!(said.lines().count(), LAST_LINES);
        assert!(said.ends_with("much\nthe end"), "{said}");
    }
}
