//! The detectors of the core, one step at a time: bursts by user, wars by page, and what is one for
//! the whole stream. What the first two detect becomes an alert only in [`Watch`], which knows
//! cooldown and rate.

use super::envelope::Envelope;
use super::{WorkError, state};
use serde::{Deserialize, Serialize};
use wikisentry_core::anomaly::{
    Alert, AlertKind, AlertRules, Detection, FeedDetectors, FeedState, PageEdits, Scored, UserEdits,
};
use wikisentry_core::edit::Edit;
use wikisentry_core::model::Scorer;
use wikisentry_core::time::EventTime;

/// Edits come late by less than this, in milliseconds, also after a stop of the job.
const LATE_MS: i64 = 86_400_000;

const USER: &str = "a user's edits";
const PAGE: &str = "a page's edits";
const WATCH: &str = "all alerts";

/// The rules out of their JSON.
///
/// # Errors
/// [`WorkError::RulesJson`] if a field is missing, unknown or of another type, [`WorkError::Rules`] if
/// one is out of its range.
pub fn rules(json: &[u8]) -> Result<AlertRules, WorkError> {
    let rules: AlertRules = serde_json::from_slice(json).map_err(WorkError::RulesJson)?;
    rules.check()?;
    Ok(rules)
}

/// How long the states of a user and of a page are worth keeping without an edit, in milliseconds.
pub fn lifetimes(rules: &AlertRules) -> [i64; 2] {
    [rules.burst_window_ms, rules.war_window_ms].map(|window| window + LATE_MS)
}

/// A new state, and what was detected, as JSON.
pub type Step = (Vec<u8>, Option<Vec<u8>>);

/// Counts an edit of the user that `kept` is of.
///
/// # Errors
/// If the state or the edit cannot be read.
pub fn burst(rules: &AlertRules, kept: Option<&[u8]>, edit: &[u8]) -> Result<Step, WorkError> {
    let mut user: UserEdits = match kept {
        Some(kept) => state::read(USER, kept)?,
        None => UserEdits::default(),
    };
    let envelope = Envelope::open(edit)?;
    let span_ms = envelope
        .user()
        .and_then(|_| user.count(rules, envelope.clock()));
    let detected = match span_ms {
        Some(span_ms) => Detection::of_burst(rules, &envelope.classified()?, span_ms),
        None => None,
    };
    Ok((state::write(&user), detected.as_ref().map(json)))
}

/// Counts an edit of the page that `kept` is of.
///
/// # Errors
/// If the state or the edit cannot be read.
pub fn war(rules: &AlertRules, kept: Option<&[u8]>, edit: &[u8]) -> Result<Step, WorkError> {
    let mut page: PageEdits = match kept {
        Some(kept) => state::read(PAGE, kept)?,
        None => PageEdits::default(),
    };
    let envelope = Envelope::open(edit)?;
    let war = match envelope.is_bot() {
        true => None,
        false => {
            let edit: Edit<'_> = serde_json::from_slice(envelope.json())
                .map_err(|error| WorkError::Envelope(error.to_string()))?;
            page.count(rules, &edit, envelope.clock())
        }
    };
    let detected = match war {
        Some(war) => Some(Detection::of_war(rules, &envelope.classified()?, war)),
        None => None,
    };
    Ok((state::write(&page), detected.as_ref().map(json)))
}

fn json(detection: &Detection) -> Vec<u8> {
    serde_json::to_vec(detection).expect("a record of named fields is always JSON")
}

/// What [`Watch::observe`] needs of an edit. It lives between two operators, never in a state.
#[derive(Debug, Serialize, Deserialize)]
struct Signal<'a> {
    #[serde(borrow)]
    scored: Option<Scored<'a>>,
    /// A risky edit, as JSON: the form of alerts is not one for postcard.
    #[serde(borrow)]
    risk: Option<&'a [u8]>,
}

/// The fields of an edit that a signal is made from.
#[derive(Deserialize)]
struct Judged<'a> {
    #[serde(borrow)]
    meta_id: wikisentry_core::text::Text<'a>,
    #[serde(borrow)]
    class: Option<wikisentry_core::text::Text<'a>>,
    #[serde(borrow)]
    model_version: Option<wikisentry_core::text::Text<'a>>,
}

