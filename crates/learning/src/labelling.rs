//! From the lake to labels: feeds the archived edits and the label facts, in the order of their
//! times, to the core's labeler, and keeps what it says by day of the edit. A day is settled once
//! nothing can change its labels any more; only later ones are gone through again.

use crate::error::LearningError;
use arrow_array::RecordBatch;
use jiff::civil::Date;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use wikisentry_core::labels::{JoinCounters, Label, Labeler, LabelerSettings, SeenEdit};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Edits, Lake, Partition};
use wikisentry_lake::label_facts::{LabelFact, StoredFacts};
use wikisentry_lake::label_table::{LabelTable, RevisionKey, revision_key};

/// What became of the edits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelReport {
    /// What the labeler met.
    pub counters: JoinCounters,
    /// Revisions with a label, of the days gone through.
    pub labelled: u64,
    /// Of these, by kind.
    pub by_kind: BTreeMap<&'static str, u64>,
    /// The time of the latest event: the clock by which labels mature.
    pub stream_now: Option<EventTime>,
}

/// Makes or renews the labels of all days that are not settled. `progress` hears of days done and
/// of all, and says whether to go on.
///
/// # Errors
/// If something cannot be read or written, or `progress` says to stop. What is there is whole:
/// the next run goes on from it.
pub fn label(
    lake: &Lake,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<LabelReport, LearningError> {
    let (table, facts) = (LabelTable::of(lake), StoredFacts::of(lake));
    let days = days(lake, table.unsettled_from()?)?;
    let settings = LabelerSettings::default();
    let wait_ms = settings.window_ms + settings.margin_ms;
    let mut pass = Pass {
        labeler: Labeler::new(settings),
        labels: FxHashMap::default(),
        fresh: Vec::new(),
        report: LabelReport::default(),
    };
    let (mut open, total) = (Vec::new(), days.len() as u64);
    for (done, (day, partitions)) in days.into_iter().enumerate() {
        if progress(done as u64, total).is_break() {
            return Err(LearningError::Cancelled);
        }
        pass.day(lake, partitions, facts.of_day(day)?)?;
        open.push(day);
        let now = pass.labeler.stream_now().unwrap_or_default().as_millis();
        while let Some(first) = open
            .first()
            .copied()
            .filter(|day| end(*day) + wait_ms <= now)
        {
            pass.write(&table, first)?;
            open.remove(0);
            table.settle_before(first.tomorrow().ok())?;
        }
    }
    for day in open {
        pass.write(&table, day)?;
    }
    pass.report.counters = pass.labeler.counters();
    pass.report.stream_now = pass.labeler.stream_now();
    Ok(pass.report)
}

/// One run over the days.
struct Pass {
    labeler: Labeler,
    labels: FxHashMap<RevisionKey, Label>,
    fresh: Vec<Label>,
    report: LabelReport,
}

impl Pass {
    /// Feeds a day, hour by hour, as an hour of edits is what is held in memory.
    fn day(
        &mut self,
        lake: &Lake,
        partitions: Vec<Partition>,
        facts: Vec<LabelFact>,
    ) -> Result<(), LearningError> {
        let mut by_hour: BTreeMap<i64, Vec<Partition>> = BTreeMap::new();
        for partition in partitions {
            let hour = partition.start_millis();
            by_hour.entry(hour).or_default().push(partition);
        }
        let mut facts = facts.into_iter().peekable();
        for partitions in by_hour.into_values() {
            let hour = Hour::read(lake, partitions)?;
            let batches = hour.edits()?;
            for (time, batch, row) in hour.order(&batches) {
                while let Some(fact) = facts.next_if(|fact| fact.time() < time) {
                    self.fact(&fact);
                }
                let edit = batches[batch].edit(row);
                if let Some(seen) = SeenEdit::of(&edit, None) {
                    self.labeler.edit(&seen, &mut self.fresh);
                    self.take();
                }
            }
        }
        for fact in facts {
            self.fact(&fact);
        }
        Ok(())
    }

    fn fact(&mut self, fact: &LabelFact) {
        match fact {
            LabelFact::Tags(change) => self.labeler.tags(change, &mut self.fresh),
            LabelFact::Revert(revert) => self.labeler.edit(revert, &mut self.fresh),
        }
        self.take();
    }

    fn take(&mut self) {
        for label in self.fresh.drain(..) {
            self.labels
                .insert(revision_key(&label.wiki, label.rev_id), label);
        }
    }

    /// Writes the labels of a day's edits and forgets them.
    fn write(&mut self, table: &LabelTable, day: Date) -> Result<(), LearningError> {
        let of_day = |_: &RevisionKey, label: &mut Label| label.edit_time.utc().date() == day;
        let labels: Vec<Label> = self
            .labels
            .extract_if(of_day)
            .map(|(_, label)| label)
            .collect();
        let mut sorted: Vec<&Label> = labels.iter().collect();
        sorted.sort_by(|a, b| {
            (a.edit_time, &a.wiki, a.rev_id).cmp(&(b.edit_time, &b.wiki, b.rev_id))
        });
        for label in &sorted {
            *self.report.by_kind.entry(label.kind.name()).or_default() += 1;
        }
        self.report.labelled += sorted.len() as u64;
        Ok(table.write(day, &sorted)?)
    }
}

/// All edits of an hour, as read.
struct Hour {
    batches: Vec<(PathBuf, UserType, RecordBatch)>,
}

impl Hour {
    fn read(lake: &Lake, partitions: Vec<Partition>) -> Result<Self, LearningError> {
        let mut batches = Vec::new();
        for partition in partitions {
            for file in lake.open_partition(partition)? {
                let path = file.path().to_owned();
                for batch in file.batches()? {
                    batches.push((path.clone(), partition.user_type(), batch?));
                }
            }
        }
        Ok(Self { batches })
    }

    fn edits(&self) -> Result<Vec<Edits<'_>>, LearningError> {
        let batches = self.batches.iter();
        batches
            .map(|(path, user_type, batch)| Ok(Edits::of(batch, *user_type, path)?))
            .collect()
    }

    /// Time, batch and row of each edit, in the order of their times; of edits at the same time
    /// that of the lower revision comes first.
    fn order(&self, batches: &[Edits<'_>]) -> Vec<(EventTime, usize, usize)> {
        let rows = batches.iter().enumerate();
        let rows = rows.flat_map(|(at, edits)| (0..edits.len()).map(move |row| (at, row)));
        let mut order: Vec<_> = rows
            .map(|(at, row)| (batches[at].time(row), batches[at].revision(row), at, row))
            .collect();
        order.sort_unstable();
        let order = order.into_iter();
        order.map(|(time, _, at, row)| (time, at, row)).collect()
    }
}

/// The partitions of the lake from a day on, by day.
fn days(lake: &Lake, start: Option<Date>) -> Result<BTreeMap<Date, Vec<Partition>>, LearningError> {
    let mut days: BTreeMap<Date, Vec<Partition>> = BTreeMap::new();
    for partition in lake.partitions()? {
        let day = partition.date();
        if start.is_none_or(|start| day >= start) {
            days.entry(day).or_default().push(partition);
        }
    }
    Ok(days)
}

/// The first moment after a UTC day, in milliseconds.
fn end(day: Date) -> i64 {
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC);
    midnight.map_or(0, |midnight| midnight.timestamp().as_millisecond()) + 86_400_000
}
