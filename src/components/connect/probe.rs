//! The connector and how far it is, as `status` shows them.

use super::{CONNECTOR, advice, bookmark, client};
use crate::components::{Findings, Probe, Site};
use crate::error::Result;
use futures_util::future::BoxFuture;
use wikisentry_driver::connect::ConnectorState;
use wikisentry_engine::status::{BookmarkStatus, ConnectorStatus, Problem, TaskStatus};
use wikisentry_lake::clock;

pub(super) struct ConnectorProbe;

impl Probe for ConnectorProbe {
    fn look<'a>(&'a mut self, site: &'a Site) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(async move {
            let connect = client(site)?;
            let (state, offsets) =
                tokio::join!(connect.status(CONNECTOR), connect.offsets(CONNECTOR));
            let state = state.map_err(advice::of)?;
            // Of what cannot be asked for nothing is shown.
            let offsets = offsets.ok();
            let first_line = |trace: &Option<String>| {
                let trace = trace.as_deref()?;
                trace.lines().next().map(str::to_owned)
            };
            let tasks = state.tasks.iter().map(|task| TaskStatus {
                id: task.id,
                state: word(task.state).to_owned(),
                error: first_line(&task.trace),
            });
            let connector = ConnectorStatus {
                name: CONNECTOR.to_owned(),
                state: word(state.connector.state).to_owned(),
                tasks: tasks.collect(),
            };
            let bookmark = offsets.as_deref();
            let bookmark = bookmark.map(|offsets| bookmark::read(offsets, clock::now()));
            Ok(Findings {
                problems: problems(&connector, bookmark.as_ref()),
                connectors: vec![connector],
                bookmark,
                gaps: offsets.as_deref().map(bookmark::gaps),
                ..Findings::default()
            })
        })
    }
}

fn word(state: ConnectorState) -> &'static str {
    match state {
        ConnectorState::Unassigned => "unassigned",
        ConnectorState::Running => "running",
        ConnectorState::Paused => "paused",
        ConnectorState::Stopped => "stopped",
        ConnectorState::Failed => "failed",
        ConnectorState::Restarting => "restarting",
        ConnectorState::Destroyed => "destroyed",
        ConnectorState::Unknown => "unknown",
    }
}

/// A connector that does not run, or not all of it, or has read nothing.
fn problems(connector: &ConnectorStatus, bookmark: Option<&BookmarkStatus>) -> Vec<Problem> {
    let is_running = |state: &str| state == "running";
    let mut problems = Vec::new();
    let mut problem = |message: String, help: &str| {
        problems.push(Problem::new("connect", message, help));
    };
    if connector.state == "paused" || connector.state == "stopped" {
        let message = format!("the connector is {}", connector.state);
        problem(message, "let it run: `wikisentry up`");
    } else if !is_running(&connector.state) || connector.tasks.is_empty() {
        let message = match connector.tasks.is_empty() {
            true => "the connector has no task yet".to_owned(),
            false => format!("the connector is {}", connector.state),
        };
        let help = "see why: `wikisentry logs connect`; deploy it again: `wikisentry up`";
        problem(message, help);
    }
    let not_running = connector.tasks.iter();
    for task in not_running.filter(|task| !is_running(&task.state)) {
        let why = task.error.as_deref().unwrap_or("it does not say why");
        let message = format!("task {} is {}: {why}", task.id, task.state);
        let help = "see more: `wikisentry logs connect`; start it again: `wikisentry up`";
        if task.state != "paused" {
            problem(message, help);
        }
    }
    let is_empty = bookmark.is_some_and(|bookmark| bookmark.positions.is_empty());
    if problems.is_empty() && is_empty {
        let message = "no event has come yet: the connector waits for the feed";
        let help = "see what it says: `wikisentry logs connect`; is source.url right?";
        problems.push(Problem::new("connect", message, help));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_task_shows_its_first_line() {
        let connector = |state: &str, error: Option<&str>| ConnectorStatus {
            name: "eventstreams".into(),
            state: "running".into(),
            tasks: vec![TaskStatus {
                id: 0,
                state: state.into(),
                error: error.map(str::to_owned),
            }],
        };
        let bookmark = BookmarkStatus {
            positions: [("a/0".to_owned(), 1)].into(),
            ..BookmarkStatus::default()
        };
        assert_eq!(problems(&connector("running", None), Some(&bookmark)), []);
        let found = problems(
            &connector("running", None),
            Some(&BookmarkStatus::default()),
        );
        assert!(found[0].help.contains("wikisentry logs connect"));
        assert_eq!(problems(&connector("running", None), None), []);
        let found = problems(&connector("failed", Some("Oh")), Some(&bookmark));
        assert_eq!(found[0].message, "task 0 is failed: Oh");
    }
}
