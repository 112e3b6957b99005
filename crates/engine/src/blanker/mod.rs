//! Takes what wikis have hidden out of the lake. It rewrites files that are in place, so that the
//! archiver does it, between two batches: what was hidden before an edit was archived never gets
//! there.

use crate::archiver::ArchiverError;
use crate::hidden::HiddenView;
use crate::log::{Log, LogError};
use crate::patience::Patience;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use wikisentry_core::hidden::Hidden;
use wikisentry_core::time::EventTime;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::Archive;
use wikisentry_lake::label_facts::StoredFacts;

/// How often files are rewritten, where it is known which hour they are of.
const DATED_EVERY: Duration = Duration::from_secs(5 * 60);
/// How often otherwise: every file of the lake is looked at then.
const UNDATED_EVERY: Duration = Duration::from_secs(60 * 60);
/// Facts about an edit lie on its day and this many days after it.
const FACT_DAYS: i32 = 3;

/// Knows what is hidden and when it was taken out last.
pub(crate) struct Blanker {
    log: Log,
    view: HiddenView,
    /// By whether the time of the edit is known.
    done: [(bool, Duration, Option<Instant>); 2],
}

impl Blanker {
    pub(crate) fn open(log: Log) -> Result<Self, LogError> {
        Ok(Self {
            view: HiddenView::open(log.clone())?,
            log,
            done: [(true, DATED_EVERY, None), (false, UNDATED_EVERY, None)],
        })
    }

    /// All that is hidden by now.
    pub(crate) fn hidden(&mut self) -> Result<&Hidden, LogError> {
        self.view.refresh()
    }

    /// Takes out what is due. After a crash it is done again.
    pub(crate) fn run(
        &mut self,
        archive: &mut Archive,
        patience: &Patience,
    ) -> Result<(), ArchiverError> {
        // It may come without any edit.
        self.view.refresh()?;
        for at in 0..self.done.len() {
            let (is_dated, every, last) = self.done[at];
            let is_due = last.is_none_or(|last| last.elapsed() >= every);
            if !is_due || self.view.pending(is_dated).is_empty() {
                continue;
            }
            self.blank(archive, is_dated)?;
            let tx = self.view.blanked(is_dated)?;
            patience.commit(&self.log, tx)?;
            self.done[at].2 = Some(Instant::now());
        }
        Ok(())
    }

    fn blank(&self, archive: &mut Archive, is_dated: bool) -> Result<(), LakeError> {
        let mut hidden = Hidden::default();
        let mut times: Vec<EventTime> = Vec::new();
        for kept in self.view.pending(is_dated) {
            hidden.add(&kept.hiding);
            times.extend(kept.hiding.made_at);
        }
        let blanked = archive.blank(&hidden, is_dated.then_some(times.as_slice()))?;
        let mut days: BTreeSet<_> = times.iter().map(|time| time.utc().date()).collect();
        days.extend(blanked.hours.iter().map(|hour| hour.date()));
        for day in days.clone() {
            let later = (1..=FACT_DAYS).map(|days| jiff::Span::new().days(days));
            days.extend(later.filter_map(|span| day.checked_add(span).ok()));
        }
        let facts = StoredFacts::of(archive.lake()).blank(&hidden, &days)?;
        if blanked.edits + facts > 0 {
            let (files, edits) = (blanked.files, blanked.edits);
            tracing::info!(edits, files, facts, "blanked what wikis have hidden");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
