//! Detects anomalies in the stream of classified edits and in its silence, and makes alerts of them.
//! No clock and no I/O: times come with the edits, alerts go into the caller's list.
//!
//! Windows, cooldowns and rates use event time, but no later than the edit arrived, so the same records
//! raise the same alerts with the same ids again and an edit dated ahead stops no window. One dated
//! far back loses at most the content of a window. Memory is bounded for any input.

mod alert;
mod burst;
mod detection;
mod drift;
mod feed;
mod gate;
mod rules;
mod title;
mod war;
mod window;

pub use alert::{Alert, AlertKind, Anomaly, Severity};
pub use burst::UserEdits;
pub use detection::Detection;
pub use feed::{DamagedState, FeedDetectors, FeedState, Scored, Sink};
pub use rules::{AlertRules, InvalidRule};
pub use war::{PageEdits, War};

use crate::classified::ClassifiedEdit;
use crate::edit::Edit;
use crate::stability::ScoreReference;
use crate::time::EventTime;
use burst::BurstDetector;
use war::WarDetector;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// All detectors of one stream of classified edits, which they take in the order of the log. Where a
/// stream is divided, [`UserEdits`], [`PageEdits`] and [`FeedDetectors`] are the same in parts.
#[derive(Debug)]
pub struct Detectors {
    rules: AlertRules,
    burst: BurstDetector,
    war: WarDetector,
    feed: FeedDetectors,
}

impl Detectors {
    /// # Errors
    /// [`InvalidRule`] names the first rule out of its range.
    pub fn new(rules: AlertRules) -> Result<Self, InvalidRule> {
        Ok(Self {
            feed: FeedDetectors::new(&rules)?,
            burst: BurstDetector::new(&rules),
            war: WarDetector::new(&rules),
            rules,
        })
    }

    /// As [`FeedDetectors::set_score_reference`].
    pub fn set_score_reference(&mut self, model_version: &str, reference: ScoreReference) {
        self.feed.set_score_reference(model_version, reference);
    }

    /// Processes an edit and adds the alerts that it raises.
    pub fn observe(
        &mut self,
        edit: &ClassifiedEdit<'_>,
        raised_at: EventTime,
        alerts: &mut Vec<Alert>,
    ) {
        self.step(edit, Some((raised_at, alerts)));
    }

    /// Processes an edit that [`Self::observe`] took before a restart, without alerts and without
    /// counting suppressed ones. [`AlertRules::memory_ms`] tells how far to read back; score drift
    /// needs the last `drift_window` scored edits.
    pub fn warm(&mut self, edit: &ClassifiedEdit<'_>) {
        self.step(edit, None);
    }

    /// As [`FeedDetectors::tick`].
    pub fn tick(
        &mut self,
        now: EventTime,
        last_event_received: EventTime,
        alerts: &mut Vec<Alert>,
    ) {
        self.feed.tick(now, last_event_received, alerts);
    }

    /// As [`FeedDetectors::suppressed`].
    pub fn suppressed(&self, kind: AlertKind) -> u64 {
        self.feed.suppressed(kind)
    }

    fn step(&mut self, classified: &ClassifiedEdit<'_>, mut sink: Sink<'_>) {
        let found = [
            Detection::of_risk(&self.rules, classified),
            self.edit_burst(classified),
            self.edit_war(classified),
        ];
        for detection in found.into_iter().flatten() {
            self.feed.admit(detection, &mut sink);
        }
        if let Some(scored) = Scored::of(classified) {
            self.feed.observe(&scored, &mut sink);
        }
    }

    fn edit_burst(&mut self, classified: &ClassifiedEdit<'_>) -> Option<Detection> {
        let user = user_fingerprint(&classified.edit)?;
        let span_ms = self.burst.observe(user, classified.clock().as_millis())?;
        Detection::of_burst(&self.rules, classified, span_ms)
    }

    fn edit_war(&mut self, classified: &ClassifiedEdit<'_>) -> Option<Detection> {
        let edit = &classified.edit;
        if edit.is_bot {
            return None;
        }
        let page = page_fingerprint(edit);
        let war = self.war.observe(edit, classified.clock(), page)?;
        Some(Detection::of_war(&self.rules, classified, war))
    }
}

/// A hash of wiki and user, by which the edits of a user are gathered, never 0; `None` for edits that
/// are in no burst: those of bots and of hidden users.
pub fn user_fingerprint(edit: &Edit<'_>) -> Option<u64> {
    let user = edit.user.as_deref().filter(|_| !edit.is_bot)?;
    Some(fingerprint(&edit.wiki, user))
}

/// A hash of wiki and page, by which the edits of a page are gathered, never 0.
pub fn page_fingerprint(edit: &Edit<'_>) -> u64 {
    fingerprint(&edit.wiki, &edit.page_title)
}

fn fingerprint(wiki: &str, name: &str) -> u64 {
    xxh3_64_with_seed(name.as_bytes(), xxh3_64(wiki.as_bytes())).max(1)
}

#[cfg(test)]
mod tests;
