//! What is kept on disk: the model, the log, and what a crash left behind.

use super::Check;
use crate::amounts::count;
use crate::config::Settings;
use crate::state::StateDir;
use std::path::Path;
use std::time::{Duration, Instant};
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::log::{Log, LogError, LogOptions};
use wikisentry_engine::runtime::is_left_by_rebuild;
use wikisentry_engine::status::{MODEL_HELP, Status};
use wikisentry_lake::archive::Lake;
use wikisentry_lake::clock;
use wikisentry_lake::registry::Registry;

/// The feed's clock and ours may differ by this much, in milliseconds.
const CLOCK_TOLERANCE: i64 = 60_000;
/// How long files of the lake are read; the newest are those that will be needed.
const LAKE_TIME: Duration = Duration::from_secs(5);
/// No clock that is right shows an earlier time: 2026-01-01.
const BUILT: i64 = 1_767_225_600_000;

/// The clock is not behind the events already taken.
pub(super) fn clock(status: &Status) -> Check {
    let bookmark = status.flow.bookmark.as_ref();
    sane(clock::now(), bookmark.and_then(|bookmark| bookmark.time))
}

fn sane(now: EventTime, newest: Option<EventTime>) -> Check {
    let newest = newest.filter(|time| time.as_millis() > now.as_millis() + CLOCK_TOLERANCE);
    let finding = match newest {
        Some(newest) => format!("it says {now}, but an event of {newest} was taken already"),
        None if now.as_millis() >= BUILT => return Check::ok(now.to_string()),
        None => format!("it says {now}"),
    };
    Check::warn(
        finding,
        "set the clock; `timedatectl` tells whether it is kept in step",
    )
}

/// The model loads, and is the one its card speaks of.
pub(super) fn model(state: &StateDir, settings: &Settings) -> Check {
    let registry = Registry::open(&state.models(), &settings.model.name);
    match registry.champion() {
        Ok(champion) => Check::ok(format!("{} loads", champion.scorer.version())),
        Err(error) => Check::fail(error.to_string(), MODEL_HELP),
    }
}

/// The log opens, and each topic can be read at both ends. A running process has it to itself.
pub(super) fn log(state: &StateDir, status: &Status) -> Option<Check> {
    if status.process.is_some() {
        return None;
    }
    if !state.log().is_dir() {
        return Some(Check::ok("none yet"));
    }
    Some(match ends(&state.log()) {
        Ok(records) => Check::ok(format!("opens; {} records", count(records))),
        Err(error) => {
            let remedy = match error {
                LogError::Corrupt { .. } => {
                    "set it aside and read the stream again: `wikisentry up --rebuild`"
                }
                LogError::Locked { .. } => "wait for the other command to end",
                _ => "make the state folder readable and writable",
            };
            Check::fail(error.to_string(), remedy)
        }
    })
}

fn ends(log: &Path) -> Result<u64, LogError> {
    let log = Log::open(log, LogOptions::default())?;
    let mut records = 0;
    for topic in Topic::ALL {
        let bounds = log.bounds(topic);
        records += bounds.next - bounds.first;
        if bounds.first < bounds.next {
            log.read(topic, bounds.first)?;
            log.read(topic, bounds.next - 1)?;
        }
    }
    Ok(records)
}

/// No file of the lake was set aside, and those that there is time for can be read, the newest first.
pub(super) fn lake(state: &StateDir) -> Check {
    let lake = Lake::new(state.lake());
    let remedy = "see whether the disk is sound; such a file is set aside as `lake/damaged` by who \
                  meets it, and the rest goes on. While the platform is stopped put repaired files \
                  back to their places below `lake`, or remove `lake/damaged`";
    let looked = lake.damaged().and_then(|aside| {
        let examined = lake.examine(Instant::now() + LAKE_TIME)?;
        Ok((aside, examined))
    });
    let (aside, examined) = match looked {
        Ok(found) => found,
        Err(error) => {
            return Check::fail(error.to_string(), "make the state folder readable");
        }
    };
    let aside = aside
        .iter()
        .map(|path| format!("set aside: {}", path.display()));
    let damaged = examined.damaged.iter().map(ToString::to_string);
    let wrong: Vec<String> = aside.chain(damaged).collect();
    if !wrong.is_empty() {
        return Check::fail(wrong.join("; "), remedy);
    }
    // Their edits are neither learnt from nor recognised.
    let links = lake.links().unwrap_or_default();
    if !links.is_empty() {
        let links: Vec<String> = links
            .iter()
            .map(|link| link.display().to_string())
            .collect();
        return Check::warn(
            format!(
                "symbolic links, which are passed over: {}",
                links.join(", ")
            ),
            "put what they point to in their places, or remove them; `lake` itself may be a link",
        );
    }
    Check::ok(match (examined.files as u64, examined.left as u64) {
        (0, 0) => "none yet".to_owned(),
        (files, 0) => format!("all {} files can be read", count(files)),
        (files, left) => format!(
            "the newest {} files can be read; {} were not looked at",
            count(files),
            count(left)
        ),
    })
}

/// Nothing lies about that somebody should decide on.
pub(super) fn leftovers(state: &StateDir, status: &Status) -> Check {
    let mut left: Vec<String> = std::fs::read_dir(state.root())
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            !state.has_our_name(&entry.path()) || is_left_by_rebuild(&name.to_string_lossy())
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    if !left.is_empty() {
        let finding = format!("in {}: {}", state.root().display(), left.join(", "));
        return Check::warn(finding, "remove them if nobody needs them");
    }
    if status.process.is_none() && state.run().join("instance.json").exists() {
        // The next start takes care of it.
        return Check::ok("the last process did not end by itself; nothing is lost");
    }
    Check::ok("none")
}

#[cfg(test)]
mod tests {
    use super::super::Grade;
    use super::*;

    #[test]
    fn a_clock_behind_the_events_is_named() {
        let time = |text| EventTime::parse(text).unwrap();
        let now = time("2026-09-17T03:42:33Z");
        for (now, newest, verdict) in [
            (now, None, Grade::Ok),
            (now, Some(time("2026-09-17T03:42:50Z")), Grade::Ok),
            (now, Some(time("2026-09-17T04:42:33Z")), Grade::Warn),
            (time("1970-01-01T00:00:09Z"), None, Grade::Warn),
        ] {
            assert_eq!(sane(now, newest).verdict, verdict, "{now} {newest:?}");
        }
    }

    #[test]
    fn a_link_in_the_lake_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        std::fs::create_dir_all(state.lake().join("edits")).unwrap();
        assert_eq!(lake(&state).verdict, Grade::Ok);
        let link = state.lake().join("edits/user_type=bot");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        let found = lake(&state);
        assert_eq!(found.verdict, Grade::Warn);
        assert!(found.finding.contains(&link.display().to_string()));
    }

    #[test]
    fn a_log_that_is_none_fails_with_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        drop(Log::open(&state.log(), LogOptions::default()).unwrap());
        assert!(ends(&state.log()).is_ok());
        let stray = std::fs::write(folder.path().join("log-damaged"), "");
        assert!(stray.is_ok());
        let _held = Log::open(&state.log(), LogOptions::default()).unwrap();
        assert!(matches!(ends(&state.log()), Err(LogError::Locked { .. })));
    }
}
