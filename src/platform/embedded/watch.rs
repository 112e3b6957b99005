//! The state of the process, or of what the last one left.

use super::{Client, Embedded, Instance};
use crate::error::Result;
use crate::runtime;
use wikisentry_engine::runtime::stopped_status;
use wikisentry_engine::status::{Health, Status};
use wikisentry_http::without_secret;

impl Embedded {
    /// The state now; `last` is what was seen last.
    pub(in crate::platform) fn look(&self, last: &mut Option<Status>) -> Result<Status> {
        let status = match (self.ask()?, last.take()) {
            (Some(status), _) => status,
            (None, None) => self.stopped(),
            // Opening the log again and again would be in the way of a process that starts.
            (None, Some(last)) => last_seen(last),
        };
        Ok(last.insert(status).clone())
    }

    /// What the running process says; `None` if none runs.
    pub(crate) fn ask(&self) -> Result<Option<Status>> {
        let Some(instance) = Instance::find(&self.state)? else {
            return Ok(None);
        };
        let client = Client::new(&instance)?;
        runtime::single()?.block_on(client.status()).map(Some)
    }

    /// The state without a process: what was last committed.
    pub(crate) fn stopped(&self) -> Status {
        let source = without_secret(&self.settings.source.url);
        stopped_status(self.state.root(), &source, &self.settings.model.name)
    }
}

/// The figures of a process that is no more.
fn last_seen(status: Status) -> Status {
    Status {
        health: Health::NotRunning,
        process: None,
        feed: None,
        webhook: None,
        problems: Vec::new(),
        ..status
    }
}
