//! Starting the platform as a process of its own, which outlives the command and its terminal.

use super::Instance;
use crate::error::{Error, ExpectedError, Result};
use crate::platform::StartRequest;
use crate::state::{StateDir, open_to_append, unwritable};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A log larger than this is set aside when the platform starts.
const MAX_LOG_BYTES: u64 = 16 * 1024 * 1024;
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
    let log = state.logs().join("wikisentry.log");
    let (file, log_from) = open_log(&log).map_err(|error| unwritable(&log, &error))?;
    let handed_over = serde_json::to_vec(request)?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(["up", "--handed-over", "--color=never"])
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
        let mut said = String::new();
        let read = File::open(&self.log).and_then(|mut log| {
            log.seek(SeekFrom::Start(self.log_from))?;
            log.read_to_string(&mut said)
        });
        if read.is_err() || said.trim().is_empty() {
            return "it said nothing".to_owned();
        }
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

/// Opens the log to append, after setting a large one aside; says where it ends now.
fn open_log(path: &Path) -> std::io::Result<(File, u64)> {
    if path.metadata().is_ok_and(|log| log.len() > MAX_LOG_BYTES) {
        std::fs::rename(path, path.with_extension("log.1"))?;
    }
    let file = open_to_append(path)?;
    let end = file.metadata()?.len();
    Ok((file, end))
}
