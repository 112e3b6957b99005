//! Detects anomalies in the stream of classified edits and in its silence, and makes alerts of them.
//! No clock and no I/O: times come with the edits, alerts go into the caller's list.
//!
//! Windows, cooldowns and rates use event time, but no later than the edit arrived, so the same records
//! raise the same alerts with the same ids again and an edit dated ahead stops no window. One dated
//! far back loses at most the content of a window. Memory is bounded for any input.

mod alert;
mod burst;
mod drift;
mod gate;
mod rules;
mod title;
mod war;
mod window;

pub use alert::{Alert, AlertKind, Anomaly, Severity};
pub use rules::{AlertRules, InvalidRule};

use crate::classified::ClassifiedEdit;
use crate::link;
use crate::stability::ScoreReference;
use crate::time::EventTime;
use crate::user::UserType;
use burst::BurstDetector;
use drift::DriftDetector;
use gate::{Gate, Passage};
use war::WarDetector;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The class of a model whose edits can raise `high_risk_edit`.
const HIGHEST_CLASS: &str = "high";
/// The subject of all `feed_stalled` alerts.
const FEED: &str = "feed";

/// All detectors of one stream of classified edits, which they take in the order of the log.
#[derive(Debug)]
pub struct Detectors {
    rules: AlertRules,
    burst: BurstDetector,
    war: WarDetector,
    drift: DriftDetector,
    /// The last event before the stall that was raised. Another last event means that the stall ended.
    stalled_after: Option<EventTime>,
    gate: Gate,
    suppressed: [u64; AlertKind::ALL.len()],
}

/// The list that alerts are added to, and their `raised_at`; `None` while warming.
type Sink<'s> = Option<(EventTime, &'s mut Vec<Alert>)>;

/// The common fields of an alert, before it is decided whether it is raised.
struct AlertContext<'c> {
    subject: String,
    /// The `meta.id` or the time that goes into the id of the alert.
    event: &'c str,
    wiki: Option<&'c str>,
    user_type: Option<UserType>,
    url: Option<String>,
    model: Option<&'c str>,
    at: EventTime,
}

impl<'c> AlertContext<'c> {
    fn of(classified: &'c ClassifiedEdit<'_>, subject: String) -> Self {
        Self {
            subject,
            event: &classified.edit.meta_id,
            wiki: Some(&classified.edit.wiki),
            user_type: Some(classified.edit.user_type),
            url: link::diff_of(&classified.edit),
            model: classified.classification.model_version.as_deref(),
            at: classified.clock(),
        }
    }
}

impl Detectors {
    /// # Errors
    /// [`InvalidRule`] names the first rule out of its range.
    pub fn new(rules: AlertRules) -> Result<Self, InvalidRule> {
        rules.check()?;
        Ok(Self {
            burst: BurstDetector::new(&rules),
            war: WarDetector::new(&rules),
            drift: DriftDetector::new(&rules),
            stalled_after: None,
            gate: Gate::new(rules.cooldown_ms, rules.max_per_minute as usize),
            suppressed: [0; AlertKind::ALL.len()],
            rules,
        })
    }

    /// Sets the reference for the scores of a model, e.g. `edit-risk/1`. Without one, the first
    /// `drift_window` scores of the model become its reference.
    pub fn set_score_reference(&mut self, model_version: &str, reference: ScoreReference) {
        self.drift.set_reference(model_version, reference);
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
        if silent_ms < self.rules.stalled_after_ms
            || self.stalled_after == Some(last_event_received)
        {
            return;
        }
        let context = AlertContext {
            subject: FEED.to_owned(),
            event: &last_event_received.to_string(),
            wiki: None,
            user_type: None,
            url: None,
            model: None,
            at: now,
        };
        let raised = alerts.len();
        self.raise(
            AlertKind::FeedStalled,
            context,
            &mut Some((now, &mut *alerts)),
            |_| Anomaly::FeedStalled {
                last_event_at: last_event_received,
                silent_seconds: seconds(silent_ms),
            },
        );
        // A stall within the cooldown is raised later, if it lasts longer than the cooldown.
        if alerts.len() > raised {
            self.stalled_after = Some(last_event_received);
        }
    }

    /// Number of detections of a kind that were over its rate. A burst or war that continues counts
    /// once for every edit.
    pub fn suppressed(&self, kind: AlertKind) -> u64 {
        self.suppressed[kind as usize]
    }

    fn step(&mut self, classified: &ClassifiedEdit<'_>, mut sink: Sink<'_>) {
        self.high_risk_edit(classified, &mut sink);
        if !classified.edit.is_bot {
            self.edit_burst(classified, &mut sink);
            self.edit_war(classified, &mut sink);
        }
        self.score_drift(classified, &mut sink);
    }

