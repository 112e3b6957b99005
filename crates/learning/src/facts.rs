//! Label facts and Wikimedia's scores as the archiver keeps them, by day, in files of gzipped lines.
//! Reading only; `wikisentry_lake::label_facts` writes them.

use crate::error::LearningError;
use flate2::read::MultiGzDecoder;
use jiff::civil::Date;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use wikisentry_core::edit::Edit;
use wikisentry_core::event::{Body, Event, RevertRange, RevertRisk, TagChange};
use wikisentry_core::labels::SeenEdit;
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::label_facts::FactKind;

/// The lake's folders of facts, which need not exist.
#[derive(Debug, Clone)]
pub struct Facts {
    lake: PathBuf,
}

/// A label fact: no more of its event than labels are made from, as a day of them is in memory.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact {
    /// The tags of a revision changed.
    Tags(TagChange<'static>),
    /// An edit that says what it reverts.
    Revert(Revert),
}

/// [`SeenEdit`] with texts of its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Revert {
    wiki: String,
    page_title: String,
    rev_id: i64,
    rev_old_id: Option<i64>,
    user: Option<String>,
    user_type: UserType,
    event_time: EventTime,
    comment: Option<String>,
    range: RevertRange,
}

impl Fact {
    fn of(event: Event<'_>) -> Option<Self> {
        match event.body {
            Body::LabelFact(change) => Some(Self::Tags(TagChange {
                wiki: change.wiki.into_owned(),
                page_title: change.page_title.into_owned(),
                ..*change
            })),
            Body::Edit(edit) => Some(Self::Revert(Revert::of(&edit, event.revert?)?)),
            Body::RevertRisk(_) | Body::Canary | Body::Other { .. } => None,
        }
    }

    /// When it came about.
    pub(crate) fn time(&self) -> EventTime {
        match self {
            Self::Tags(change) => change.time,
            Self::Revert(revert) => revert.event_time,
        }
    }

    fn order(&self) -> (EventTime, i64, bool) {
        match self {
            Self::Tags(change) => (change.time, change.rev_id, true),
            Self::Revert(revert) => (revert.event_time, revert.rev_id, false),
        }
    }
}

impl Revert {
    fn of(edit: &Edit<'_>, range: RevertRange) -> Option<Self> {
        let owned = |text: &Text<'_>| text.as_str().to_owned();
        Some(Self {
            wiki: owned(&edit.wiki),
            page_title: owned(&edit.page_title),
            rev_id: edit.rev_id?,
            rev_old_id: edit.rev_old_id,
            user: edit.user.as_ref().map(owned),
            user_type: edit.user_type,
            event_time: edit.event_time,
            comment: edit.comment.as_ref().map(owned),
            range,
        })
    }

    /// For the labeler.
    pub(crate) fn seen(&self) -> SeenEdit<'_> {
        SeenEdit {
            wiki: &self.wiki,
            page_title: &self.page_title,
            rev_id: self.rev_id,
            rev_old_id: self.rev_old_id,
            user: self.user.as_deref(),
            user_type: self.user_type,
            event_time: self.event_time,
            comment: self.comment.as_deref(),
            revert: Some(self.range),
        }
    }
}

impl Facts {
    /// Those of a lake.
    pub fn of(lake: &Path) -> Self {
        let lake = lake.to_owned();
        Self { lake }
    }

    /// The label facts of a day, in the order of their times.
    pub(crate) fn of_day(&self, day: Date) -> Result<Vec<Fact>, LearningError> {
        let mut facts = Vec::new();
        self.lines(FactKind::Label, day, &mut |line| {
            let fact = Event::parse(line).ok().and_then(Fact::of);
            facts.extend(fact);
        })?;
        // A stable order whatever the names of the files: a file may have been written twice.
        facts.sort_by_key(Fact::order);
        facts.dedup();
        Ok(facts)
    }

    /// Shows the scores that Wikimedia gave the edits of a day.
    pub(crate) fn risks_of_day(
        &self,
        day: Date,
        take: &mut dyn FnMut(&RevertRisk<'_>),
    ) -> Result<(), LearningError> {
        self.lines(FactKind::RevertRisk, day, &mut |line| {
            if let Ok(risk) = serde_json::from_slice(line) {
                take(&risk);
            }
        })
    }

    /// Shows the lines of a day. Those that cannot be read are passed over by who takes them: they
    /// were checked when they came.
    fn lines(
        &self,
        kind: FactKind,
        day: Date,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<(), LearningError> {
        let of_day = kind.folder(&self.lake).join(format!("date={day}"));
        let mut line = Vec::new();
        for path in files(&of_day)? {
            let file = File::open(&path).map_err(LearningError::io("open", &path))?;
            let mut lines = BufReader::new(MultiGzDecoder::new(file));
            while lines
                .read_until(b'\n', &mut line)
                .map_err(LearningError::io("read", &path))?
                > 0
            {
                take(&line);
                line.clear();
            }
        }
        Ok(())
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
    // Names begin with offsets: as they were written.
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;
    use wikisentry_core::topic::Topic;
    use wikisentry_engine::consume::committed_offsets;
    use wikisentry_engine::fact_archiver::{CONSUMER, FactArchiver};
    use wikisentry_engine::log::{Log, LogOptions, Record, Transaction};
    use wikisentry_engine::patience::{Patience, Problems};
    use wikisentry_lake::archive::Lake;

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
            let event = Event::parse(event.as_bytes()).unwrap();
            let time = event.time.unwrap();
            let found = facts.of_day(time.utc().date()).unwrap();
            let of_this: Vec<_> = found.into_iter().filter(|it| it.time() == time).collect();
            assert_eq!(of_this, [Fact::of(event).unwrap()]);
        }
        assert!(facts.of_day(Date::ZERO).unwrap().is_empty());
    }
}
