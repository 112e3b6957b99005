//! A simulated stream: labelled edits as live events, and for each one labelled as damage the
//! revert that follows, with reverts around them that mean nothing. It gives a recording that
//! [`ReplaySource`] serves like any other, and what is true of every revision in it.
//!
//! # What is real and what is not
//! Wiki, title, user, summary and what is known of sizes are as published; a set that knows only
//! the difference of sizes gives events without `length`. Revisions get new numbers, above all
//! published numbers of the wiki and rising with time, so that a revert fits between any two edits;
//! the numbers that published summaries name lead nowhere. The parent of an edit is the page's
//! latest revision in the simulation, and for the first one the published parent. Each set's span
//! of time is stretched or squeezed onto [`SimulationOptions::days`]; the delays of reverts are not.
//! Every event is recognisable as simulated ([`is_simulated`](wikisentry_core::simulated)): the
//! bundled rows are those that the program's weights of `text_risk` were fitted on, so that no model is
//! judged by them.
//!
//! # Reverts
//! 53 % come within 30 minutes, 63 % within an hour, 95 % within a day, all within two; see
//! `delays`. Each is shown by one kind of evidence only, so that each kind can be judged by itself;
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

mod action;
mod cast;
mod delays;
mod error;
mod event;
mod options;
mod pages;
mod people;
mod rows;
mod run;
mod summaries;
mod truth;

#[cfg(test)]
mod tests;

pub use error::SimulationError;
pub use options::{Anonymous, NoiseShares, RevertShares, SimulationOptions};
pub use truth::{ExpectedLabel, RevertEvidence, Reverted, Truth};

use crate::source::ReplaySource;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const PAN: &[u8] = include_bytes!("../../../../testdata/labelled/pan11_en.jsonl.gz");
const KI: &[u8] = include_bytes!("../../../../testdata/labelled/ki2022_sample.jsonl.gz");

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
