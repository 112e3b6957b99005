//! From the lake to labels: feeds the archived edits and the label facts, in the order of their
//! times, to the core's labeler, and keeps what it says by day of the edit. Days whose labels are
//! final, and made from what is there, are left alone. The labels are the same in however many runs
//! they are made: each stretch begins as long before its first day as the labeler remembers.

mod hour;
mod stretch;

use crate::error::LearningError;
use hour::Hour;
use jiff::civil::Date;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use stretch::{DAY_MS, Stretch, number, stretches};
use wikisentry_core::labels::{JoinCounters, Label, Labeler, LabelerSettings, SeenEdit};
use wikisentry_core::time::EventTime;
use wikisentry_lake::archive::{Lake, Partition};
use wikisentry_lake::label_facts::{LabelFact, StoredFacts};
use wikisentry_lake::label_table::{LabelTable, RevisionKey, revision_key};
use wikisentry_lake::settled_days::{Reach, SettledDays};

/// What became of the edits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelReport {
    /// What the labeler met; edits of days that are only read for those after them count too.
    pub counters: JoinCounters,
    /// Revisions with a label, of the days labelled.
    pub labelled: u64,
    /// Of these, by kind.
    pub by_kind: BTreeMap<&'static str, u64>,
    /// The clock by which labels mature: the time of the latest edit, or of its arrival if that was
    /// earlier.
    pub stream_now: Option<EventTime>,
}

impl LabelReport {
    fn count(&mut self, met: &JoinCounters) {
        let all = &mut self.counters;
        all.edits += met.edits;
        all.duplicates += met.duplicates;
        all.unusable += met.unusable;
        all.dropped += met.dropped;
        all.manual += met.manual;
        all.contradicted += met.contradicted;
        all.labels += met.labels;
    }
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
    let settings = LabelerSettings::default();
    let memory_ms = settings.window_ms + settings.margin_ms;
    let whole_days = i32::try_from((memory_ms + DAY_MS - 1) / DAY_MS).unwrap_or(i32::MAX);
    let reach = Reach {
        before: whole_days,
        after: whole_days,
    };
    let settled = SettledDays::look(lake, reach)?;
    let days: Vec<Date> = settled.days().collect();
    let is_wanted = |day: Date| !settled.partitions(day).is_empty() && !settled.is_settled(day);
    let stretches = stretches(&days, reach, is_wanted);
    let total = stretches.iter().map(|stretch| stretch.read.len() as u64);
    let total = total.sum();
    let mut work = Work {
        lake,
        facts: StoredFacts::of(lake),
        table: LabelTable::of(lake),
        settled,
        memory_ms,
        written: Vec::new(),
        report: LabelReport::default(),
    };
    let mut done = 0;
    for stretch in stretches {
        work.stretch(settings, stretch, &mut || {
            let answer = progress(done, total);
            done += 1;
            answer
        })?;
    }
    // Also without news: what was found out about the files need not be found out again.
    work.settled.settle(&[])?;
    Ok(work.report)
}

/// One run over the days.
struct Work<'l> {
    lake: &'l Lake,
    facts: StoredFacts,
    table: LabelTable,
    settled: SettledDays,
    /// How long the labeler remembers an edit.
    memory_ms: i64,
    /// Days that have new labels and wait for the stream's clock, in order.
    written: Vec<Date>,
    report: LabelReport,
}

