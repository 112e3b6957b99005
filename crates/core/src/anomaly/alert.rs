//! The record of the topic `alerts`. Contract: `docs/contracts/alert.schema.json`. Deciding when
//! to raise one is the detectors' work.

use crate::time::EventTime;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// One edit that the model holds for damage.
    HighRiskEdit,
    /// One user makes many edits in a short time.
    EditBurst,
    /// Several users revert each other on one page.
    EditWar,
    /// No event arrives.
    FeedStalled,
    /// The scores are distributed otherwise than they were.
    ScoreDrift,
}

impl AlertKind {
    /// Every kind, in the order of their declaration.
    pub const ALL: [AlertKind; 5] = [
        AlertKind::HighRiskEdit,
        AlertKind::EditBurst,
        AlertKind::EditWar,
        AlertKind::FeedStalled,
        AlertKind::ScoreDrift,
    ];

    /// The name used in records, logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            AlertKind::HighRiskEdit => "high_risk_edit",
            AlertKind::EditBurst => "edit_burst",
            AlertKind::EditWar => "edit_war",
            AlertKind::FeedStalled => "feed_stalled",
            AlertKind::ScoreDrift => "score_drift",
        }
    }

    /// How urgent alerts of this kind are.
    pub const fn severity(self) -> Severity {
        match self {
            // Without a feed nothing else is watched either.
            AlertKind::FeedStalled => Severity::Critical,
            _ => Severity::Warning,
        }
    }
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Somebody should look at it.
    Warning,
    /// The platform itself does not do its work.
    Critical,
}

/// What was found; in JSON `kind` and `details`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "details", rename_all = "snake_case")]
pub enum Finding {
    /// An edit of the model's highest class.
    HighRiskEdit {
        /// Calibrated probability of damage, 0 to 1.
        score: f64,
        /// The model's class for it.
        class: String,
        /// The revision, if the event carried it.
        rev_id: Option<i64>,
        /// The page.
        page_title: String,
        /// Its author; `None` if hidden.
        user: Option<String>,
        /// The edit summary.
        comment: Option<String>,
    },
    /// A user made many edits.
    EditBurst {
        /// The user.
        user: String,
        /// Edits counted: the rule's threshold.
        edits: u32,
        /// Seconds from the first to the last of them.
        span_seconds: f64,
        /// The rule's window, in seconds.
        window_seconds: f64,
        /// Page of the last of them.
        page_title: String,
        /// Revision of the last of them.
        rev_id: Option<i64>,
    },
    /// A page was reverted again and again.
    EditWar {
        /// The page.
        page_title: String,
        /// Reverting edits counted: the rule's threshold.
        reverts: u32,
        /// Different users who made them.
        users: u32,
        /// Seconds from the first to the last of them.
        span_seconds: f64,
        /// The rule's window, in seconds.
        window_seconds: f64,
        /// Author of the last of them; `None` if hidden.
        user: Option<String>,
        /// Revision of the last of them.
        rev_id: Option<i64>,
    },
    /// The feed is silent.
    FeedStalled {
        /// When the last event was received.
        last_event_at: EventTime,
        /// Seconds since.
        silent_seconds: f64,
    },
    /// The distribution of scores changed.
    ScoreDrift {
        /// Population stability index of the window against the reference.
        psi: f64,
        /// The rule's limit.
        limit: f64,
        /// Scores in the window.
        scores: u64,
        /// Share of the window's scores in each of the reference's quantile bins.
        observed: Vec<f64>,
        /// Share of the reference's scores in the same bins.
        expected: Vec<f64>,
    },
}

impl Finding {
    /// The kind of alert it makes.
    pub const fn kind(&self) -> AlertKind {
        match self {
            Finding::HighRiskEdit { .. } => AlertKind::HighRiskEdit,
            Finding::EditBurst { .. } => AlertKind::EditBurst,
            Finding::EditWar { .. } => AlertKind::EditWar,
            Finding::FeedStalled { .. } => AlertKind::FeedStalled,
            Finding::ScoreDrift { .. } => AlertKind::ScoreDrift,
        }
    }
}

/// One record of the topic `alerts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// 32 hex digits made from kind, subject and the event that set it off: reading the same
    /// events again gives the same id, so receivers can drop repetitions.
    pub alert_id: String,
    /// `kind` and `details`.
    #[serde(flatten)]
    pub finding: Finding,
    /// How urgent it is.
    pub severity: Severity,
    /// The wiki concerned, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wiki: Option<String>,
    /// What the cooldown applies to: `wiki:revision`, `wiki:user`, `wiki:page title`, `feed` or a
    /// model version.
    pub subject: String,
    /// One line for people.
    pub title: String,
    /// When it happened: the time of the edit that set it off, or for `feed_stalled` of the check.
    pub event_time: EventTime,
    /// When it was raised.
    pub raised_at: EventTime,
    /// The model in charge, e.g. `edit-risk/1`; absent where no score was involved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_version: Option<String>,
}

impl Alert {
    /// What the alert is about.
    pub const fn kind(&self) -> AlertKind {
        self.finding.kind()
    }
}

/// The id of an alert: XXH3 (128 bits) of its kind, its subject and the event, which is a
/// `meta.id` or a time.
pub(super) fn alert_id(kind: AlertKind, subject: &str, event: &str) -> String {
    let mut hash = Xxh3::new();
    for part in [kind.name(), subject, event] {
        // With its length before it, no part can pass for the end of another.
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    format!("{:032x}", hash.digest128())
}
