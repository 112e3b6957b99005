//! Waiting out what can pass, such as a full disk, and keeping a list of what is wrong now.

use crate::log::{Log, LogError, Transaction};
use crate::status::Problem;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wikisentry_lake::clock;

/// How long a worker waits before it tries again what failed.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What is wrong at the moment, by component.
#[derive(Debug, Clone, Default)]
pub struct Problems(Arc<watch::Sender<BTreeMap<&'static str, Problem>>>);

impl Problems {
    /// Notes or renews a problem; its start is kept while the message stays.
    pub fn report(&self, component: &'static str, message: String) {
        self.0.send_if_modified(|all| {
            let known = all.get(component);
            if known.is_some_and(|problem| problem.message == message) {
                return false;
            }
            tracing::error!(component, "{message}");
            let since = known.and_then(|problem| problem.since);
            let since = since.unwrap_or_else(clock::now);
            all.insert(component, Problem::of(component, message, since));
            true
        });
    }

    /// Notes that a component works again.
    pub fn clear(&self, component: &'static str) {
        self.0.send_if_modified(|all| {
            let was = all.remove(component).is_some();
            if was {
                tracing::info!(component, "works again");
            }
            was
        });
    }

    /// One for each component that has any.
    pub fn list(&self) -> Vec<Problem> {
        self.0.borrow().values().cloned().collect()
    }
}

/// A worker's way to wait.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Cancelled when the process stops; waiting ends then.
    pub stop: CancellationToken,
    /// Where the worker says what is wrong.
    pub problems: Problems,
    /// Under which problems are reported, e.g. `archive`.
    pub component: &'static str,
}

impl Patience {
    /// Commits, waiting while the disk refuses. `false` if told to stop meanwhile.
    pub fn commit(&self, log: &Log, tx: Transaction) -> Result<bool, LogError> {
        self.insist(|| log.commit(tx.clone()), LogError::is_retryable)
            .map(|done| done.is_some())
    }

    /// Tries until it works or fails in a way that will not pass; `None` if told to stop. It takes
    /// back the problem that it reported, and no other: another step of the worker may have one.
    pub fn insist<T, E: std::error::Error>(
        &self,
        mut attempt: impl FnMut() -> Result<T, E>,
        may_pass: impl Fn(&E) -> bool,
    ) -> Result<Option<T>, E> {
        let mut has_failed = false;
        loop {
            match attempt() {
                Ok(done) => {
                    if has_failed {
                        self.problems.clear(self.component);
                    }
                    return Ok(Some(done));
                }
                Err(error) if may_pass(&error) => {
                    self.report(&error);
                    has_failed = true;
                }
                Err(error) => return Err(error),
            }
            if !self.pause() {
                return Ok(None);
            }
        }
    }

    /// Notes what is wrong, with its causes.
    pub fn report(&self, error: &dyn std::error::Error) {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.ends_with(&text) {
                message = format!("{message}: {text}");
            }
            cause = error.source();
        }
        self.problems.report(self.component, message);
    }

    /// Waits before another attempt; `false` if told to stop. Workers are threads: sleeping in
    /// slices keeps a stop from waiting.
    pub fn pause(&self) -> bool {
        for _ in 0..20 {
            if self.stop.is_cancelled() {
                return false;
            }
            std::thread::sleep(RETRY_AFTER / 20);
        }
        !self.stop.is_cancelled()
    }
}
