//! The record of the topic `alerts`. Contract: `docs/contracts/alert.schema.json`.

use crate::time::EventTime;
use crate::user::UserType;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

/// The kind of an alert, as settings and commands name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// An edit with a high score.
    HighRiskEdit,
    /// Many edits of one user in a short time.
    EditBurst,
    /// Reverts of one page by several users in a short time.
    EditWar,
    /// No event for too long.
    FeedStalled,
    /// The distribution of scores differs from the reference.
    ScoreDrift,
}

impl AlertKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [AlertKind; 5] = [
        AlertKind::HighRiskEdit,
        AlertKind::EditBurst,
        AlertKind::EditWar,
        AlertKind::FeedStalled,
        AlertKind::ScoreDrift,
    ];

    /// The name in records, logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            AlertKind::HighRiskEdit => "high_risk_edit",
            AlertKind::EditBurst => "edit_burst",
            AlertKind::EditWar => "edit_war",
            AlertKind::FeedStalled => "feed_stalled",
            AlertKind::ScoreDrift => "score_drift",
        }
    }

    pub const fn severity(self) -> Severity {
        match self {
            // Without a feed nothing else is detected either.
            AlertKind::FeedStalled => Severity::Critical,
            _ => Severity::Warning,
        }
    }
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A person should look at the edits concerned.
    Warning,
    /// The platform itself does not work.
    Critical,
}

/// What a detector found; in JSON the fields `kind` and `details`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "details", rename_all = "snake_case")]
pub enum Anomaly {
    HighRiskEdit {
        /// Calibrated probability of damage, 0 to 1.
        score: f64,
        /// The model's class of the score: its highest, unless a threshold is set.
        class: String,
        /// `None` if the event had no revision.
        rev_id: Option<i64>,
        page_title: String,
        /// `None` if the name is hidden.
        user: Option<String>,
        /// `None` if the summary is hidden.
        comment: Option<String>,
    },
    EditBurst {
        user: String,
        /// Number of edits, which is the threshold of the rule.
        edits: u32,
        /// Seconds from the first to the last of these edits.
        span_seconds: f64,
        /// The window of the rule, in seconds.
        window_seconds: f64,
        /// Page of the last edit.
        page_title: String,
        /// Revision of the last edit.
        rev_id: Option<i64>,
    },
    EditWar {
        page_title: String,
        /// Number of reverting edits, which is the threshold of the rule.
        reverts: u32,
        /// Number of different users who made them.
        users: u32,
        /// Seconds from the first to the last of these edits.
        span_seconds: f64,
        /// The window of the rule, in seconds.
        window_seconds: f64,
        /// Author of the last edit; `None` if hidden.
        user: Option<String>,
        /// Revision of the last edit.
        rev_id: Option<i64>,
    },
    FeedStalled {
        /// When the last event was received.
        last_event_at: EventTime,
        /// Seconds from then to the check.
        silent_seconds: f64,
    },
    ScoreDrift {
        /// Population stability index of the window against the reference.
        psi: f64,
        /// The index above which the rule raises an alert.
        limit: f64,
        /// Number of scores in the window.
        scores: u64,
        /// Share of the window's scores in each bin of the reference.
        observed: Vec<f64>,
        /// Share of the reference's scores in each bin.
        expected: Vec<f64>,
    },
}

impl Anomaly {
    pub const fn kind(&self) -> AlertKind {
        match self {
            Anomaly::HighRiskEdit { .. } => AlertKind::HighRiskEdit,
            Anomaly::EditBurst { .. } => AlertKind::EditBurst,
            Anomaly::EditWar { .. } => AlertKind::EditWar,
            Anomaly::FeedStalled { .. } => AlertKind::FeedStalled,
            Anomaly::ScoreDrift { .. } => AlertKind::ScoreDrift,
        }
    }
}

/// One record of the topic `alerts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// 32 hex digits from kind, subject and the event that caused it: the same events give the same id
    /// again, so receivers can drop duplicates.
    pub alert_id: String,
    #[serde(flatten)]
    pub anomaly: Anomaly,
    pub severity: Severity,
    /// `None` if the alert is not about one wiki.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wiki: Option<String>,
    /// The type of the user who made the edit that caused it; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_type: Option<UserType>,
    /// Where the edit that caused it can be looked at; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the cooldown applies to: `wiki:revision`, `wiki:user`, `wiki:page title`, `feed` or a
    /// model version.
    pub subject: String,
    /// One line for people, without control characters.
    pub title: String,
    /// The time of the edit that caused it; for `feed_stalled` the time of the check.
    pub event_time: EventTime,
    /// When the platform raised it.
    pub raised_at: EventTime,
    /// The model that gave the scores, e.g. `edit-risk/1`; absent for kinds without scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_version: Option<String>,
}

impl Alert {
    pub const fn kind(&self) -> AlertKind {
        self.anomaly.kind()
    }
}

/// The id of an alert: XXH3 (128 bits) of its kind, its subject and `event`, which is a `meta.id` or a
/// time.
pub(super) fn alert_id(kind: AlertKind, subject: &str, event: &str) -> String {
    let mut hash = Xxh3::new();
    for part in [kind.name(), subject, event] {
        // The lengths keep different parts from giving the same bytes together.
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    format!("{:032x}", hash.digest128())
}
