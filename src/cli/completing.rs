//! What a shell offers at the cursor: the program itself is asked, so that settings, topics and
//! versions can be completed, not only options.

use super::models::Models;
use super::{Cli, Context};
use crate::components;
use crate::config::{Entry, Sources, resolve};
use crate::error::{ExitStatus, ExpectedError, Result};
use clap::{CommandFactory, Parser};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use std::ffi::{OsStr, OsString};

/// The variable by which the scripts of `wikisentry completions` ask, with the name of the shell.
const VARIABLE: &str = "_WIKISENTRY_COMPLETE";

/// Answers a shell that asks what may stand at the cursor; `None` if it is a person who calls.
pub(super) fn answered(arguments: &[OsString]) -> Option<ExitStatus> {
    let folder = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(Cli::command).var(VARIABLE);
    match asked.try_complete(arguments.iter().cloned(), folder.as_deref()) {
        Ok(true) => Some(ExitStatus::Fine),
        Ok(false) => None,
        // The variable names no shell; nobody would read a message.
        Err(_) => Some(ExitStatus::Usage),
    }
}

/// The script that makes a shell ask.
pub(super) fn script(shell: &str) -> Result<Vec<u8>> {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(shell) else {
        return ExpectedError::usage(format!("there are no completions for {shell}")).fail();
    };
    let (name, mut script) = ("wikisentry", Vec::new());
    shell.write_registration(VARIABLE, name, name, name, &mut script)?;
    Ok(script)
}

/// The settings, as `KEY=`, and with a key the value that holds without it.
pub(super) fn settings() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let Ok(resolved) = resolve(&Sources::default(), &components::sections()) else {
            return Vec::new();
        };
        let entries = resolved.entries().into_iter();
        let candidate = |Entry { key, value, .. }: Entry| {
            let value = value.to_string();
            match typed.split_once('=') {
                Some((named, _)) if named == key => {
                    let value = value.trim_matches('"');
                    Some(CompletionCandidate::new(format!("{key}={value}")))
                }
                None if key.starts_with(&*typed) => {
                    let candidate = CompletionCandidate::new(format!("{key}="));
                    Some(candidate.help(Some(value.into())))
                }
                _ => None,
            }
        };
        entries.filter_map(candidate).collect()
    })
}

/// The components that have something in the cluster.
pub(super) fn components() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let names = components::in_cluster().map(|component| component.name);
        let begun = names.filter(|name| name.starts_with(&*typed));
        begun.map(CompletionCandidate::new).collect()
    })
}

/// The versions of the model, and what they are called.
pub(super) fn versions() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let names = ["champion".to_owned(), "previous".to_owned()].into_iter();
        let all = names.chain(numbers());
        let begun = all.filter(|name| name.starts_with(&*typed));
        begun.map(CompletionCandidate::new).collect()
    })
}

/// The numbers of the versions; none if they cannot be had, which is not said at a prompt.
pub(super) fn version_numbers() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let begun = numbers().filter(|name| name.starts_with(&*typed));
        begun.map(CompletionCandidate::new).collect()
    })
}

fn numbers() -> impl Iterator<Item = String> {
    let list = ["wikisentry", "--quiet", "models", "list"];
    let context = Cli::try_parse_from(list).map(|cli| Context::new(cli.global));
    let models = context.ok().and_then(|context| Models::open(&context).ok());
    let versions = models.and_then(|models| models.registry.versions().ok());
    let versions = versions.into_iter().flatten();
    versions.map(|version| version.number.to_string())
}
