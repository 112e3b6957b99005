//! Label facts and Wikimedia's scores read back, a day at a time.

use super::FactKind;
use crate::archive::Lake;
use crate::error::LakeError;
use crate::storage::{Storage, entry};
use flate2::read::MultiGzDecoder;
use jiff::civil::Date;
use std::io::{BufRead, BufReader};
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
        self.lines(FactKind::Label, day, &mut |line| {
            let fact = Event::parse(line).ok().and_then(LabelFact::of);
            facts.extend(fact);
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
        let folder = kind.day(day);
        let mut line = Vec::new();
        // Names begin with offsets: as they were written.
        let names = self.storage.names(&folder)?.into_iter();
        let files = names.filter(|name| name.ends_with(".gz"));
        for key in files.filter_map(|name| entry(&folder, &name)) {
            let path = self.storage.path(&key);
            let failed = LakeError::unpacking(&path);
            let mut lines = BufReader::new(MultiGzDecoder::new(self.storage.open(&key)?));
            while lines.read_until(b'\n', &mut line).map_err(&failed)? > 0 {
                take(&line);
                line.clear();
            }
        }
        Ok(())
    }
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
        for (offset, payload) in EVENTS.repeat(copies).iter().enumerate() {
            let payload = payload.as_bytes();
            batch.push(offset as u64, &Event::parse(payload).unwrap(), payload);
        }
        facts.write(&batch.close()).unwrap();
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
