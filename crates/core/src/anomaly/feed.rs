//! What must be one for the whole stream: the cooldown and rate of alerts, drift of scores, and a feed
//! that stalled.

use super::alert::{Alert, AlertKind};
use super::detection::Detection;
use super::drift::{DriftDetector, DriftState};
use super::gate::{Gate, GateState, Passage};
use super::rules::{AlertRules, InvalidRule};
use crate::classified::ClassifiedEdit;
use crate::stability::ScoreReference;
use crate::time::EventTime;
use serde::{Deserialize, Serialize};

/// The list that alerts are added to, and their `raised_at`; `None` while warming.
pub type Sink<'s> = Option<(EventTime, &'s mut Vec<Alert>)>;

/// What drift needs of an edit that was scored.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scored<'a> {
    pub score: f64,
    /// Name and version of the model, e.g. `edit-risk/1`.
    #[serde(borrow)]
    pub model: &'a str,
    /// The edit's `meta.id`.
    #[serde(borrow)]
    pub event: &'a str,
    /// Where the clock stands after the edit, in milliseconds ([`ClassifiedEdit::clock`]).
    pub at: i64,
}

impl<'a> Scored<'a> {
    /// `None` if the edit was not scored.
    pub fn of(classified: &'a ClassifiedEdit<'_>) -> Option<Self> {
        let classification = &classified.classification;
        Some(Self {
            score: classification.score?,
            model: classification.model_version.as_deref()?,
            event: &classified.edit.meta_id,
            at: classified.clock().as_millis(),
        })
    }
}

/// The detectors of what is no matter of one user or page, and the gate of all detections.
#[derive(Debug)]
pub struct FeedDetectors {
    stalled_after_ms: i64,
    drift: DriftDetector,
    /// The last event before the stall that was raised. Another last event means that the stall ended.
    stalled_after: Option<EventTime>,
    gate: Gate,
    suppressed: [u64; AlertKind::ALL.len()],
}

/// All that [`FeedDetectors`] remember.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedState {
    drift: DriftState,
    stalled_after: Option<i64>,
    gate: GateState,
    suppressed: [u64; AlertKind::ALL.len()],
}

/// Why a state is refused: nothing that a detector remembers looks like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state of alerts is damaged: {0}")]
pub struct DamagedState(pub(super) &'static str);

impl FeedDetectors {
    /// # Errors
    /// [`InvalidRule`] names the first rule out of its range.
    pub fn new(rules: &AlertRules) -> Result<Self, InvalidRule> {
        rules.check()?;
        Ok(Self {
            stalled_after_ms: rules.stalled_after_ms,
            drift: DriftDetector::new(rules),
            stalled_after: None,
            gate: Gate::new(rules.cooldown_ms, rules.max_per_minute as usize),
            suppressed: [0; AlertKind::ALL.len()],
        })
    }

    /// All that is remembered. Subjects whose cooldown ended an hour before the newest alert of their
    /// kind are left out: an edit as late as that could raise an alert again.
    pub fn state(&self) -> FeedState {
        FeedState {
            drift: self.drift.state(),
            stalled_after: self.stalled_after.map(EventTime::as_millis),
            gate: self.gate.state(),
            suppressed: self.suppressed,
        }
    }

    /// Goes on with what was remembered, also under other rules than before.
    ///
    /// # Errors
    /// [`DamagedState`] if no detectors can have had this state.
    pub fn restore(&mut self, state: FeedState) -> Result<(), DamagedState> {
        self.drift.restore(state.drift)?;
        self.gate.restore(state.gate);
        self.stalled_after = state.stalled_after.map(EventTime::nearest);
        self.suppressed = state.suppressed;
        Ok(())
    }

    /// Sets the reference for the scores of a model, e.g. `edit-risk/1`. Without one, the first
    /// `drift_window` scores of the model become its reference.
    pub fn set_score_reference(&mut self, model_version: &str, reference: ScoreReference) {
        self.drift.set_reference(model_version, reference);
    }

    /// Counts a score; adds `score_drift` if the scores are far from their reference.
    pub fn observe(&mut self, scored: &Scored<'_>, sink: &mut Sink<'_>) {
        if let Some(drifted) = self.drift.observe(scored.score, scored.model) {
            let at = EventTime::nearest(scored.at);
            self.admit(
                Detection::of_drift(scored.model, scored.event, at, drifted),
                sink,
            );
        }
    }

    /// Adds `feed_stalled` if no event was received for too long, once for each stall; the next event
    /// ends it. To be called about every second. Before the first event, `last_event_received` is the
    /// start of the process.
    pub fn tick(
        &mut self,
        now: EventTime,
        last_event_received: EventTime,
        alerts: &mut Vec<Alert>,
    ) {
        let silent_ms = now
            .as_millis()
            .saturating_sub(last_event_received.as_millis());
        if silent_ms < self.stalled_after_ms || self.stalled_after == Some(last_event_received) {
            return;
        }
        let stalled = Detection::of_stall(last_event_received, silent_ms, now);
        // A stall within the cooldown is raised later, if it lasts longer than the cooldown.
        if self.admit(stalled, &mut Some((now, alerts))) {
            self.stalled_after = Some(last_event_received);
        }
    }

    /// Raises an alert of a detection, unless its subject had one within the cooldown or its kind had
    /// as many as it may in this minute. Says whether it was raised.
    pub fn admit(&mut self, detection: Detection, sink: &mut Sink<'_>) -> bool {
        let kind = detection.kind();
        let passage = self
            .gate
            .pass(kind, detection.subject(), detection.at().as_millis());
        let Some((raised_at, alerts)) = sink else {
            return false;
        };
        match passage {
            Passage::Repeated => false,
            Passage::OverRate => {
                self.suppressed[kind as usize] += 1;
                false
            }
            Passage::Raised => {
                alerts.push(detection.raised(*raised_at));
                true
            }
        }
    }

    /// Number of detections of a kind that were over its rate. A burst or war that continues counts
    /// once for every edit.
    pub fn suppressed(&self, kind: AlertKind) -> u64 {
        self.suppressed[kind as usize]
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        self.gate.remembered()
    }
}
