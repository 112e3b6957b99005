//! Scores edits with the champion and writes `edits.classified`: one record for every edit.
//! Bots pass through without a score unless asked for.

mod drift;

pub use drift::ModelDrift;

use crate::consume::{Consumer, Fetched};
use crate::counters::{ClassifyCounters, bump};
use crate::log::{Log, LogError, Record, Transaction};
use crate::patience::Patience;
use drift::DriftWatch;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::watch;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::edit::Edit;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::scoring::Scoring;
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_lake::clock;
use wikisentry_lake::registry::Champion;

/// The consumer's name in the log.
pub const CONSUMER: &str = "classify";
const COUNTERS_KEY: &str = "consumer/classify/counters";
/// Raw edits of all user types: bots are passed on, so that they are archived.
pub const INPUTS: [Topic; 3] = [
    Topic::EditsRegistered,
    Topic::EditsAnonymous,
    Topic::EditsBot,
];

/// The classifier; one thread owns it.
pub struct Classifier {
    log: Log,
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
        let counters = committed_counters(&log)?;
        view.send_replace(counters.clone());
        let consumer = Consumer::open(log.clone(), CONSUMER, &INPUTS)?;
        Ok(Self {
            log,
            consumer,
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
            let fetch = || self.consumer.fetch();
            let Some(fetched) = patience.insist(fetch, LogError::is_retryable)? else {
                break;
            };
            let Some(fetched) = fetched else {
                self.consumer.wait(runtime, &patience.stop);
                continue;
            };
            let mut tx = self.classify(&fetched);
            self.consumer.advance(&fetched);
            self.consumer.stage(&mut tx);
            tx.put_json(COUNTERS_KEY, &self.counters);
            if !patience.commit(&self.log, tx)? {
                break;
            }
            self.view.send_replace(self.counters.clone());
        }
        Ok(())
    }

    fn classify(&mut self, fetched: &Fetched) -> Transaction {
        let mut tx = Transaction::new();
        // A swap of the champion shows between batches, never within one.
        let champion = Arc::clone(&self.champion.borrow_and_update());
        let mut edits: Vec<Edit<'_>> = Vec::new();
        let mut received: Vec<EventTime> = Vec::new();
        let mut keys: Vec<&[u8]> = Vec::new();
        for record in fetched.records() {
            match Event::parse(record.value) {
                Ok(Event {
                    body: Body::Edit(edit),
                    ..
                }) => {
                    edits.push(*edit);
                    received.push(record.timestamp);
                    keys.push(record.key);
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
        for (((edit, score), ingest_time), key) in
            edits.into_iter().zip(scores).zip(received).zip(keys)
        {
            match score {
                Some(score) => {
                    self.counters.scored += 1;
                    bump(&mut self.counters.classes, score.class, 1);
                }
                None => self.counters.unscored += 1,
            }
            let classification = Classification {
                score: score.map(|score| score.score),
                class: score.map(|score| Text::from(score.class)),
                model_version: score.map(|_| Text::from(champion.scorer.version())),
                ingest_time,
                score_time: now,
            };
            let edit = ClassifiedEdit {
                edit,
                classification,
            };
            tx.append(
                Topic::EditsClassified,
                Record::json(now, key.to_vec(), &edit),
            );
        }
        tx
    }
}

/// The counters, as last committed.
pub(crate) fn committed_counters(log: &Log) -> Result<ClassifyCounters, LogError> {
    Ok(log.get_json(COUNTERS_KEY)?.unwrap_or_default())
}
