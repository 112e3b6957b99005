//! `wikisentry models`: the versions of the model, and which of them scores. Works on the files,
//! whether the platform runs or not.

mod compare;
mod export;
mod hold;
mod import;
mod list;
mod promote;
mod release;
mod rollback;
mod show;

use super::Context;
use crate::config::Settings;
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use crate::models::was_better;
use crate::platform::Platform;
use clap::Subcommand;
use std::str::FromStr;
use wikisentry_core::model::Card;
use wikisentry_lake::registry::{Registry, RegistryError, Version};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show all versions: when and on what they were trained, how good they are, what was decided
    List(list::Args),
    /// Show the card of a version
    Show(show::Args),
    /// Show the cards of two versions side by side
    Compare(compare::Args),
    /// Make a version the champion, which scores every edit from then on
    ///
    /// Only a version whose card says that it was found better than the champion at the time,
    /// unless it is forced. Running processes take it up within model.reload_interval, between two
    /// batches; no edit is dropped.
    Promote(promote::Args),
    /// Go back to the champion before this one
    ///
    /// Champion and previous one change places; a second rollback takes it back. Running processes
    /// take it up within model.reload_interval.
    Rollback(rollback::Args),
    /// Keep the champion: a retraining makes and judges candidates, and promotes none
    Hold(hold::Args),
    /// Let a retraining replace the champion again
    Release(release::Args),
    /// Write the files of a version to a folder, to take it elsewhere
    Export(export::Args),
    /// Add a version from a folder that `export` wrote; it is not promoted
    Import(import::Args),
}

impl Args {
    /// Whether it writes at a place that the user names.
    pub(super) fn writes_for_others(&self) -> bool {
        matches!(self.action, Action::Export(_))
    }
}

/// Runs one of the actions.
///
/// # Errors
/// With exit code 2 if there is no such version, 3 if the registry cannot be read, 7 if what was
/// asked is refused, or would change a state folder that holds what is not ours.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let models = Models::open(context)?;
    match args.action {
        Action::List(args) => list::run(args, &models, context),
        Action::Show(args) => show::run(args, &models, context),
        Action::Compare(args) => compare::run(args, &models, context),
        Action::Promote(args) => promote::run(args, &models, context),
        Action::Rollback(args) => rollback::run(args, &models, context),
        Action::Hold(args) => hold::run(args, &models, context),
        Action::Release(args) => release::run(args, &models, context),
        Action::Export(args) => export::run(args, &models, context),
        Action::Import(args) => import::run(args, &models, context),
    }
}

/// The registry that the settings name.
pub(super) struct Models {
    pub(super) registry: Registry,
    pub(super) settings: Settings,
    /// Drives the requests of a registry in a store.
    platform: Platform,
}

impl Models {
    pub(super) fn open(context: &Context) -> Result<Self> {
        let platform = context.platform()?;
        context.note_recording()?;
        Ok(Self {
            registry: platform.models()?,
            settings: platform.settings().clone(),
            platform,
        })
    }

    /// The registry, to be written: the state folder is made ours first, or the command refused.
    fn to_write(&self) -> Result<&Registry> {
        self.platform.claim_models(true)?;
        Ok(&self.registry)
    }

    /// The same where only what is there is changed: a state without models is left as it is.
    fn to_change(&self) -> Result<&Registry> {
        self.platform.claim_models(false)?;
        Ok(&self.registry)
    }

    fn label(&self, version: u32) -> String {
        format!("{}/{version}", self.registry.name())
    }

    /// The number of a version that is asked for; `None` for the model inside the program.
    pub(super) fn number(&self, wanted: VersionName) -> Result<Option<u32>> {
        let aliases = || self.registry.aliases().map_err(refusal);
        match wanted {
            VersionName::Number(number) => Ok(Some(number)),
            VersionName::Champion => Ok(aliases()?.champion),
            VersionName::Previous => match aliases()?.previous {
                Some(number) => Ok(Some(number)),
                None => {
                    let name = self.registry.name();
                    ExpectedError::usage(format!("{name} has had no other champion"))
                        .help("`wikisentry models list` shows the versions")
                        .fail()
                }
            },
        }
    }