impl Work<'_> {
    fn stretch(
        &mut self,
        settings: LabelerSettings,
        stretch: Stretch,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<(), LearningError> {
        let Some(first) = stretch.wanted.first().copied() else {
            return Ok(());
        };
        let mut pass = Pass {
            labeler: Labeler::new(settings),
            from_ms: start(first) - self.memory_ms,
            wanted: stretch
                .wanted
                .iter()
                .map(|day| (*day, FxHashMap::default()))
                .collect(),
            clock: None,
            fresh: Vec::new(),
        };
        for day in stretch.read {
            if go_on().is_break() {
                return Err(LearningError::Cancelled);
            }
            // Days that nothing from here on can tell of.
            while let Some(entry) = pass.wanted.first_entry()
                && end(*entry.key()) + self.memory_ms <= start(day)
            {
                let (day, labels) = entry.remove_entry();
                self.write(day, labels)?;
            }
            pass.day(
                self.lake,
                self.settled.partitions(day),
                self.facts.of_day(day)?,
            )?;
            self.report.stream_now = self.report.stream_now.max(pass.clock);
            self.settle()?;
        }
        for (day, labels) in pass.wanted {
            self.write(day, labels)?;
        }
        self.report.count(&pass.labeler.counters());
        self.settle()
    }

    /// Writes the labels of a day's edits.
    fn write(
        &mut self,
        day: Date,
        labels: FxHashMap<RevisionKey, Label>,
    ) -> Result<(), LearningError> {
        let mut sorted: Vec<&Label> = labels.values().collect();
        sorted.sort_by(|a, b| {
            (a.edit_time, &a.wiki, a.rev_id).cmp(&(b.edit_time, &b.wiki, b.rev_id))
        });
        for label in &sorted {
            *self.report.by_kind.entry(label.kind.name()).or_default() += 1;
        }
        self.report.labelled += sorted.len() as u64;
        self.table.write(day, &sorted)?;
        self.written.push(day);
        Ok(())
    }

    /// Notes the days that are final by the stream's clock.
    fn settle(&mut self) -> Result<(), LearningError> {
        let now = self.report.stream_now.unwrap_or_default().as_millis();
        let is_final = |day: &Date| end(*day) + self.memory_ms <= now;
        let (done, open): (Vec<Date>, Vec<Date>) = std::mem::take(&mut self.written)
            .into_iter()
            .partition(is_final);
        self.written = open;
        match done.is_empty() {
            true => Ok(()),
            false => Ok(self.settled.settle(&done)?),
        }
    }
}

/// The labeler over one stretch of days.
struct Pass {
    labeler: Labeler,
    /// What is older is not read, in milliseconds.
    from_ms: i64,
    /// The days whose labels are asked for and not yet written, with what is known of them.
    wanted: BTreeMap<Date, FxHashMap<RevisionKey, Label>>,
    clock: Option<EventTime>,
    fresh: Vec<Label>,
}

impl Pass {
    /// Feeds a day, hour by hour, as an hour of edits is what is held in memory.
    fn day(
        &mut self,
        lake: &Lake,
        partitions: &[Partition],
        facts: Vec<LabelFact>,
    ) -> Result<(), LearningError> {
        let mut by_hour: BTreeMap<i64, Vec<Partition>> = BTreeMap::new();
        for partition in partitions {
            let hour = partition.start_millis();
            if hour >= self.from_ms {
                by_hour.entry(hour).or_default().push(*partition);
            }
        }
        let is_near = |fact: &LabelFact| fact.time().as_millis() >= self.from_ms;
        let facts: Vec<LabelFact> = facts.into_iter().filter(is_near).collect();
        let mut facts = facts.into_iter().peekable();
        for partitions in by_hour.into_values() {
            let hour = Hour::read(lake, &partitions)?;
            let batches = hour.edits()?;
            for place in hour.order(&batches) {
                while let Some(fact) = facts.next_if(|fact| fact.time() < place.time) {
                    self.fact(&fact);
                }
                let edits = &batches[place.batch];
                self.clock = self.clock.max(Some(edits.clock(place.row)));
                let edit = edits.edit(place.row);
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
            if let Some(labels) = self.wanted.get_mut(&label.edit_time.utc().date()) {
                labels.insert(revision_key(&label.wiki, label.rev_id), label);
            }
        }
    }
}

/// The first moment of a UTC day, in milliseconds.
fn start(day: Date) -> i64 {
    number(day) * DAY_MS
}

/// The first moment after a UTC day, in milliseconds.
fn end(day: Date) -> i64 {
    start(day) + DAY_MS
}
