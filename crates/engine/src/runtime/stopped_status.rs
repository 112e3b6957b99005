//! The status of a state folder on which no process runs: what was last committed. Changes nothing
//! and creates nothing where there is nothing.

use super::kept;
use crate::alerting;
use crate::archiver;
use crate::classify;
use crate::ingest;
use crate::log::{Log, LogError, LogOptions};
use crate::state_folder;
use crate::status::{Health, Status, Trouble};
use std::path::Path;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::clock;
use wikisentry_lake::registry::Registry;

/// The status as last committed below `state`. `source` names the source whose bookmark is wanted,
/// `model` the model; a log that cannot be read is told under `problems`.
pub fn stopped_status(state: &Path, source: &str, model: &str) -> Status {
    let now = clock::now();
    let mut status = Status {
        health: Health::NotRunning,
        profile: "embedded".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        process: None,
        feed: None,
        received: 0,
        duplicates: 0,
        canaries: 0,
        gaps: 0,
        scored: 0,
        archived: 0,
        deadletter: 0,
        alerts: 0,
        bookmark: Default::default(),
        rates: Default::default(),
        other: Default::default(),
        alerts_by_kind: Default::default(),
        model: None,
        topics: Vec::new(),
        consumers: Default::default(),
        webhook: None,
        disk: Default::default(),
        problems: Vec::new(),
    };
    let trouble = |component: &str, message: String, help: &str| Trouble {
        component: component.to_owned(),
        message,
        since: now,
        help: help.to_owned(),
    };
    match Registry::open(&state_folder::models(state), model).champion() {
        Ok(champion) => status.model = Some(kept::model(&champion, now)),
        Err(error) => {
            let help = "`wikisentry models rollback`, or remove aliases/champion";
            status
                .problems
                .push(trouble("model", error.to_string(), help));
        }
    }
    if let Err(error) = read_log(state, source, &mut status) {
        let help = match error {
            LogError::Locked { .. } => "another command reads it or the platform starts; try again",
            LogError::Corrupt { .. } => "set it aside and read on: `wikisentry up --rebuild`",
            _ => "make the state folder readable and writable",
        };
        status
            .problems
            .push(trouble("log", error.to_string(), help));
    }
    status
}

fn read_log(state: &Path, source: &str, status: &mut Status) -> Result<(), LogError> {
    let dir = state_folder::log(state);
    if !dir.is_dir() {
        return Ok(());
    }
    let log = Log::open(&dir, LogOptions::default())?;
    let ingest = ingest::committed_counters(&log)?;
    status.received = ingest.received;
    status.duplicates = ingest.duplicates;
    status.canaries = ingest.canaries;
    status.gaps = ingest.gaps;
    status.deadletter = ingest.deadletter;
    status.other = ingest.other;
    status.scored = classify::committed_counters(&log)?.scored;
    status.archived = archiver::committed_counters(&log)?.archived;
    let alerts = alerting::committed_counters(&log)?;
    status.alerts = alerts.total();
    status.alerts_by_kind = alerts.raised;
    let bookmark = ingest::committed_bookmark(&log, source)?;
    status.bookmark = kept::bookmark(&bookmark, clock::now());
    status.topics = kept::topics(&log);
    status.consumers = kept::lags(&log);
    status.disk = kept::disk(&log, &Lake::new(state_folder::lake(state)), state);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Record, Transaction};
    use wikisentry_core::topic::Topic;

    #[test]
    fn where_nothing_was_kept_nothing_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let status = stopped_status(&state, "feed", "edit-risk");
        assert_eq!(status.health, Health::NotRunning);
        assert_eq!((status.received, status.problems.len()), (0, 0));
        assert!(!state.exists());
    }

    #[test]
    fn what_was_committed_is_told_without_a_process() {
        let state = tempfile::tempdir().unwrap();
        {
            let log = Log::open(&state.path().join("log"), LogOptions::default()).unwrap();
            let mut tx = Transaction::new();
            tx.append(
                Topic::DeadLetter,
                Record {
                    timestamp: clock::now(),
                    key: Vec::new(),
                    value: b"{}".to_vec(),
                },
            );
            let counters = crate::counters::ArchiveCounters {
                archived: 7,
                ..Default::default()
            };
            archiver::put_counters(&mut tx, &counters);
            log.commit(tx).unwrap();
        }
        let status = stopped_status(state.path(), "feed", "edit-risk");
        assert_eq!(status.archived, 7);
        let dead = status
            .topics
            .iter()
            .find(|topic| topic.name == "deadletter");
        assert_eq!(dead.unwrap().next, 1);
    }

    #[test]
    fn a_log_in_use_is_a_problem_with_a_name() {
        let state = tempfile::tempdir().unwrap();
        let _log = Log::open(&state.path().join("log"), LogOptions::default()).unwrap();
        let status = stopped_status(state.path(), "feed", "edit-risk");
        assert_eq!(status.problems[0].component, "log");
    }
}
