//! `wikisentry retrain`: learns from what was reverted, and takes a better model into use.

mod follow;
mod now;
mod outlook;

use super::Context;
use super::help::{self, Code};
use crate::error::{ExitStatus, Result};

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// Retrain now, or follow the retraining that goes on
    #[arg(long)]
    now: bool,

    /// Only if there is enough that is new: as the schedule does
    #[arg(long, requires = "now", hide = true)]
    scheduled: bool,
}

const ABOUT: &str = "\
Without --now it says when the model was retrained last, how that ended, and when it will be next:
`learning.every` after the last attempt began, or after the platform was first started.

A retraining labels the archived edits, builds a data set, trains a candidate, holds it to the
champion on newer edits that neither has learnt from, and makes it the champion only if it is
better. Interrupted, it changes nothing. `wikisentry models rollback` undoes it, for good;
`wikisentry models hold` keeps the champion whatever is found. If a retraining goes on already,
--now follows it and answers what that answers.";

const CODES: &[Code] = &[
    (ExitStatus::Fine, "the candidate is the champion now"),
    (
        ExitStatus::Preflight,
        "there is not enough to learn from, or something cannot be read or written",
    ),
    (
        ExitStatus::Refused,
        "the candidate is no better, or the retraining that it followed was stopped: the champion stays",
    ),
    (ExitStatus::Interrupted, "the champion stays"),
];

const EXAMPLES: &str = "
  wikisentry retrain
  wikisentry retrain --now
  wikisentry retrain --now --output json | jq .decision.findings";

/// Retrains, or says when.
///
/// # Errors
/// With exit code 3 if there is too little to learn from, 7 if the candidate is refused.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    if args.now {
        now::run(args.scheduled, context)
    } else {
        outlook::run(context)
    }
}
