//! The async runtimes that commands work on. A command that needs none starts none, so that it
//! stays fast.

use crate::error::{ExitStatus, ExpectedError, Result};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Threads of a runtime that does several things at a time.
const WORKERS: usize = 2;

/// For a command that asks one thing after the other.
pub fn single() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// For what serves, watches and works at the same time.
pub fn pooled() -> Result<Runtime> {
    Ok(Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()?)
}

/// Works until done, or until a signal ends the waiting; `what_stays` then says in a sentence what
/// of it stays and what to type.
///
/// # Errors
/// As the work, or with exit code 130.
pub async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T>>,
    what_stays: &str,
) -> Result<T> {
    let mut stop = StopSignals::listen()?;
    tokio::select! {
        done = work => done,
        signal = stop.received() => {
            ExpectedError::new(ExitStatus::Interrupted, signal).help(what_stays).fail()
        }
    }
}

/// The signals that ask a process to end. A closed terminal is none of them: `SIGHUP` is ignored.
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl StopSignals {
    /// From now on these signals are heard here and end nothing by themselves.
    pub fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for one, and says what has come over the process.
    pub async fn received(&mut self) -> &'static str {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return "interrupted",
                _ = self.terminate.recv() => return "terminated",
                _ = self.hangup.recv() => {}
            }
        }
    }
}
