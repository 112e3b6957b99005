//! `wikisentry models show`: one card.

use super::super::help::{self, Code};
use super::{Models, VersionName, refusal};
use crate::cli::{Context, completing};
use crate::error::{ExitStatus, Result};
use crate::models::Listed;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// Number of the version, `champion` or `previous`
    #[arg(value_name = "VERSION", default_value = "champion", add = completing::versions())]
    version: VersionName,
}

const ABOUT: &str = "\
Recall at 1 % is the share of all damage that is found if the riskiest hundredth of the edits is
reviewed. Intervals hold 95 %. The whole card, with whatever else it says, is in the JSON. Accuracy
is not shown: where six edits in a hundred are damage, a model that finds none has 94 %.";

const CODES: &[Code] = &[
    (ExitStatus::Usage, "there is no such version"),
    (ExitStatus::Preflight, "the card cannot be read"),
];

const EXAMPLES: &str = "
  wikisentry models show
  wikisentry models show 3
  wikisentry models show previous --output json | jq .card.metrics";

pub(super) fn run(args: Args, models: &Models, context: &Context) -> Result<ExitStatus> {
    let (version, card) = models.find(args.version)?;
    let aliases = models.registry.aliases().map_err(refusal)?;
    let ruling = models.registry.ruling().map_err(refusal)?;
    let listed = Listed::of(&version, aliases, &ruling);
    context.report.model_card(&listed, &card)?;
    Ok(ExitStatus::Fine)
}
