//! Label facts as the archiver keeps them: the raw events of `revision.tags`, by the day of the
//! event, in files of gzipped lines. Reading only; `wikisentry_engine::facts` writes them.

use crate::error::LearningError;
use flate2::read::MultiGzDecoder;
use jiff::civil::Date;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use wikisentry_core::event::Event;
use wikisentry_core::time::EventTime;
use wikisentry_engine::facts::folder;

/// The folder of label facts.
#[derive(Debug, Clone)]
pub struct Facts {
    root: PathBuf,
}

/// One fact: when it happened, and the event as received.
pub(crate) type Fact = (EventTime, Vec<u8>);

impl Facts {
    /// The facts of a lake, whose folder need not exist.
    pub fn of(lake: &Path) -> Self {
        Self { root: folder(lake) }
    }

    /// The facts of a day, in the order of their times. Lines that are no event are passed over:
    /// they were checked when they came.
    pub(crate) fn of_day(&self, day: Date) -> Result<Vec<Fact>, LearningError> {
        let of_day = self.root.join(format!("date={day}"));
        let mut facts = Vec::new();
        for path in files(&of_day)? {
            let file = File::open(&path).map_err(LearningError::io("open", &path))?;
            for line in BufReader::new(MultiGzDecoder::new(file)).split(b'\n') {
                let line = line.map_err(LearningError::io("read", &path))?;
                let time = Event::parse(&line).ok().and_then(|event| event.time);
                facts.extend(time.map(|time| (time, line)));
            }
        }
        // A stable order whatever the names of the files: a file may have been written twice.
        facts.sort_unstable();
        facts.dedup();
        Ok(facts)
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, LearningError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(LearningError::io("list", folder)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(LearningError::io("list", folder))?.path();
        files.extend((path.extension() == Some("gz".as_ref())).then_some(path));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;
    use wikisentry_core::topic::Topic;
    use wikisentry_engine::archive::Lake;
    use wikisentry_engine::consume::committed_offsets;
    use wikisentry_engine::facts::{CONSUMER, FactArchiver};
    use wikisentry_engine::log::{Log, LogOptions, Record, Transaction};
    use wikisentry_engine::patience::{Patience, Problems};

    /// A change of tags and a revert, as the feed sends them.
    const EVENTS: [&str; 2] = [
        include_str!("../../../testdata/events/revision-tags-change.json"),
        include_str!("../../../testdata/events/page-change-revert.json"),
    ];

    /// Lets the platform's own worker carry the events to the lake.
    fn archive(folder: &Path, lake: &Lake, copies: usize) {
        let log = Log::open(&folder.join("log"), LogOptions::default()).unwrap();
        let mut tx = Transaction::new();
        for event in EVENTS.repeat(copies) {
            let (timestamp, key) = (EventTime::default(), Vec::new());
            let value = event.as_bytes().to_vec();
            tx.append(
                Topic::RevisionTags,
                Record {
                    timestamp,
                    key,
                    value,
                },
            );
        }
        log.commit(tx).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let handle = runtime.handle().clone();
        let worker = FactArchiver::open(log.clone(), lake, Duration::ZERO).unwrap();
        let stop = CancellationToken::new();
        let patience = Patience {
            stop: stop.clone(),
            problems: Problems::default(),
            component: CONSUMER,
        };
        let worker = std::thread::spawn(move || worker.run(&handle, &patience));
        let end = log.bounds(Topic::RevisionTags).next;
        let read = || committed_offsets(&log, CONSUMER).unwrap();
        while read().get(Topic::RevisionTags.name()) != Some(&end) {
            std::thread::sleep(Duration::from_millis(10));
        }
        stop.cancel();
        worker.join().unwrap().unwrap();
    }

    #[test]
    fn what_the_platform_keeps_is_read_by_day_and_once() {
        let (folder, lost) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let lake = Lake::new(folder.path().join("lake"));
        archive(folder.path(), &lake, 1);
        // The same events once more, out of a log that starts anew.
        archive(lost.path(), &lake, 2);
        let facts = Facts::of(lake.root());
        for event in EVENTS {
            let event: serde_json::Value = serde_json::from_str(event).unwrap();
            let time = Event::parse(event.to_string().as_bytes())
                .unwrap()
                .time
                .unwrap();
            let found = facts.of_day(time.utc().date()).unwrap();
            let of_this: Vec<_> = found.iter().filter(|(at, _)| *at == time).collect();
            assert_eq!(of_this.len(), 1, "{found:?}");
            let line: serde_json::Value = serde_json::from_slice(&of_this[0].1).unwrap();
            assert_eq!(line, event);
        }
        assert!(facts.of_day(Date::ZERO).unwrap().is_empty());
    }
}
