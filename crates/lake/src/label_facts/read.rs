//! Label facts and Wikimedia's scores read back, a day at a time.

use super::{FactKind, MOST_BYTES};
use crate::archive::Lake;
use crate::error::LakeError;
use crate::storage::{Key, Storage, entry};
use flate2::read::MultiGzDecoder;
use jiff::civil::Date;
use std::io::{BufRead, BufReader, Read};
use wikisentry_core::event::{Body, Event, RevertRisk, TagChange};
use wikisentry_core::labels::SeenEdit;
use wikisentry_core::time::EventTime;

/// The lake's folders of facts, which need not exist.
#[derive(Debug, Clone)]
pub struct StoredFacts {
    pub(super) storage: Storage,
}

/// A label fact: no more of its event than labels are made from, as a day of them is in memory.
#[derive(Debug, Clone, PartialEq)]
pub enum LabelFact {
    /// The tags of a revision changed.
    Tags(TagChange<'static>),
    /// An edit that says what it reverts.
    Revert(SeenEdit<'static>),
}

impl LabelFact {
    fn of(event: Event<'_>) -> Option<Self> {
        match event.body {
            Body::LabelFact(change) => Some(Self::Tags(TagChange {
                wiki: change.wiki.into_owned(),
                page_title: change.page_title.into_owned(),
                ..*change
            })),
            Body::Edit(edit) => {
                let seen = SeenEdit::of(&edit, Some(event.revert?))?;
                Some(Self::Revert(seen.into_owned()))
            }
            Body::RevertRisk(_) | Body::Canary | Body::Other { .. } => None,
        }
    }

    /// Not later than `last`: the day that an event is kept under is bounded by its arrival, its own
    /// text is not.
    fn until(mut self, last: EventTime) -> Self {
        let time = match &mut self {
            Self::Tags(change) => &mut change.time,
            Self::Revert(revert) => &mut revert.event_time,
        };
        *time = last.min(*time);
        self
    }

    /// When it happened, by the clock of the wiki.
    pub fn time(&self) -> EventTime {
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

impl StoredFacts {
    /// The facts of a lake.
    pub fn of(lake: &Lake) -> Self {
        Self {
            storage: lake.storage().clone(),
        }
    }

    /// The label facts of a day, in the order of their times, each once.
    ///
    /// # Errors
    /// If a file cannot be read or unpacked.
    pub fn of_day(&self, day: Date) -> Result<Vec<LabelFact>, LakeError> {
        let mut facts = Vec::new();
        let last = last_moment(day);
        self.lines(FactKind::Label, day, &mut |line| {
            let fact = Event::parse(line).ok().and_then(LabelFact::of);
            facts.extend(fact.map(|fact| fact.until(last)));
        })?;
        // A stable order whatever the names of the files: a file may have been written twice.
        facts.sort_by_key(LabelFact::order);
        facts.dedup();
        Ok(facts)
    }

    /// Shows the scores that Wikimedia gave the edits of a day, in the order in which they came.
    ///
    /// # Errors
    /// If a file cannot be read or unpacked.
    pub fn risks_of_day(
        &self,
        day: Date,
        take: &mut dyn FnMut(&RevertRisk<'_>),
    ) -> Result<(), LakeError> {
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
    ) -> Result<(), LakeError> {
        for key in self.files(kind, day)? {
            self.lines_of(&key, take)?;
        }
        Ok(())
    }

    /// The files of a day, those of a log in the order in which they were written: their names begin
    /// with offsets.
    pub(super) fn files(&self, kind: FactKind, day: Date) -> Result<Vec<Key>, LakeError> {
        let folder = kind.day(day);
        let names = self.storage.names(&folder)?.into_iter();
        let files = names.filter(|name| name.ends_with(".gz"));
        Ok(files.filter_map(|name| entry(&folder, &name)).collect())
    }

    /// Shows the lines of a file.
    pub(super) fn lines_of(&self, key: &Key, take: &mut dyn FnMut(&[u8])) -> Result<(), LakeError> {
        let path = self.storage.path(key);
        let failed = LakeError::unpacking(&path);
        let mut line = Vec::new();
        let unpacked = MultiGzDecoder::new(self.storage.open(key)?).take(MOST_BYTES + 1);
        let (mut lines, mut bytes) = (BufReader::new(unpacked), 0);
        loop {
            match lines.read_until(b'\n', &mut line).map_err(&failed)? as u64 {
                0 => return Ok(()),
                read => bytes += read,
            }
            if bytes > MOST_BYTES {
                return Err(LakeError::TooLarge {
                    path: path.clone(),
                    unit: "bytes unpacked",
                    found: bytes,
                    most: MOST_BYTES,
                });
            }
            take(&line);
            line.clear();
        }
    }
}

/// The last millisecond of a UTC day.
fn last_moment(day: Date) -> EventTime {
    let end = day.at(23, 59, 59, 999_000_000);
    let end = end.to_zoned(jiff::tz::TimeZone::UTC).ok();
    end.and_then(|end| EventTime::from_millis(end.timestamp().as_millisecond()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label_facts::FactBatch;

    /// A change of tags and a revert, as the feed sends them.
    const EVENTS: [&str; 2] = [
        include_str!("../../../../testdata/events/revision-tags-change.json"),
        include_str!("../../../../testdata/events/page-change-revert.json"),
    ];

    /// Writes the events, so many times each, from offset 0 on.
    fn keep(facts: &StoredFacts, copies: usize) {
        let mut batch = FactBatch::default();
        let arrival = EventTime::parse("2026-09-01T00:00:00Z").unwrap();
        for (offset, payload) in EVENTS.repeat(copies).iter().enumerate() {
            let payload = payload.as_bytes();
            batch.push(
                offset as u64,
                arrival,
                &Event::parse(payload).unwrap(),
                payload,
            );
        }
        facts.write(&batch.close()).unwrap();
    }

    #[test]
    fn a_fact_that_is_dated_ahead_is_one_of_the_hour_after_it_came() {
        let folder = tempfile::tempdir().unwrap();
        let facts = StoredFacts::of(&Lake::new(folder.path().join("lake")));
        let arrival = EventTime::parse("2026-03-01T22:30:00Z").unwrap();
        let mut batch = FactBatch::default();
        for (offset, event) in EVENTS.iter().enumerate() {
            let mut event: serde_json::Value = serde_json::from_str(event).unwrap();
            event["meta"]["dt"] = "2031-05-01T00:00:00Z".into();
            event["dt"] = "2031-05-01T00:00:00Z".into();
            let payload = serde_json::to_vec(&event).unwrap();
            let event = Event::parse(&payload).unwrap();
            batch.push(offset as u64, arrival, &event, &payload);
        }
        facts.write(&batch.close()).unwrap();
        let day = |text: &str| facts.of_day(text.parse().unwrap()).unwrap();
        assert!(day("2031-05-01").is_empty());
        let kept = day("2026-03-01");
        assert_eq!(kept.len(), 2);
        let last = EventTime::parse("2026-03-01T23:59:59.999Z").unwrap();
        assert!(kept.iter().all(|fact| fact.time() == last), "{kept:?}");
    }

    #[test]
    fn what_is_kept_is_read_by_day_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::new(folder.path().join("lake"));
        let facts = StoredFacts::of(&lake);
        keep(&facts, 1);
        // The same events once more, out of a log that starts again at offset 0.
        keep(&facts, 2);
        for event in EVENTS {
            let event = Event::parse(event.as_bytes()).unwrap();
            let time = event.time.unwrap();
            let found = facts.of_day(time.utc().date()).unwrap();
            let of_this: Vec<_> = found.into_iter().filter(|it| it.time() == time).collect();
            assert_eq!(of_this, [LabelFact::of(event).unwrap()]);
        }
        assert!(facts.of_day(Date::ZERO).unwrap().is_empty());
    }
}
