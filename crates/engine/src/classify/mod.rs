//! Scores edits with the champion and writes `edits.classified`: one record for every edit.
//! Bots pass through without a score unless asked for.

mod drift;

pub use drift::ModelDrift;

use crate::consume::{Consumer, Fetched};
use crate::counters::{ClassifyCounters, Counters};
use crate::log::{Log, LogError, Record, RecordRef, Transaction};
use crate::patience::Patience;
use drift::DriftWatch;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::watch;
use wikisentry_core::classify::{classified, edit_of};
use wikisentry_core::edit::Edit;
use wikisentry_core::scoring::Scoring;
use wikisentry_core::topic::Topic;
use wikisentry_lake::clock;
use wikisentry_lake::registry::Champion;

/// The consumer's name in the log.
pub const CONSUMER: &str = "classify";
/// Raw edits of all user types: bots are passed on, so that they are archived.
pub const INPUTS: [Topic; 3] = [
    Topic::EditsRegistered,
    Topic::EditsAnonymous,
    Topic::EditsBot,
];

/// The classifier; one thread owns it.
pub struct Classifier {
    consumer: Consumer,
    champion: watch::Receiver<Arc<Champion>>,
    scoring: Scoring,
    score_bots: bool,
    counters: ClassifyCounters,
    view: watch::Sender<ClassifyCounters>,
    drift: DriftWatch,
}

impl Classifier {
    /// Picks up at the committed offsets.
    pub fn open(
        log: Log,
        champion: watch::Receiver<Arc<Champion>>,
        score_bots: bool,
        view: watch::Sender<ClassifyCounters>,
        drift: watch::Sender<Option<ModelDrift>>,
    ) -> Result<Self, LogError> {
        let counters = ClassifyCounters::committed(&log)?;
        view.send_replace(counters);
        Ok(Self {
            consumer: Consumer::open(log, CONSUMER, &INPUTS)?,
            champion,
            scoring: Scoring::new(),
            score_bots,
            counters,
            view,
            drift: DriftWatch::new(drift),
        })
    }

    /// Classifies until told to stop.
    pub fn run(mut self, runtime: &Handle, patience: &Patience) -> Result<(), LogError> {
        while !patience.stop.is_cancelled() {
            let Some(fetched) = self.consumer.fetch(patience)? else {
                self.consumer.wait(runtime, &patience.stop);
                continue;
            };
            let mut tx = self.classify(&fetched);
            self.consumer.advance(&fetched);
            self.counters.stage(&mut tx);
            if !self.consumer.commit(tx, patience)? {
                break;
            }
            self.view.send_replace(self.counters);
        }
        Ok(())
    }

    fn classify(&mut self, fetched: &Fetched) -> Transaction {
        let mut tx = Transaction::new();
        // A swap of the champion shows between batches, never within one.
        let champion = Arc::clone(&self.champion.borrow_and_update());
        let mut edits: Vec<Edit<'_>> = Vec::new();
        let mut records: Vec<RecordRef<'_>> = Vec::new();
        for record in fetched.records() {
            match edit_of(record.value, record.timestamp) {
                Ok(Some(edit)) => {
                    edits.push(edit);
                    records.push(record);
                }
                // Ingest has read the same bytes with the same parser.
                other => tracing::error!(
                    offset = record.offset,
                    ?other,
                    "no edit in {}",
                    fetched.topic
                ),
            }
        }
        let scores = self
            .scoring
            .score(&champion.scorer, &edits, self.score_bots);
        let given = scores.iter().flatten().map(|score| score.score);
        let rows = self.scoring.rows().zip(given);
        self.drift.observe(&champion.scorer, rows);
        let now = clock::now();
        for ((edit, score), record) in edits.into_iter().zip(scores).zip(records) {
            self.counters.scored += u64::from(score.is_some());
            let edit = classified(edit, score, &champion.scorer, record.timestamp, now);
            let record = Record::json(now, record.key.to_vec(), &edit);
            tx.append(Topic::EditsClassified, record);
        }
        tx
    }
}

#[cfg(test)]
mod tests;