    /// A version that is asked for, and its card, however the model beside it may be.
    fn find(&self, wanted: VersionName) -> Result<(Version, Card)> {
        let Some(number) = self.number(wanted)? else {
            return built_in();
        };
        let Some(version) = self.registry.version(number) else {
            let name = self.registry.name().to_owned();
            let version = number;
            return Err(refusal(RegistryError::NoVersion { name, version }));
        };
        match version.card.clone() {
            Some(card) => Ok((version, card)),
            None => Err(self.unreadable(number, version.fault)),
        }
    }

    fn unreadable(&self, number: u32, fault: Option<RegistryError>) -> Error {
        let what = format!("the card of {} cannot be read", self.label(number));
        let error = ExpectedError::preflight(what);
        match &fault {
            Some(fault) => error.caused_by(fault),
            None => error,
        }
        .help("put the card back as it was; `wikisentry models list` shows the other versions")
        .into()
    }

    /// Says so if the version that was replaced counts as rolled back now.
    fn note_rolled_back(&self, replaced: Option<u32>, context: &Context) -> Result<()> {
        let ruling = self.registry.ruling().map_err(refusal)?;
        let mut all = ruling.rolled_back.iter();
        if let Some(found) = all.find(|one| Some(one.version) == replaced) {
            let card = self.registry.card(found.version);
            let force = match card.is_ok_and(|card| was_better(&card)) {
                true => "",
                false => " --force",
            };
            context.report.note(format_args!(
                "no retraining promotes {} again; `wikisentry models promote {}{force}` does",
                self.label(found.version),
                found.version
            ));
        }
        Ok(())
    }

    /// When running processes serve what was just chosen.
    fn note_reload(&self, context: &Context) {
        let every = self.settings.model.reload_interval;
        context.report.note(format_args!(
            "running processes take it up within {every:?} (model.reload_interval)"
        ));
    }
}

/// The model inside the binary, which scores where there is no champion yet.
fn built_in() -> Result<(Version, Card)> {
    let bootstrap = Registry::bootstrap_champion()?;
    let card = bootstrap.scorer.card().clone();
    let version = Version {
        number: card.version,
        card: Some(card.clone()),
        fault: None,
    };
    Ok((version, card))
}

/// A version by number or by name.
#[derive(Debug, Clone, Copy)]
pub(super) enum VersionName {
    Number(u32),
    Champion,
    Previous,
}

impl FromStr for VersionName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "champion" => Ok(Self::Champion),
            "previous" => Ok(Self::Previous),
            number => number
                .parse()
                .map(Self::Number)
                .map_err(|_| "it is neither a number nor `champion` nor `previous`".to_owned()),
        }
    }
}

/// What the user can do about it.
pub(super) fn refusal(error: RegistryError) -> Error {
    let list = "`wikisentry models list` shows the versions";
    let (refused, help) = match &error {
        RegistryError::NoVersion { .. } => {
            return ExpectedError::usage(error.to_string()).help(list).into();
        }
        RegistryError::NoPrevious { .. } => (
            ExpectedError::refused("there is nothing to go back to"),
            list,
        ),
        RegistryError::NoChampion { .. } => (
            ExpectedError::refused("there is no champion to hold"),
            "`wikisentry retrain --now` makes one",
        ),
        RegistryError::Conflict { .. } => (
            ExpectedError::refused("another process has moved the champion meanwhile"),
            "look at `wikisentry models list`, then decide again",
        ),
        RegistryError::Io { .. } => (
            ExpectedError::preflight("the registry cannot be read or written"),
            "make the state folder readable and writable, and make room on its disk",
        ),
        RegistryError::Alias { .. } => (
            ExpectedError::preflight("the registry is damaged"),
            "`wikisentry models promote N --force` chooses a champion; `wikisentry models list` shows \
             the versions",
        ),
        _ => (ExpectedError::refused("the version cannot be used"), list),
    };
    refused.caused_by(&error).help(help).into()
}
