//! `wikisentry models compare`: two cards side by side.

use super::super::help::{self, Code};
use super::{Models, VersionName};
use crate::cli::{Context, completing};
use crate::error::{ExitStatus, Result};
use crate::models;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// The one version: a number, `champion` or `previous`
    #[arg(value_name = "A", add = completing::versions())]
    a: VersionName,

    /// The other
    #[arg(value_name = "B", add = completing::versions())]
    b: VersionName,
}

const ABOUT: &str = "\
Differences are B less A. Where one of the two was measured on the other's edits, those figures are
shown; else those of each card, which may be of different edits, and this is said.";

const CODES: &[Code] = &[
    (ExitStatus::Usage, "there is no such version"),
    (ExitStatus::Preflight, "a card cannot be read"),
];

const EXAMPLES: &str = "
  wikisentry models compare previous champion
  wikisentry models compare 1 3 --output json \\
      | jq '.figures[] | select(.figure == \"pr_auc\")'";

pub(super) fn run(args: Args, models: &Models, context: &Context) -> Result<ExitStatus> {
    let (_, a) = models.find(args.a)?;
    let (_, b) = models.find(args.b)?;
    context.report.model_comparison(&models::compare(&a, &b))?;
    Ok(ExitStatus::Fine)
}
