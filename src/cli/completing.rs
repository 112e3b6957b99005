//! What a shell offers at the cursor: the program itself is asked, so that settings, topics and
//! versions can be completed, not only options.

use super::models::Models;
use super::{Cli, Context};
use crate::components;
use crate::config::{Entry, Profile, Size, Sources, resolve};
use crate::error::{ExitStatus, ExpectedError, Result};
use clap::{Command, CommandFactory, Parser, ValueEnum};
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use clap_complete::env::{CompleteEnv, Shells};
use std::ffi::{OsStr, OsString};
use wikisentry_replay::{Fault, ReplaySource};

/// The variable by which the scripts of `wikisentry completions` ask, with the name of the shell.
const VARIABLE: &str = "_WIKISENTRY_COMPLETE";

/// Answers a shell that asks what may stand at the cursor; `None` if it is a person who calls.
pub(super) fn answered(arguments: &[OsString]) -> Option<ExitStatus> {
    let folder = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(|| without_hidden(Cli::command())).var(VARIABLE);
    match asked.try_complete(arguments.iter().cloned(), folder.as_deref()) {
        Ok(true) => Some(ExitStatus::Fine),
        Ok(false) => None,
        // The variable names no shell; nobody would read a message.
        Err(_) => Some(ExitStatus::Usage),
    }
}

/// The command line of which nothing is offered that is hidden: it goes by a name that nobody types.
/// A shell would else be offered it once nothing else begins as what was typed.
fn without_hidden(command: Command) -> Command {
    const UNTYPED: &str = "\u{1}";
    let command = command.mut_args(|argument| match argument.is_hide_set() {
        true => argument.long(UNTYPED),
        false => argument,
    });
    command.mut_subcommands(|below| match below.is_hide_set() {
        true => below.name(UNTYPED),
        false => without_hidden(below),
    })
}

/// The script that makes a shell ask.
pub(super) fn script(shell: &str) -> Result<Vec<u8>> {
    if shell == "bash" {
        let script = include_str!("completions.bash").replace("VARIABLE", VARIABLE);
        return Ok(script.into_bytes());
    }
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(shell) else {
        return ExpectedError::usage(format!("there are no completions for {shell}")).fail();
    };
    let (name, mut script) = ("wikisentry", Vec::new());
    shell.write_registration(VARIABLE, name, name, name, &mut script)?;
    Ok(script)
}

/// A recording: those that the program has, and files.
pub(super) fn recordings() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let mut offered = begun(typed, ReplaySource::BUNDLED.map(str::to_owned));
        offered.extend(PathCompleter::file().complete(typed));
        offered
    })
}

/// A file, or standard input.
pub(super) fn files() -> ArgValueCompleter {
    ArgValueCompleter::new(PathCompleter::file().stdio())
}

/// Words that are understood besides numbers or addresses.
pub(super) fn words<const N: usize>(words: [&'static str; N]) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| begun(typed, words.map(str::to_owned)))
}

/// The components that run outside of the process.
pub(super) fn components() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let all = components::all();
        begun(typed, all.iter().map(|one| one.name.to_owned()))
    })
}

/// The last of several faults that commas join, with `=` behind it.
pub(super) fn faults() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let text = typed.to_string_lossy();
        let before = text.rfind(',').map_or("", |comma| &text[..=comma]);
        begun(
            typed,
            Fault::ALL.map(|fault| format!("{before}{}=", fault.name())),
        )
    })
}

/// Those that begin as what was typed.
fn begun(typed: &OsStr, words: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let words = words.into_iter();
    let begun = words.filter(|word| word.starts_with(&*typed));
    begun.map(CompletionCandidate::new).collect()
}

/// The settings, as `KEY=`, and with a key what is allowed, or the value that holds without it.
pub(super) fn settings() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let Ok(resolved) = resolve(&Sources::default(), &components::sections()) else {
            return Vec::new();
        };
        if let Some((named, _)) = typed.split_once('=') {
            let entry = resolved.entries().into_iter().find(|it| it.key == named);
            let values = entry.map_or_else(Vec::new, |entry| values(&entry));
            let set = values.into_iter().map(|value| format!("{named}={value}"));
            return begun(OsStr::new(&*typed), set);
        }
        let entries = resolved.entries().into_iter();
        let candidate = |Entry { key, value, .. }: Entry| {
            let candidate = CompletionCandidate::new(format!("{key}="));
            let shown = candidate.help(Some(value.to_string().into()));
            key.starts_with(&*typed).then_some(shown)
        };
        entries.filter_map(candidate).collect()
    })
}

/// The components that have something in the cluster.
pub(super) fn components_in_cluster() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let names = components::in_cluster().map(|component| component.name);
        let begun = names.filter(|name| name.starts_with(&*typed));
        begun.map(CompletionCandidate::new).collect()
    })
}

/// What a setting can be, where that is a few words, else what it is.
fn values(entry: &Entry) -> Vec<String> {
    fn names<T: ValueEnum>() -> Vec<String> {
        let values = T::value_variants().iter();
        let values = values.filter_map(ValueEnum::to_possible_value);
        let offered = values.filter(|value| !value.is_hide_set());
        offered.map(|value| value.get_name().to_owned()).collect()
    }
    match entry.key.as_str() {
        "profile" => names::<Profile>(),
        "size" => names::<Size>(),
        _ if entry.value.as_bool().is_some() => ["true", "false"].map(str::to_owned).to_vec(),
        _ => vec![entry.value.to_string().trim_matches('"').to_owned()],
    }
}

/// The versions of the model, and what they are called.
pub(super) fn versions() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let names = ["champion".to_owned(), "previous".to_owned()].into_iter();
        begun(typed, names.chain(numbers()))
    })
}

/// The numbers of the versions; none if they cannot be had, which is not said at a prompt.
pub(super) fn version_numbers() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| begun(typed, numbers()))
}

fn numbers() -> impl Iterator<Item = String> {
    let list = ["wikisentry", "--quiet", "models", "list"];
    let context = Cli::try_parse_from(list).map(|cli| Context::new(cli.global));
    let models = context.ok().and_then(|context| Models::open(&context).ok());
    let versions = models.and_then(|models| models.registry.versions().ok());
    let versions = versions.into_iter().flatten();
    versions.map(|version| version.number.to_string())
}
