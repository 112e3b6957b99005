//! What is simulated, and within what ranges.

use super::error::SimulationError;
use wikisentry_core::time::EventTime;

/// Milliseconds of a day.
pub(super) const DAY_MS: f64 = 86_400_000.0;
/// Longest simulation, in days.
const MAX_DAYS: f64 = 3_650.0;

/// What becomes of users that are addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anonymous {
    /// They stay the addresses that were published.
    AsPublished,
    /// They get temporary accounts (`~2026-12345-67`), as wikis give since 2025. Summaries that
    /// name addresses are not changed.
    TemporaryAccounts,
}

/// How reverts of damage are recognised, as shares of each other; they need not add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RevertShares {
    /// Share of reverts with the evidence [`RevertEvidence::Undo`](super::RevertEvidence::Undo).
    pub undo: f64,
    /// Share of [`RevertEvidence::Rollback`](super::RevertEvidence::Rollback); some become undos.
    pub rollback: f64,
    /// Share of reverts with the evidence [`RevertEvidence::Tag`](super::RevertEvidence::Tag).
    pub tag: f64,
    /// Share of reverts with the evidence [`RevertEvidence::PageChange`](super::RevertEvidence::PageChange).
    pub page_change: f64,
}

/// How often something happens to a good edit that must not be taken for damage, as a share of
/// the good edits on pages with one labelled edit. At most 1 together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiseShares {
    /// Its author undoes it.
    pub self_revert: f64,
    /// A bot undoes it.
    pub bot: f64,
    /// The next summary on the page talks of reverts.
    pub mention: f64,
    /// Someone undoes it and its author undoes that.
    pub war: f64,
}

/// How long, with what chance and with what reverts a stream is simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulationOptions {
    /// Time of the first edit.
    pub start: EventTime,
    /// Days from the first labelled edit to the last. Each set (`source`) is stretched by itself.
    pub days: f64,
    /// Days of a quiet edit every half hour afterwards, so that the labels of all edits mature.
    pub trailing_days: f64,
    /// Seed of all chance: same rows, same options, same bytes.
    pub seed: u64,
    /// What becomes of users that are addresses.
    pub anonymous: Anonymous,
    /// How reverts are recognised.
    pub reverts: RevertShares,
    /// What happens that must not be taken for damage.
    pub noise: NoiseShares,
    /// Reverts hit edits at random: there is nothing to be learned.
    pub shuffle_labels: bool,
    /// After this part (0 to 1) of the labelled edits another population edits: everyone has an
    /// account, all summaries are those of one tool, all pages are drafts.
    pub drift_from: Option<f64>,
}

impl Default for SimulationOptions {
    /// A week from 2026-10-01 and three quiet days.
    fn default() -> Self {
        Self {
            start: EventTime::from_seconds(1_790_812_800).expect("it is a time of 2026"),
            days: 7.0,
            trailing_days: 3.0,
            seed: 0,
            anonymous: Anonymous::AsPublished,
            reverts: RevertShares {
                undo: 0.4,
                rollback: 0.3,
                tag: 0.2,
                page_change: 0.1,
            },
            noise: NoiseShares {
                self_revert: 0.01,
                bot: 0.01,
                mention: 0.01,
                war: 0.005,
            },
            shuffle_labels: false,
            drift_from: None,
        }
    }
}

impl SimulationOptions {
    pub(super) fn check(&self) -> Result<(), SimulationError> {
        let refuse = |name, range| Err(SimulationError::Option { name, range });
        if !(self.days > 0.0 && self.days <= MAX_DAYS) {
            return refuse("days", "above 0 and at most 3650");
        }
        if !(0.0..=MAX_DAYS).contains(&self.trailing_days) {
            return refuse("trailing_days", "from 0 to 3650");
        }
        let last_ms = (2.0 * MAX_DAYS * DAY_MS) as i64;
        if EventTime::from_millis(self.start.as_millis() + last_ms).is_none() {
            return refuse("start", "before the year 9979");
        }
        if self
            .drift_from
            .is_some_and(|from| !(0.0..=1.0).contains(&from))
        {
            return refuse("drift_from", "from 0 to 1");
        }
        let is_share = |share: &f64| (0.0..=1e9).contains(share);
        let reverts = self.reverts.all();
        if !reverts.iter().all(is_share) || reverts.iter().sum::<f64>() <= 0.0 {
            return refuse("reverts", "shares from 0, one of them above 0");
        }
        let noise = self.noise.all();
        if !noise.iter().all(is_share) || noise.iter().sum::<f64>() > 1.0 {
            return refuse("noise", "shares from 0, at most 1 together");
        }
        Ok(())
    }
}

impl RevertShares {
    pub(super) fn all(&self) -> [f64; 4] {
        [self.undo, self.rollback, self.tag, self.page_change]
    }
}

impl NoiseShares {
    pub(super) fn all(&self) -> [f64; 4] {
        [self.self_revert, self.bot, self.mention, self.war]
    }
}