    fn high_risk_edit(&mut self, classified: &ClassifiedEdit<'_>, sink: &mut Sink<'_>) {
        let ClassifiedEdit {
            edit,
            classification,
        } = classified;
        let (Some(score), Some(class)) = (classification.score, classification.class.as_deref())
        else {
            return;
        };
        let limit = self.rules.high_risk_score;
        let is_risky = match limit > 0.0 {
            true => score >= limit,
            false => class == HIGHEST_CLASS,
        };
        if !is_risky {
            return;
        }
        let subject = match edit.rev_id {
            Some(rev_id) => format!("{}:{rev_id}", edit.wiki),
            None => format!("{}:{}", edit.wiki, edit.meta_id),
        };
        let context = AlertContext::of(classified, subject);
        self.raise(AlertKind::HighRiskEdit, context, sink, |_| {
            Anomaly::HighRiskEdit {
                score,
                class: class.to_owned(),
                rev_id: edit.rev_id,
                page_title: edit.page_title.to_string(),
                user: edit.user.as_deref().map(str::to_owned),
                comment: edit.comment.as_deref().map(str::to_owned),
            }
        });
    }

    fn edit_burst(&mut self, classified: &ClassifiedEdit<'_>, sink: &mut Sink<'_>) {
        let edit = &classified.edit;
        let Some(user) = edit.user.as_deref() else {
            return;
        };
        let at = classified.clock().as_millis();
        let Some(span_ms) = self.burst.observe(fingerprint(&edit.wiki, user), at) else {
            return;
        };
        let context = AlertContext::of(classified, format!("{}:{user}", edit.wiki));
        self.raise(AlertKind::EditBurst, context, sink, |rules| {
            Anomaly::EditBurst {
                user: user.to_owned(),
                edits: rules.burst_edits,
                span_seconds: seconds(span_ms),
                window_seconds: seconds(rules.burst_window_ms),
                page_title: edit.page_title.to_string(),
                rev_id: edit.rev_id,
            }
        });
    }

    fn edit_war(&mut self, classified: &ClassifiedEdit<'_>, sink: &mut Sink<'_>) {
        let edit = &classified.edit;
        let user = edit.user.as_deref();
        let page = fingerprint(&edit.wiki, &edit.page_title);
        let by = user.map_or(0, |user| fingerprint(&edit.wiki, user));
        let Some(war) = self.war.observe(edit, classified.clock(), page, by) else {
            return;
        };
        let context = AlertContext::of(classified, edit.key());
        self.raise(AlertKind::EditWar, context, sink, |rules| {
            Anomaly::EditWar {
                page_title: edit.page_title.to_string(),
                reverts: rules.war_reverts,
                users: war.users,
                span_seconds: seconds(war.span_ms),
                window_seconds: seconds(rules.war_window_ms),
                user: user.map(str::to_owned),
                rev_id: edit.rev_id,
            }
        });
    }

    fn score_drift(&mut self, classified: &ClassifiedEdit<'_>, sink: &mut Sink<'_>) {
        let classification = &classified.classification;
        let (Some(score), Some(model)) = (
            classification.score,
            classification.model_version.as_deref(),
        ) else {
            return;
        };
        let Some(drifted) = self.drift.observe(score, model) else {
            return;
        };
        let context = AlertContext {
            wiki: None,
            user_type: None,
            url: None,
            ..AlertContext::of(classified, model.to_owned())
        };
        self.raise(AlertKind::ScoreDrift, context, sink, |_| drifted);
    }

    fn raise(
        &mut self,
        kind: AlertKind,
        context: AlertContext<'_>,
        sink: &mut Sink<'_>,
        anomaly: impl FnOnce(&AlertRules) -> Anomaly,
    ) {
        let passage = self
            .gate
            .pass(kind, &context.subject, context.at.as_millis());
        let Some((raised_at, alerts)) = sink else {
            return;
        };
        match passage {
            Passage::Repeated => return,
            Passage::OverRate => {
                self.suppressed[kind as usize] += 1;
                return;
            }
            Passage::Raised => {}
        }
        let anomaly = anomaly(&self.rules);
        alerts.push(Alert {
            alert_id: alert::alert_id(kind, &context.subject, context.event),
            severity: kind.severity(),
            wiki: context.wiki.map(str::to_owned),
            user_type: context.user_type,
            url: context.url,
            title: title::title(&anomaly, context.wiki, context.model),
            subject: context.subject,
            event_time: context.at,
            raised_at: *raised_at,
            // Bursts, wars and stalls are detected without the model.
            model_version: match kind {
                AlertKind::HighRiskEdit | AlertKind::ScoreDrift => context.model.map(str::to_owned),
                _ => None,
            },
            anomaly,
        });
    }
}

/// A hash of the name of a user or page that differs between wikis.
fn fingerprint(wiki: &str, name: &str) -> u64 {
    xxh3_64_with_seed(name.as_bytes(), xxh3_64(wiki.as_bytes()))
}

fn seconds(millis: i64) -> f64 {
    millis as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
