//! What happens while a project is being changed, so that it can be shown.

use super::difference::Difference;
use super::resource::Resource;
use crate::converge::Work;

/// A step that was taken with a thing in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub resource: Resource,
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
            ProgressStep::Recreating(_) => "replacing".to_owned(),
            ProgressStep::Stopping => "stopping".to_owned(),
            ProgressStep::WaitingFor(other) => format!("waits for {other}"),
            ProgressStep::State(state) => state.clone(),
            ProgressStep::LeftInUse(users) => format!("left, {} uses it", users.join(", ")),
        };
        Some(Work::step(format!("{} {doing}", self.resource.name)))
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
    Recreating(Vec<Difference>),
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

pub(super) fn tell(watcher: Watcher<'_>, resource: &Resource, step: ProgressStep) {
    let resource = resource.clone();
    watcher(Progress { resource, step });
}

#[cfg(test)]
mod tests {
    use super::super::resource::ResourceKind;
    use super::*;

    #[test]
    fn what_takes_time_is_told_with_the_name_and_what_is_done_at_once_is_not() {
        let users = vec!["a".to_owned(), "b".to_owned()];
        for (step, expected) in [
            (ProgressStep::Created, None),
            (ProgressStep::Ready, None),
            (ProgressStep::Recreating(Vec::new()), Some("c replacing")),
            (
                ProgressStep::State("starting".to_owned()),
                Some("c starting"),
            ),
            (ProgressStep::LeftInUse(users), Some("c left, a, b uses it")),
        ] {
            let resource = Resource::new(ResourceKind::Container, "key", "c");
            let work = Progress { resource, step }.work();
            assert_eq!(work, expected.map(Work::step));
        }
    }
}
