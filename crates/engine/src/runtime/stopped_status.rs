//! The status of a state folder on which no process runs: what was last committed. Changes nothing
//! and creates nothing where there is nothing.

use super::kept;
use super::live_status::PROFILE;
use crate::counters::Counters;
use crate::ingest;
use crate::log::{Log, LogError, LogOptions};
use crate::state_folder;
use crate::status::{Flow, MODEL_HELP, Problem, Status};
use std::path::Path;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::clock;
use wikisentry_lake::registry::Registry;

/// The status as last committed below `state`. `source` names the source whose bookmark is wanted,
/// `model` the model; a log that cannot be read is reported under `problems`.
pub fn stopped_status(state: &Path, source: &str, model: &str) -> Status {
    let now = clock::now();
    let lake = Lake::new(state_folder::lake(state));
    let mut status = Status {
        flow: Flow {
            bookmark: Some(Default::default()),
            other: None,
            alerts_by_kind: None,
            ..kept::flow(
                Default::default(),
                Default::default(),
                Default::default(),
                Default::default(),
            )
        },
        folder: Some(state.display().to_string()),
        lake: Some(lake.edits().display().to_string()),
        ..Status::of_profile(PROFILE, now)
    };
    let problem = |component: &str, message: String, help: &str| Problem {
        since: Some(now),
        ..Problem::new(component, message, help)
    };
    status.problems.extend(kept::lake_problem(&lake));
    let registry = Registry::open(&state_folder::models(state), model);
    match registry.champion() {
        Ok(champion) => status.flow.model = Some(kept::model(&champion, &registry, now)),
        Err(error) => {
            status
                .problems
                .push(problem("model", error.to_string(), MODEL_HELP));
        }
    }
    if let Err(error) = read_log(state, source, &mut status) {
        // What is not known is absent, not zero.
        status.flow = Flow {
            model: status.flow.model.take(),
            ..Flow::default()
        };
        let help = match error {
            LogError::Locked { .. } => "another command reads it or the platform starts; try again",
            LogError::Corrupt { .. } => "set it aside and read on: `wikisentry up --rebuild`",
            _ => "make the state folder readable and writable",
        };
        status
            .problems
            .push(problem("log", error.to_string(), help));
    }
    status
}

fn read_log(state: &Path, source: &str, status: &mut Status) -> Result<(), LogError> {
    let dir = state_folder::log(state);
    if !dir.is_dir() {
        return Ok(());
    }
    let log = Log::open(&dir, LogOptions::default())?;
    let bookmark = ingest::committed_bookmark(&log, source)?;
    status.flow = Flow {
        bookmark: Some(kept::bookmark(&bookmark, clock::now())),
        model: status.flow.model.take(),
        ..kept::flow(
            Counters::committed(&log)?,
            Counters::committed(&log)?,
            Counters::committed(&log)?,
            Counters::committed(&log)?,
        )
    };
    status.topics = kept::topics(&log);
    status.set_consumers(kept::consumers(&log));
    let lake = Lake::new(state_folder::lake(state));
    status.disk = Some(kept::disk(&log, &lake, state));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Record, Transaction};
    use crate::status::Health;
    use wikisentry_core::topic::Topic;

    #[test]
    fn where_nothing_was_kept_nothing_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let status = stopped_status(&state, "feed", "edit-risk");
        assert_eq!(status.health, Health::NotRunning);
        assert_eq!((status.flow.received, status.problems.len()), (Some(0), 0));
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
            crate::counters::ArchiveCounters { archived: 7 }.stage(&mut tx);
            log.commit(tx).unwrap();
        }
        let status = stopped_status(state.path(), "feed", "edit-risk");
        assert_eq!(status.flow.archived, Some(7));
        let dead = status
            .topics
            .iter()
            .find(|topic| topic.name == "deadletter");
        assert_eq!(dead.unwrap().next, Some(1));
    }

    #[test]
    fn a_log_in_use_is_a_problem_with_a_name() {
        let state = tempfile::tempdir().unwrap();
        let _log = Log::open(&state.path().join("log"), LogOptions::default()).unwrap();
        let status = stopped_status(state.path(), "feed", "edit-risk");
        assert_eq!(status.problems[0].component, "log");
    }
}
