//! What people have ruled on the models of a registry, whatever a retraining finds: that the champion
//! is held, and which models were rolled back. It stands in the champion alias, so that a ruling and
//! a promotion that goes on at the same time cannot miss each other.

use serde::{Deserialize, Serialize};
use wikisentry_core::time::EventTime;

/// The rulings in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Set while nothing replaces the champion unattended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Models that are not promoted unattended again, in the order in which they were rolled back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rolled_back: Vec<RolledBack>,
}

/// Why and since when the champion is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub since: EventTime,
    /// In a person's words, if any were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A model that a person took out of use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolledBack {
    /// Of `model.json`, in hexadecimal: trained again from the same edits, it is the same model.
    pub model_sha256: String,
    /// The version that it was then.
    pub version: u32,
    pub at: EventTime,
}

impl Ruling {
    /// When and as which version a model was rolled back.
    pub fn rolled_back(&self, model_sha256: &str) -> Option<&RolledBack> {
        let mut all = self.rolled_back.iter();
        all.find(|one| one.model_sha256.eq_ignore_ascii_case(model_sha256))
    }

    pub(super) fn roll_back(&mut self, model_sha256: String, version: u32, at: EventTime) {
        self.restore(&model_sha256);
        self.rolled_back.push(RolledBack {
            model_sha256,
            version,
            at,
        });
    }

    /// Forgets that a model was rolled back; answers whether it was.
    pub(super) fn restore(&mut self, model_sha256: &str) -> bool {
        let before = self.rolled_back.len();
        self.rolled_back
            .retain(|one| !one.model_sha256.eq_ignore_ascii_case(model_sha256));
        self.rolled_back.len() < before
    }
}

/// For instance `since 2026-11-30T14:00:00.000Z: the feed was broken`.
impl std::fmt::Display for Hold {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "since {}", self.since)?;
        match &self.reason {
            Some(reason) => write!(out, ": {reason}"),
            None => Ok(()),
        }
    }
}