/// What the watch needs of an edit.
///
/// # Errors
/// If the edit cannot be read.
pub fn signal(rules: &AlertRules, edit: &[u8]) -> Result<Vec<u8>, WorkError> {
    let envelope = Envelope::open(edit)?;
    let Some(score) = envelope.score() else {
        return Ok(packed(&Signal {
            scored: None,
            risk: None,
        }));
    };
    let judged: Judged<'_> = serde_json::from_slice(envelope.json())
        .map_err(|error| WorkError::Envelope(error.to_string()))?;
    let risk = match Detection::is_risk(rules, score, judged.class.as_deref()) {
        true => Detection::of_risk(rules, &envelope.classified()?),
        false => None,
    };
    let risk = risk.as_ref().map(json);
    let scored = judged.model_version.as_deref().map(|model| Scored {
        score,
        model,
        event: &judged.meta_id,
        at: envelope.clock().as_millis(),
    });
    Ok(packed(&Signal {
        scored,
        risk: risk.as_deref(),
    }))
}

fn packed(signal: &Signal<'_>) -> Vec<u8> {
    postcard::to_allocvec(signal).expect("numbers and texts always have a form")
}

/// The key and the JSON of an alert's record.
pub type AlertRecord = (Vec<u8>, Vec<u8>);

/// The detectors of what must be one for the whole stream.
#[derive(Debug)]
pub struct Watch {
    feed: FeedDetectors,
    last_received: EventTime,
}

impl Watch {
    /// A feed that was alive at `now`; `kept` is a [`Watch::snapshot`].
    ///
    /// # Errors
    /// If the rules or the state are refused.
    pub fn open(
        rules: &AlertRules,
        kept: Option<&[u8]>,
        now: EventTime,
    ) -> Result<Self, WorkError> {
        let mut feed = FeedDetectors::new(rules)?;
        if let Some(kept) = kept {
            let kept: FeedState = state::read(WATCH, kept)?;
            feed.restore(kept)?;
        }
        Ok(Self {
            feed,
            last_received: now,
        })
    }

    /// All that [`Watch::open`] needs to go on.
    pub fn snapshot(&self) -> Vec<u8> {
        state::write(&self.feed.state())
    }

    /// Compares the scores of this model from now on with those that its card says it gave in training.
    pub fn follow(&mut self, scorer: &Scorer) {
        if let Some(reference) = &scorer.card().score_reference {
            self.feed
                .set_score_reference(scorer.version(), reference.clone());
        }
    }

    /// Takes in a [`signal`].
    ///
    /// # Errors
    /// If it cannot be read; nothing was taken in then.
    pub fn observe(
        &mut self,
        signal: &[u8],
        now: EventTime,
    ) -> Result<Vec<AlertRecord>, WorkError> {
        let signal: Signal<'_> =
            postcard::from_bytes(signal).map_err(|error| WorkError::Message(error.to_string()))?;
        let risk = signal.risk.map(detection).transpose()?;
        let mut alerts = Vec::new();
        let mut sink = Some((now, &mut alerts));
        if let Some(risk) = risk {
            self.feed.admit(risk, &mut sink);
        }
        if let Some(scored) = &signal.scored {
            self.feed.observe(scored, &mut sink);
        }
        self.last_received = self.last_received.max(now);
        Ok(records(alerts))
    }

    /// Makes an alert of what was detected elsewhere, unless cooldown or rate forbid it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn admit(
        &mut self,
        detected: &[u8],
        now: EventTime,
    ) -> Result<Vec<AlertRecord>, WorkError> {
        let mut alerts = Vec::new();
        self.feed
            .admit(detection(detected)?, &mut Some((now, &mut alerts)));
        Ok(records(alerts))
    }

    /// Looks whether the feed has stalled.
    pub fn tick(&mut self, now: EventTime) -> Vec<AlertRecord> {
        let mut alerts = Vec::new();
        self.feed.tick(now, self.last_received, &mut alerts);
        records(alerts)
    }

    /// Detections that were over the rate of their kind.
    pub fn suppressed(&self) -> u64 {
        AlertKind::ALL
            .map(|kind| self.feed.suppressed(kind))
            .iter()
            .sum()
    }
}

fn detection(json: &[u8]) -> Result<Detection, WorkError> {
    serde_json::from_slice(json).map_err(|error| WorkError::Message(error.to_string()))
}

fn records(alerts: Vec<Alert>) -> Vec<AlertRecord> {
    let record = |alert: Alert| {
        let json = serde_json::to_vec(&alert).expect("a record of named fields is always JSON");
        (alert.subject.into_bytes(), json)
    };
    alerts.into_iter().map(record).collect()
}
