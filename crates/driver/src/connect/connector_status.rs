//! The state of connectors, and the offsets that they have committed.

use super::{Connect, ConnectError};
use serde::Deserialize;
use serde_json::{Map, Value};

/// State of a connector or a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ConnectorState {
    /// No worker has it yet.
    Unassigned,
    Running,
    /// It was paused; its tasks are kept.
    Paused,
    /// It was stopped and has no tasks.
    Stopped,
    /// It has failed and does nothing until it is restarted.
    Failed,
    /// It is being restarted.
    Restarting,
    /// Its worker is gone.
    Destroyed,
    /// A state this program does not know.
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TaskStatus {
    /// Its number, from 0.
    pub id: u32,
    /// Of this task alone.
    pub state: ConnectorState,
    /// Why it failed: a stack trace of Java.
    pub trace: Option<String>,
}

/// The connector itself, without its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OwnStatus {
    pub state: ConnectorState,
    /// Why it failed: a stack trace of Java.
    pub trace: Option<String>,
}

/// A connector with its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ConnectorStatus {
    pub connector: OwnStatus,
    /// Its tasks. None for a while after it was created: it is not running before it has one.
    #[serde(default)]
    pub tasks: Vec<TaskStatus>,
}

impl ConnectorStatus {
    /// Whether the connector and all its tasks run, and there are tasks.
    pub fn is_running(&self) -> bool {
        let running = |state| state == ConnectorState::Running;
        running(self.connector.state)
            && !self.tasks.is_empty()
            && self.tasks.iter().all(|task| running(task.state))
    }

    /// The first line of each failure.
    pub fn errors(&self) -> Vec<&str> {
        let tasks = self.tasks.iter().map(|task| &task.trace);
        std::iter::once(&self.connector.trace)
            .chain(tasks)
            .flatten()
            .filter_map(|trace| trace.lines().next())
            .collect()
    }
}

/// How far a source connector is in one of its source's partitions.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SourceOffset {
    /// The offset, in the connector's own terms; `None` if it was erased.
    pub offset: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Offsets {
    offsets: Vec<SourceOffset>,
}

impl Connect {
    /// The state of connector `name` and its tasks.
    ///
    /// # Errors
    /// [`ConnectError::NoConnector`] if there is none; also for a moment after it was created.
    pub async fn status(&self, name: &str) -> Result<ConnectorStatus, ConnectError> {
        let what = format!("tell the state of connector {name}");
        self.about(&what, name, &["status"]).await
    }

    /// How far source connector `name` is: what is committed in Kafka.
    ///
    /// # Errors
    /// If the worker cannot be asked, or has no such connector.
    pub async fn offsets(&self, name: &str) -> Result<Vec<SourceOffset>, ConnectError> {
        let what = format!("tell the offsets of connector {name}");
        let offsets: Offsets = self.about(&what, name, &["offsets"]).await?;
        Ok(offsets.offsets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(connector: ConnectorState, tasks: &[ConnectorState]) -> ConnectorStatus {
        let task = |(id, state): (usize, &ConnectorState)| TaskStatus {
            id: u32::try_from(id).unwrap(),
            state: *state,
            trace: (*state == ConnectorState::Failed).then(|| "Oh\n\tat x.y".to_owned()),
        };
        ConnectorStatus {
            connector: OwnStatus {
                state: connector,
                trace: None,
            },
            tasks: tasks.iter().enumerate().map(task).collect(),
        }
    }

    #[test]
    fn a_connector_runs_if_it_and_all_its_tasks_do() {
        use ConnectorState::{Failed, Paused, Running};
        for (connector, tasks, running) in [
            (Running, &[Running, Running][..], true),
            (Running, &[], false),
            (Running, &[Running, Failed], false),
            (Paused, &[Running], false),
        ] {
            assert_eq!(status(connector, tasks).is_running(), running, "{tasks:?}");
        }
        assert_eq!(status(Running, &[Running, Failed]).errors(), ["Oh"]);
    }

    #[test]
    fn a_state_of_a_later_version_is_read() {
        let state: ConnectorState = serde_json::from_str("\"DREAMING\"").unwrap();
        assert_eq!(state, ConnectorState::Unknown);
    }
}
