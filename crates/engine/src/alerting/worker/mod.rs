//! The alerter: the consumer that watches `edits.classified` and writes `alerts`. The webhook
//! hears of an alert once the topic holds it.

use super::rules::rules;
use super::webhook::Webhook;
use crate::consume::Consumer;
use crate::counters::{AlertCounters, Counters, bump};
use crate::ingest::IngestView;
use crate::log::{Log, LogError, Record, Transaction};
use crate::patience::Patience;
use crate::settings::AlertSettings;
use crate::status::BookmarkStatus;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::watch;
use wikisentry_core::anomaly::{Alert, AlertKind, AlertRules, Detectors, InvalidRule, Severity};
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_lake::clock;
use wikisentry_lake::registry::Champion;

/// The consumer's name in the log.
pub const CONSUMER: &str = "alert";
/// Records read again after a restart at most, to rebuild the windows.
const WARM_RECORDS: u64 = 200_000;

/// Why the alerter does not start.
#[derive(Debug, thiserror::Error)]
pub enum AlerterError {
    #[error(transparent)]
    Log(#[from] LogError),
    /// A rule that cannot work.
    #[error("alerts: {0}")]
    Rule(#[from] InvalidRule),
}

/// The alerter; one thread owns it.
pub struct Alerter {
    consumer: Consumer,
    rules: AlertRules,
    detectors: Detectors,
    feed: watch::Receiver<IngestView>,
    source_end: BTreeMap<String, u64>,
    champion: watch::Receiver<Arc<Champion>>,
    webhook: Option<Arc<Webhook>>,
    counters: AlertCounters,
    suppressed_before: u64,
    started_at: EventTime,
    view: watch::Sender<AlertCounters>,
}

impl Alerter {
    /// Picks up at the committed offsets. A source that ends at `source_end` is not stalled there.
    pub fn open(
        log: Log,
        settings: &AlertSettings,
        feed: watch::Receiver<IngestView>,
        source_end: BTreeMap<String, u64>,
        champion: watch::Receiver<Arc<Champion>>,
        webhook: Option<Arc<Webhook>>,
        view: watch::Sender<AlertCounters>,
    ) -> Result<Self, AlerterError> {
        let rules = rules(settings);
        let detectors = Detectors::new(rules.clone())?;
        let counters = AlertCounters::committed(&log)?;
        let consumer = Consumer::open(log, CONSUMER, &[Topic::EditsClassified])?;
        view.send_replace(counters.clone());
        let mut alerter = Self {
            consumer,
            rules,
            detectors,
            feed,
            source_end,
            champion,
            webhook,
            suppressed_before: counters.suppressed,
            counters,
            started_at: clock::now(),
            view,
        };
        alerter.take_reference();
        Ok(alerter)
    }

    /// Watches until told to stop.
    pub fn run(mut self, runtime: &Handle, patience: &Patience) -> Result<(), LogError> {
        self.warm(patience)?;
        let mut alerts = Vec::new();
        while !patience.stop.is_cancelled() {
            let fetched = self.consumer.fetch(patience)?;
            let now = clock::now();
            // Before the edits: what a new champion has scored comes after it.
            if self.champion.has_changed().unwrap_or(false) {
                self.take_reference();
            }
            if let Some(fetched) = &fetched {
                for (_, edit) in fetched.edits() {
                    self.detectors.observe(&edit, now, &mut alerts);
                }
                self.consumer.advance(fetched);
            }
            if let Some(last) = self.waits_since() {
                self.detectors.tick(now, last, &mut alerts);
            }
            if fetched.is_none() && alerts.is_empty() {
                self.consumer.wait(runtime, &patience.stop);
                continue;
            }
            if !self.raise(&alerts, now, patience)? {
                break;
            }
            alerts.clear();
        }
        Ok(())
    }

    /// Since when events are waited for; `None` if no more will come.
    fn waits_since(&self) -> Option<EventTime> {
        let view = self.feed.borrow();
        // The live feed has no end to compare with.
        let is_over = !self.source_end.is_empty() && {
            let bookmark = BookmarkStatus {
                positions: view.bookmark.positions(),
                ..BookmarkStatus::default()
            };
            bookmark.is_at(&self.source_end)
        };
        (!is_over).then(|| view.last_received.unwrap_or(self.started_at))
    }

    /// Compares the champion's scores with those its card says it gave in training. Without such a
    /// card the first scores of the model are the reference.
    fn take_reference(&mut self) {
        let champion = Arc::clone(&self.champion.borrow_and_update());
        let scorer = &champion.scorer;
        if let Some(reference) = &scorer.card().score_reference {
            self.detectors
                .set_score_reference(scorer.version(), reference.clone());
        }
    }

    /// Rebuilds the windows from the records before the committed offset.
    fn warm(&mut self, patience: &Patience) -> Result<(), LogError> {
        let topic = Topic::EditsClassified;
        let end = self.consumer.position(topic);
        let log = &self.consumer.log;
        let memory = clock::now().as_millis() - self.rules.memory_ms();
        let by_time = match EventTime::from_millis(memory) {
            Some(time) => log.offset_at(topic, time)?,
            None => log.bounds(topic).first,
        };
        let by_count = end.saturating_sub(2 * self.rules.drift_window as u64);
        let mut next = by_time.min(by_count).max(end.saturating_sub(WARM_RECORDS));
        while next < end && !patience.stop.is_cancelled() {
            let Some(batch) = log.read(topic, next)? else {
                break;
            };
            for record in batch
                .iter_from(next)
                .take_while(|record| record.offset < end)
            {
                if let Ok(edit) = ClassifiedEdit::from_json(record.value) {
                    self.detectors.warm(&edit);
                }
            }
            next = batch.next_offset();
        }
        Ok(())
    }

    /// Commits the alerts with the offsets, then tells of them. `false` if told to stop.
    fn raise(
        &mut self,
        alerts: &[Alert],
        now: EventTime,
        patience: &Patience,
    ) -> Result<bool, LogError> {
        let mut tx = Transaction::new();
        for alert in alerts {
            bump(&mut self.counters.raised, alert.kind().name(), 1);
            let key = alert.subject.clone().into_bytes();
            tx.append(Topic::Alerts, Record::json(now, key, alert));
        }
        let suppressed = AlertKind::ALL.map(|kind| self.detectors.suppressed(kind));
        self.counters.suppressed = self.suppressed_before + suppressed.iter().sum::<u64>();
        self.counters.stage(&mut tx);
        if !self.consumer.commit(tx, patience)? {
            return Ok(false);
        }
        self.view.send_replace(self.counters.clone());
        for alert in alerts {
            write_to_log(alert);
            if let Some(webhook) = &self.webhook {
                webhook.enqueue(alert.clone());
            }
        }
        Ok(true)
    }
}

/// Writes an alert to the log, under the target `alert`. Only the title is written of what
/// strangers typed: it is made safe to show.
fn write_to_log(alert: &Alert) {
    let (kind, id) = (alert.kind().name(), alert.alert_id.as_str());
    match alert.severity {
        Severity::Warning => tracing::warn!(target: "alert", kind, id, "{}", alert.title),
        Severity::Critical => tracing::error!(target: "alert", kind, id, "{}", alert.title),
    }
}

#[cfg(test)]
mod tests;
