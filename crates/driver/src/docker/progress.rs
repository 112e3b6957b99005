//! What happens while a project is being changed, for whoever shows it.

use super::plan::{Reason, Subject};

/// A step that was taken with a thing in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The thing.
    pub subject: Subject,
    /// What happened to it.
    pub step: Step,
}

/// What happens to a thing in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is as asked for.
    Kept,
    /// It is being made.
    Creating,
    /// It was made.
    Created,
    /// It is about to be replaced.
    Recreating(Vec<Reason>),
    /// It was asked to end, and has its grace period to do so.
    Stopping,
    /// It was removed.
    Removed,
    /// It was told to start.
    Started,
    /// It waits for another service to be ready.
    WaitingFor(String),
    /// Its state, as it changes while it is waited for: `starting`, `unhealthy`, `restarting` …
    State(String),
    /// It runs, and its health check, if it has one, passes.
    Ready,
    /// It was left, because these containers use it.
    LeftInUse(Vec<String>),
}

/// Called with each step, from one task at a time.
pub type Watcher<'a> = &'a (dyn Fn(Progress) + Send + Sync);

pub(super) fn tell(watcher: Watcher<'_>, subject: &Subject, step: Step) {
    let subject = subject.clone();
    watcher(Progress { subject, step });
}
