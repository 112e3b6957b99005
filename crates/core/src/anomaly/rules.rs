//! The thresholds and windows of all detectors, checked once for all of them.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest window or cooldown: 30 days, in milliseconds.
const MAX_WINDOW_MS: i64 = 30 * 86_400_000;
/// Largest count: the memory for one user, page or minute grows with it.
const MAX_COUNT: u32 = 1_000;
/// Range of the drift window, in scores.
const DRIFT_WINDOW: std::ops::RangeInclusive<usize> = 100..=1_000_000;

/// When to raise which alert. Durations are in milliseconds, at most 30 days.
/// In JSON an object with all of these fields and no other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertRules {
    /// The lowest score of a `high_risk_edit`, up to 1; 0 means every edit that the model puts in
    /// class `high`.
    pub high_risk_score: f64,
    /// Edits of a user within `burst_window_ms` that are an `edit_burst`, 2 to 1,000.
    pub burst_edits: u32,
    pub burst_window_ms: i64,
    /// Reverting edits of a page within `war_window_ms` that are an `edit_war`, 2 to 1,000.
    pub war_reverts: u32,
    pub war_window_ms: i64,
    /// Time without an event that is a `feed_stalled`.
    pub stalled_after_ms: i64,
    /// The largest population stability index that is not a `score_drift`; above 0.
    pub drift_psi: f64,
    /// Number of scores that are compared with the reference, 100 to 1,000,000.
    pub drift_window: usize,
    /// An alert of the same kind and subject is raised at most once in this time.
    pub cooldown_ms: i64,
    /// The most alerts of a kind in any minute, 1 to 1,000.
    pub max_per_minute: u32,
}

/// A rule out of its range.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{rule} is {value}, but must be {must_be}")]
pub struct InvalidRule {
    /// Name of the setting, e.g. `burst_edits`.
    pub rule: &'static str,
    pub value: String,
    /// The range, as it ends the message.
    pub must_be: String,
}

impl AlertRules {
    /// Refuses rules that could never or always raise an alert, or that would need unbounded
    /// memory.
    ///
    /// # Errors
    /// [`InvalidRule`] names the first rule out of its range.
    pub fn check(&self) -> Result<(), InvalidRule> {
        let counts = [
            ("burst_edits", self.burst_edits, 2),
            ("war_reverts", self.war_reverts, 2),
            ("max_per_minute", self.max_per_minute, 1),
        ];
        for (rule, value, least) in counts {
            let must_be = || format!("from {least} to {MAX_COUNT}");
            ensure((least..=MAX_COUNT).contains(&value), rule, value, must_be)?;
        }
        let windows = [
            ("burst_window", self.burst_window_ms, 1),
            ("war_window", self.war_window_ms, 1),
            ("stalled_after", self.stalled_after_ms, 1),
            ("cooldown", self.cooldown_ms, 0),
        ];
        for (rule, value, least) in windows {
            let must_be = || format!("from {least} ms to 30 days");
            let is_valid = (least..=MAX_WINDOW_MS).contains(&value);
            ensure(is_valid, rule, format_args!("{value} ms"), must_be)?;
        }
        let is_share = (0.0..=1.0).contains(&self.high_risk_score);
        ensure(is_share, "high_risk_score", self.high_risk_score, || {
            "from 0 to 1".to_owned()
        })?;
        let is_limit = self.drift_psi.is_finite() && self.drift_psi > 0.0;
        ensure(is_limit, "drift_psi", self.drift_psi, || {
            "more than 0".to_owned()
        })?;
        let is_window = DRIFT_WINDOW.contains(&self.drift_window);
        ensure(is_window, "drift_window", self.drift_window, || {
            format!("from {} to {}", DRIFT_WINDOW.start(), DRIFT_WINDOW.end())
        })
    }

    /// How far back edits influence the alerts of now, in milliseconds of event time: a restarted
    /// process reads these edits again (see [`super::Detectors::warm`]).
    pub fn memory_ms(&self) -> i64 {
        // An alert may have been raised a cooldown ago because of edits a window before that.
        self.burst_window_ms.max(self.war_window_ms) + self.cooldown_ms
    }
}

fn ensure(
    holds: bool,
    rule: &'static str,
    value: impl std::fmt::Display,
    must_be: impl FnOnce() -> String,
) -> Result<(), InvalidRule> {
    if holds {
        return Ok(());
    }
    Err(InvalidRule {
        rule,
        value: value.to_string(),
        must_be: must_be(),
    })
}
