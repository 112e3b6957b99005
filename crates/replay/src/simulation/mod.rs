//! A simulated stream: labelled edits as live events, and for each one labelled as damage the
//! revert that follows, with reverts around them that mean nothing. It gives a recording that
//! [`ReplaySource`] serves like any other, and what is true of every revision in it.
//!
//! # What is real and what is not
//! Wiki, title, user, summary and what is known of sizes are as published; a set that knows only
//! the difference of sizes gives events without `length`. Revisions are numbered anew, above all
//! published numbers of the wiki and rising with time, so that a revert fits between any two edits;
//! the numbers that published summaries name lead nowhere. The parent of an edit is the page's
//! latest revision in the simulation, and for the first one the published parent. Each set's span
//! of time is stretched or squeezed onto [`SimulationOptions::days`]; the delays of reverts are not.
//!
//! # Reverts
//! 53 % come within 30 minutes, 63 % within an hour, 95 % within a day, all within two; see
//! `delays`. Each is told by one kind of evidence only, so that each kind can be judged by itself;
//! the real feed tells most reverts three times over. A rollback takes all of the user's latest
//! edits on the page: where that would hit an edit that is no damage, or someone else has edited
//! since, it becomes an undo, as it would for a person.
//!
//! # What must not become a label of damage
//! Good edits undone by their author, undone by a bot, undone and then restored by their author;
//! and edits whose summary talks of reverts. They happen on pages with one labelled edit.
//!
//! # What is not certain
//! Some published summaries say that they revert, and what they reverted may be in the set as well.
//! Those revisions are marked [`unclear`](Truth::unclear).

mod cast;
mod delays;
mod event;
mod pages;
mod people;
mod rows;
mod run;
mod summaries;
mod truth;

#[cfg(test)]
mod tests;

pub use truth::{Evidence, Expected, Reverted, Truth};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use wikisentry_core::time::EventTime;

use super::{ReplayError, ReplaySource};

const PAN: &[u8] = include_bytes!("../../../../testdata/labelled/pan11_en.jsonl.gz");
const KI: &[u8] = include_bytes!("../../../../testdata/labelled/ki2022_sample.jsonl.gz");
/// Longest simulation, in days.
const MAX_DAYS: f64 = 3_650.0;

/// What becomes of users that are addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anonymous {
    /// They stay addresses.
    AsPublished,
    /// They get temporary accounts (`~2026-12345-67`), as wikis give since 2025. Summaries that
    /// name addresses are not changed.
    TemporaryAccounts,
}

/// How reverts of damage are told, as shares of each other; they need not add up to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RevertShares {
    /// [`Evidence::Undo`].
    pub undo: f64,
    /// [`Evidence::Rollback`]; some become undos.
    pub rollback: f64,
    /// [`Evidence::Tag`].
    pub tag: f64,
    /// [`Evidence::PageChange`].
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

/// What is simulated.
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
    /// How reverts are told.
    pub reverts: RevertShares,
    /// What else happens.
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
            start: EventTime::from_seconds(1_790_812_800).unwrap_or_default(),
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

/// Why nothing can be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The rows cannot be unpacked.
    #[error("cannot unpack the labelled edits")]
    Read(#[from] ReplayError),
    /// There are none.
    #[error("there are no labelled edits")]
    Empty,
    /// A line is no labelled edit.
    #[error("line {line} is no labelled edit")]
    Row {
        /// Counted from 1, empty lines left out.
        line: usize,
        /// What is wrong with it.
        #[source]
        cause: serde_json::Error,
    },
    /// A line is one of which no event can be made.
    #[error("no event can be made of line {line}: {what}")]
    Unusable {
        /// Counted from 1, empty lines left out.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An option is out of its range.
    #[error("{name} must be {range}")]
    Option {
        /// The option.
        name: &'static str,
        /// What it may be.
        range: &'static str,
    },
}

/// A simulated stream and what is true of it.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The events in the order of their time: streams `mediawiki.recentchange`,
    /// `mediawiki.page_change.v1` (reverts told by it only) and `mediawiki.revision-tags-change`.
    pub source: ReplaySource,
    /// One entry for each revision, in the order in which they were made.
    pub truth: Vec<Truth>,
}

/// Makes a stream of labelled edits: lines of JSON, plain or gzip, of one set or several. The
/// fields are described in `testdata/labelled/README.md`. Memory is bounded by the rows.
pub fn simulate(rows: &[u8], options: &SimulationOptions) -> Result<Simulation, SimulationError> {
    options.check()?;
    let rows = rows::read(rows)?;
    let mut dice = ChaCha8Rng::seed_from_u64(options.seed);
    let drafts = cast::cast(rows, options, &mut dice);
    let (events, truth) = run::run(drafts, options, dice);
    let source = ReplaySource::from_bytes("simulation", &events)?;
    Ok(Simulation { source, truth })
}

/// Simulates the labelled edits that are part of the binary: PAN-WVC-11 and KI-2022, whose origin
/// and licences are in `testdata/labelled/README.md`.
pub fn bundled(options: &SimulationOptions) -> Result<Simulation, SimulationError> {
    simulate(&[PAN, KI].concat(), options)
}

impl SimulationOptions {
    fn check(&self) -> Result<(), SimulationError> {
        let refuse = |name, range| Err(SimulationError::Option { name, range });
        if !(self.days > 0.0 && self.days <= MAX_DAYS) {
            return refuse("days", "above 0 and at most 3650");
        }
        if !(0.0..=MAX_DAYS).contains(&self.trailing_days) {
            return refuse("trailing_days", "from 0 to 3650");
        }
        let last_ms = (2.0 * MAX_DAYS * cast::DAY_MS) as i64;
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
    fn all(&self) -> [f64; 4] {
        [self.undo, self.rollback, self.tag, self.page_change]
    }
}

impl NoiseShares {
    fn all(&self) -> [f64; 4] {
        [self.self_revert, self.bot, self.mention, self.war]
    }
}
