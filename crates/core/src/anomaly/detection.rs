//! What a detector found, before cooldown and rate decide whether it becomes an alert. Where detectors
//! run apart from that decision, it is sent there as JSON.

use super::alert::{Alert, AlertKind, Anomaly, alert_id};
use super::rules::AlertRules;
use super::title::title;
use super::war::War;
use crate::classified::ClassifiedEdit;
use crate::link;
use crate::time::EventTime;
use serde::{Deserialize, Serialize};

/// The class of a model whose edits can raise `high_risk_edit`.
const HIGHEST_CLASS: &str = "high";
/// The subject of all `feed_stalled` alerts.
const FEED: &str = "feed";

/// What could become an alert: one without title, and without the time at which it is raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Detection(Alert);

impl Detection {
    /// An edit whose score or class is risky by the rules.
    pub fn of_risk(rules: &AlertRules, classified: &ClassifiedEdit<'_>) -> Option<Self> {
        let ClassifiedEdit {
            edit,
            classification,
        } = classified;
        let (score, class) = (classification.score?, classification.class.as_deref()?);
        if !Self::is_risk(rules, score, Some(class)) {
            return None;
        }
        let subject = match edit.rev_id {
            Some(rev_id) => format!("{}:{rev_id}", edit.wiki),
            None => format!("{}:{}", edit.wiki, edit.meta_id),
        };
        let found = Anomaly::HighRiskEdit {
            score,
            class: class.to_owned(),
            rev_id: edit.rev_id,
            page_title: edit.page_title.to_string(),
            user: edit.user.as_deref().map(str::to_owned),
            comment: edit.comment.as_deref().map(str::to_owned),
        };
        Some(Self::of_edit(classified, subject, found))
    }

    /// Whether [`Detection::of_risk`] detects something in an edit of this score and class.
    pub fn is_risk(rules: &AlertRules, score: f64, class: Option<&str>) -> bool {
        let limit = rules.high_risk_score;
        class.is_some_and(|class| match limit > 0.0 {
            true => score >= limit,
            false => class == HIGHEST_CLASS,
        })
    }

    /// The burst that ends with an edit, `span_ms` after it began; `None` if the user is hidden.
    pub fn of_burst(
        rules: &AlertRules,
        classified: &ClassifiedEdit<'_>,
        span_ms: i64,
    ) -> Option<Self> {
        let edit = &classified.edit;
        let user = edit.user.as_deref()?;
        let found = Anomaly::EditBurst {
            user: user.to_owned(),
            edits: rules.burst_edits,
            span_seconds: seconds(span_ms),
            window_seconds: seconds(rules.burst_window_ms),
            page_title: edit.page_title.to_string(),
            rev_id: edit.rev_id,
        };
        let subject = format!("{}:{user}", edit.wiki);
        Some(Self::of_edit(classified, subject, found))
    }

    /// The war that goes on with an edit.
    pub fn of_war(rules: &AlertRules, classified: &ClassifiedEdit<'_>, war: War) -> Self {
        let edit = &classified.edit;
        let found = Anomaly::EditWar {
            page_title: edit.page_title.to_string(),
            reverts: rules.war_reverts,
            users: war.users,
            span_seconds: seconds(war.span_ms),
            window_seconds: seconds(rules.war_window_ms),
            user: edit.user.as_deref().map(str::to_owned),
            rev_id: edit.rev_id,
        };
        Self::of_edit(classified, edit.key(), found)
    }

    /// Scores of `model` that drifted, as of the edit with the id `event`.
    pub(super) fn of_drift(model: &str, event: &str, at: EventTime, found: Anomaly) -> Self {
        let mut detection = Self::new(model.to_owned(), event, at, found);
        detection.0.model_version = Some(model.to_owned());
        detection
    }

    /// A feed that was last heard of at `last_event_at`, found at `now`.
    pub(super) fn of_stall(last_event_at: EventTime, silent_ms: i64, now: EventTime) -> Self {
        let found = Anomaly::FeedStalled {
            last_event_at,
            silent_seconds: seconds(silent_ms),
        };
        Self::new(FEED.to_owned(), &last_event_at.to_string(), now, found)
    }

    fn of_edit(classified: &ClassifiedEdit<'_>, subject: String, found: Anomaly) -> Self {
        let edit = &classified.edit;
        // Bursts and wars are detected without the model.
        let is_by_model = found.kind() == AlertKind::HighRiskEdit;
        let model = classified.classification.model_version.as_deref();
        let mut detection = Self::new(subject, &edit.meta_id, classified.clock(), found);
        let alert = &mut detection.0;
        alert.wiki = Some(edit.wiki.to_string());
        alert.user_type = Some(edit.user_type);
        alert.url = link::diff_of(edit);
        alert.model_version = model.filter(|_| is_by_model).map(str::to_owned);
        detection
    }

    /// `event` is the `meta.id` or the time that goes into the id of the alert.
    fn new(subject: String, event: &str, at: EventTime, anomaly: Anomaly) -> Self {
        let kind = anomaly.kind();
        Self(Alert {
            alert_id: alert_id(kind, &subject, event),
            anomaly,
            severity: kind.severity(),
            wiki: None,
            user_type: None,
            url: None,
            subject,
            title: String::new(),
            event_time: at,
            raised_at: at,
            model_version: None,
        })
    }

    pub fn kind(&self) -> AlertKind {
        self.0.kind()
    }

    pub(super) fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Where the clock of cooldowns and rates stands with it.
    pub(super) fn at(&self) -> EventTime {
        self.0.event_time
    }

    /// The alert that it becomes.
    pub(super) fn raised(mut self, raised_at: EventTime) -> Alert {
        let Alert {
            anomaly,
            wiki,
            model_version,
            ..
        } = &self.0;
        self.0.title = title(anomaly, wiki.as_deref(), model_version.as_deref());
        self.0.raised_at = raised_at;
        self.0
    }
}

fn seconds(millis: i64) -> f64 {
    millis as f64 / 1_000.0
}
