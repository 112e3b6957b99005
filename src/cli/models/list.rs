//! `wikisentry models list`: all versions, damaged ones with the reason.

use super::super::help;
use super::{Models, refusal};
use crate::cli::Context;
use crate::error::{ExitStatus, Result};
use crate::models::Listed;
use wikisentry_lake::registry::{Aliases, RegistryError, Ruling};

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, &[], EXAMPLES))]
pub struct Args {}

const ABOUT: &str = "\
Figures are those of the version's own card, and each was measured on the data that its line names:
`own test` are edits held back from that training. Figures of different data cannot be compared;
`wikisentry models compare` takes the same edits where it can, and has the 95 % intervals. A version
whose files are damaged, or that was trained for another build, is listed with the reason.";

const EXAMPLES: &str = "
  wikisentry models list
  wikisentry models list --output json \\
      | jq -r 'select(.fault == null) | .version'";

/// Lists the versions.
///
/// # Errors
/// With exit code 3 if the registry cannot be read.
pub(super) fn run(_: Args, models: &Models, context: &Context) -> Result<ExitStatus> {
    let versions = models.registry.versions().map_err(refusal)?;
    let named = models.registry.aliases();
    let (aliases, ruling) = match named.and_then(|it| Ok((it, models.registry.ruling()?))) {
        // A person can choose one of the versions.
        Err(error @ RegistryError::Alias { .. }) => {
            context.report.warn(format_args!(
                "{error}; no version is the champion until `wikisentry models promote N --force` \
                 chooses one"
            ));
            (Aliases::default(), Ruling::default())
        }
        read => read.map_err(refusal)?,
    };
    let listed: Vec<_> = versions
        .iter()
        .map(|it| Listed::of(it, aliases, &ruling))
        .collect();
    if listed.is_empty() {
        if !context.report.is_json() {
            context.report.line(
                "no versions yet: edits are scored by the model inside the program, which \
                 `wikisentry up` puts here",
            )?;
        }
        return Ok(ExitStatus::Fine);
    }
    context.report.model_versions(&listed)?;
    if let [.., a, b] = listed.as_slice()
        && !context.report.is_json()
    {
        context.report.note(format_args!(
            "each is measured on the data that its line names; `wikisentry models compare {} {}` \
             compares",
            a.version, b.version
        ));
    }
    if let Some(hold) = &ruling.hold {
        context.report.note(format_args!(
            "the champion is held {hold}; `wikisentry models release` lets a retraining replace it"
        ));
    }
    Ok(ExitStatus::Fine)
}
