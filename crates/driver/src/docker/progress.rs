//! What happens while a project is being changed, so that it can be shown.

use crate::converge::Work;

/// A step that was taken with a thing in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// [`super::NETWORK`], [`super::VOLUME`] or [`super::CONTAINER`].
    pub kind: &'static str,
    /// Its name in the engine.
    pub name: String,
    /// What happened to it.
    pub step: ProgressStep,
}

impl Progress {
    /// What goes on with the thing, its name first; none for what was done in a moment.
    pub fn work(&self) -> Option<Work> {
        let doing = match &self.step {
            ProgressStep::Kept
            | ProgressStep::Created
            | ProgressStep::Removed
            | ProgressStep::Started
            | ProgressStep::Ready => return None,
            ProgressStep::Creating => "creating".to_owned(),
            ProgressStep::Recreating => "replacing".to_owned(),
            ProgressStep::Stopping => "stopping".to_owned(),
            ProgressStep::WaitingFor(other) => format!("waits for {other}"),
            ProgressStep::State(state) => state.clone(),
            ProgressStep::LeftInUse(users) => format!("left, {} uses it", users.join(", ")),
        };
        Some(Work::step(format!("{} {doing}", self.name)))
    }
}

/// What happens to a thing in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgressStep {
    /// It is as asked for.
    Kept,
    /// It is being made.
    Creating,
    Created,
    /// It is about to be replaced.
    Recreating,
    /// It was asked to end, and has its grace period to do so.
    Stopping,
    Removed,
    /// The engine started its process.
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

pub(super) fn tell(watcher: Watcher<'_>, kind: &'static str, name: &str, step: ProgressStep) {
    let name = name.to_owned();
    watcher(Progress { kind, name, step });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_time_is_told_with_the_name_and_what_is_done_at_once_is_not() {
        let users = vec!["a".to_owned(), "b".to_owned()];
        for (step, expected) in [
            (ProgressStep::Created, None),
            (ProgressStep::Ready, None),
            (ProgressStep::Recreating, Some("c replacing")),
            (
                ProgressStep::State("starting".to_owned()),
                Some("c starting"),
            ),
            (ProgressStep::LeftInUse(users), Some("c left, a, b uses it")),
        ] {
            let (kind, name) = (super::super::CONTAINER, "c".to_owned());
            let work = Progress { kind, name, step }.work();
            assert_eq!(work, expected.map(Work::step));
        }
    }
}
