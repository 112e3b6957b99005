//! `wikisentry models promote`: makes a version the champion if its card allows, or by force.

use super::super::help::{self, Code};
use super::{Models, refusal};
use crate::cli::{Context, completing};
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use crate::models::{Verdict, findings, verdict, was_better};
use serde_json::{Value, json};
use wikisentry_core::model::Card;
use wikisentry_lake::registry::{Aliases, RegistryError, Ruling};

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// Number of the version
    #[arg(value_name = "VERSION", value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(add = completing::version_numbers())]
    version: u32,

    /// Promote it though its card does not say that it is better
    #[arg(long)]
    force: bool,
}

const ABOUT: &str = "\
A version that is damaged, or was trained for another build, is refused even if forced. To promote
the champion again, or a version that is the same model, changes nothing.

What a person says goes before what a retraining may do: a model that was rolled back is promoted,
and that it was rolled back no longer counts; a champion that is held makes room, and the new one is
held. A newer champion that makes room for an older version counts as rolled back.";

const CODES: &[Code] = &[
    (ExitStatus::Usage, "there is no such version"),
    (
        ExitStatus::Refused,
        "it is damaged, was found no better, or was never compared; or the champion moved meanwhile",
    ),
];

const EXAMPLES: &str = "
  wikisentry models promote 3
  wikisentry models promote 2 --force
  wikisentry models promote 3 --output json | jq .champion";

/// Promotes the version.
///
/// # Errors
/// With exit code 2 if there is no such version, 7 if it is refused.
pub(super) fn run(args: Args, models: &Models, context: &Context) -> Result<ExitStatus> {
    let (registry, label) = (&models.registry, models.label(args.version));
    let champion = match registry.champion_version() {
        // It names none, and is replaced.
        Err(RegistryError::Alias { .. }) => None,
        read => read.map_err(refusal)?,
    };
    let loaded = registry.load(args.version).map_err(refusal)?;
    let card = loaded.scorer.card();
    let verdict = verdict(card);
    let is_champion = champion == Some(args.version);
    if let Some(same) = champion.filter(|_| !is_champion)
        && is_same_model(card, same, models)
    {
        return unchanged(&label, same, models, context);
    }
    let is_allowed = was_better(card) || is_champion;
    if !is_allowed && !args.force {
        return Err(not_better(&label, args.version, card, verdict));
    }
    let before = match registry.ruling() {
        Err(RegistryError::Alias { .. }) => Ruling::default(),
        read => read.map_err(refusal)?,
    };
    let done = models.to_change()?.promote(args.version, champion);
    let done = done.map_err(refusal)?;
    let is_forced = done.changed && !is_allowed;
    let aliases = &done.aliases;
    let data = answer(models, aliases, done.changed, is_forced);
    context.report.data(&data, || {
        let previous = aliases.previous.map(|previous| models.label(previous));
        let before = previous.unwrap_or_else(|| "the model inside the program".to_owned());
        match done.changed {
            true => format!("{label} is the champion now; before it was {before}\n"),
            false => format!("{label} is the champion already\n"),
        }
    })?;
    if is_forced {
        let why = match verdict {
            Some(Verdict::Kept(reason)) => reason,
            _ => "its card carries no decision".to_owned(),
        };
        context
            .report
            .warn(format_args!("promoted by force: {why}"));
    }
    if done.changed {
        note_rulings(&before, card, aliases.previous, models, context)?;
        models.note_reload(context);
    }
    Ok(ExitStatus::Fine)
}

/// What has become of the aliases, for scripts.
fn answer(models: &Models, aliases: &Aliases, changed: bool, forced: bool) -> Value {
    json!({
        "name": models.registry.name(),
        "champion": aliases.champion,
        "previous": aliases.previous,
        "changed": changed,
        "forced": forced,
    })
}

/// Whether a version scores as the champion does: the same trees, weights, calibration and classes.
fn is_same_model(card: &Card, champion: u32, models: &Models) -> bool {
    models.registry.card(champion).is_ok_and(|champion| {
        champion
            .model_sha256
            .eq_ignore_ascii_case(&card.model_sha256)
            && champion.text_risk_sha256 == card.text_risk_sha256
            && champion.calibration == card.calibration
            && champion.classes == card.classes
    })
}

fn unchanged(label: &str, champion: u32, models: &Models, context: &Context) -> Result<ExitStatus> {
    let aliases = models.registry.aliases().map_err(refusal)?;
    let data = answer(models, &aliases, false, false);
    context.report.data(&data, || {
        let champion = models.label(champion);
        format!("{label} is the same model as {champion}, which is the champion already\n")
    })?;
    Ok(ExitStatus::Fine)
}

/// What becomes of people's earlier rulings.
fn note_rulings(
    before: &Ruling,
    card: &Card,
    replaced: Option<u32>,
    models: &Models,
    context: &Context,
) -> Result<()> {
    let report = &context.report;
    if let Some(rolled_back) = before.rolled_back(&card.model_sha256) {
        report.note(format_args!(
            "it was rolled back as {} at {}; that no longer counts",
            models.label(rolled_back.version),
            rolled_back.at
        ));
    }
    if let Some(hold) = &before.hold {
        report.note(format_args!("the champion stays held {hold}"));
    }
    models.note_rolled_back(replaced, context)
}

/// The reason, with the numbers of every check.
fn not_better(label: &str, version: u32, card: &Card, verdict: Option<Verdict>) -> Error {
    let Some(Verdict::Kept(reason)) = verdict else {
        return ExpectedError::refused(format!("{label} was never compared with a champion"))
            .because("its card carries no decision")
            .help(format!(
                "see `wikisentry models compare champion {version}`; `wikisentry models promote \
                 {version} --force` promotes it anyway"
            ))
            .into();
    };
    let what = format!("{label} was found no better than the champion at the time");
    let findings = findings(card);
    let against: Vec<_> = findings.iter().filter(|finding| !finding.passed).collect();
    let reason = Some(reason).filter(|_| against.is_empty());
    ExpectedError::refused(what)
        .because_each(reason)
        .because_each(against.iter().map(|finding| &finding.text))
        .help(format!(
            "`wikisentry models show {version}` has all figures; `wikisentry models promote \
             {version} --force` promotes it anyway"
        ))
        .into()
}
