//! `wikisentry init`: asks a few questions and writes the commented settings file.

use super::Context;
use super::help::{self, Code};
use crate::components;
use crate::config::{self, Override, Profile, REQUIRED, Size, Sources, template};
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use clap::ValueEnum;
use dialoguer::{Input, Select};
use std::io::{self, IsTerminal, Write};
use std::path::Path;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of("", CODES, EXAMPLES))]
pub struct Args {
    /// E-mail address or web page where Wikimedia can reach you; its feed asks for one
    #[arg(long, value_parser = contact)]
    contact: Option<String>,

    /// What runs the platform [default: auto]
    #[arg(long)]
    profile: Option<Profile>,

    /// How large the host is [default: auto]
    #[arg(long)]
    size: Option<Size>,

    /// Ask nothing; take the defaults where no flag says otherwise
    #[arg(long, short)]
    yes: bool,

    /// Replace a settings file that is there already
    #[arg(long)]
    force: bool,
}

const CODES: &[Code] = &[(
    ExitStatus::Refused,
    "the file is there, and not to be replaced",
)];

const EXAMPLES: &str = "
  wikisentry init
  wikisentry init --yes --contact me@example.org
  wikisentry --config ./wikisentry.toml init --size small";

/// Asks, and writes the file.
///
/// # Errors
/// If the file is there already (refused without `--force`) or cannot be written.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let path = context.location()?.path;
    if path.exists() && !args.force {
        return Err(exists(&path).into());
    }
    let ask = !args.yes && io::stdin().is_terminal() && io::stderr().is_terminal();
    let contact = answer(args.contact, ask, ask_contact)?.unwrap_or_default();
    let profile = answer(args.profile, ask, || choose("What runs the platform"))?;
    let size = answer(args.size, ask, || choose("How large this host is"))?;
    // Only what differs from the defaults is set.
    let given = [
        ("profile", profile.map_or("auto", Profile::name), "auto"),
        ("size", size.map_or("auto", Size::name), "auto"),
        ("source.contact", &contact, ""),
    ];
    let set = given.iter().filter(|(_, answer, usual)| answer != usual);
    let set: Vec<_> = set
        .map(|(key, answer, _)| (*key, (*answer).into()))
        .collect();
    let mut set: Vec<(&str, toml::Value)> = set;
    if profile == Some(Profile::Kubernetes) {
        // To be filled in.
        set.extend(REQUIRED.map(|(key, _)| (key, "".into())));
    }
    let file = template::render(&components::sections(), &set);
    let name = path.display().to_string();
    // Who gave a value that cannot be is the flag: there is no such file yet.
    let flag = |key: &str, value: &str| Override {
        key: key.to_owned(),
        value: value.to_owned(),
        flag: format!("--{}", key.trim_start_matches("source.")),
    };
    let given = given.iter().filter(|(_, answer, usual)| answer != usual);
    let sources = Sources {
        file: Some((name, file.clone())),
        overrides: given.map(|(key, answer, _)| flag(key, answer)).collect(),
        ..Sources::default()
    };
    // What it writes can be run.
    config::resolve(&sources, &components::sections())?;
    write(&path, &file, args.force)?;
    if context.report.is_json() {
        context.report.json(&serde_json::json!({"config": path}))?;
    }
    let wrote = format!("wrote {}", path.display());
    context.report.note(wrote);
    if profile == Some(Profile::Kubernetes) {
        let keys = REQUIRED.map(|(key, _)| key);
        context.report.warn(format!(
            "{} are empty: fill them in, see docs/KUBERNETES.md; then `wikisentry doctor`",
            keys.join(", ")
        ));
    } else if contact.is_empty() {
        context.report.warn(
            "source.contact is empty: Wikimedia's feed needs one; \
             set it in the file, or run `wikisentry init --force --contact YOU@EXAMPLE.ORG`",
        );
    } else {
        let next = context.about(None).up_command();
        context.report.note(format_args!("next: `{next}`"));
    }
    Ok(ExitStatus::Fine)
}

/// A flag's value, else the answer to the question if one may ask.
fn answer<T>(
    flag: Option<T>,
    ask: bool,
    question: impl FnOnce() -> Result<T>,
) -> Result<Option<T>> {
    match flag {
        None if ask => question().map(Some),
        flag => Ok(flag),
    }
}

fn ask_contact() -> Result<String> {
    Input::<String>::new()
        .with_prompt("Your e-mail address or web page, for Wikimedia (empty to skip)")
        .allow_empty(true)
        .validate_with(|text: &String| contact(text).map(drop))
        .interact_text()
        .map_err(unanswered)
}

/// Lets the user choose between the values of an option; its first is the default.
fn choose<T: ValueEnum + Copy>(question: &str) -> Result<T> {
    let (choices, labels): (Vec<T>, Vec<String>) = choices::<T>().into_iter().unzip();
    let chosen = Select::new()
        .with_prompt(question)
        .items(&labels)
        .default(0)
        .report(false)
        .interact()
        .map_err(unanswered)?;
    Ok(choices[chosen])
}

/// The values of an option that can be had, each with what it is.
fn choices<T: ValueEnum + Copy>() -> Vec<(T, String)> {
    let label = |choice: &T| {
        let value = choice.to_possible_value().filter(|it| !it.is_hide_set())?;
        let about = value.get_help()?;
        Some((*choice, format!("{:<10}  {about}", value.get_name())))
    };
    T::value_variants().iter().filter_map(label).collect()
}

/// An e-mail address or a web address, or nothing; what Wikimedia's User-Agent policy asks for.
fn contact(text: &str) -> Result<String, String> {
    let text = text.trim();
    let address = text
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    let page = text.starts_with("https://") || text.starts_with("http://");
    let one_word = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.is_empty() || (one_word && (address || page)) {
        Ok(text.to_owned())
    } else {
        Err("it is neither an e-mail address nor a web address".to_owned())
    }
}

/// The file appears whole or not at all, and only its owner may read it: it may come to hold the
/// headers of a webhook.
fn write(path: &Path, text: &str, replace: bool) -> Result<()> {
    // A link into somebody's dotfiles stays a link.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let attempt = || -> io::Result<bool> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        let moved = if replace {
            file.persist(path)
        } else {
            file.persist_noclobber(path)
        };
        match moved {
            Ok(_) => Ok(true),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.error),
        }
    };
    match attempt() {
        Ok(true) => Ok(()),
        Ok(false) => Err(exists(path).into()),
        Err(error) => Err(Error::from(
            ExpectedError::preflight(format!("cannot write {}", path.display()))
                .caused_by(&error)
                .help("name another file with --config FILE"),
        )),
    }
}

fn exists(path: &Path) -> ExpectedError {
    ExpectedError::refused(format!("{} is there already", path.display()))
        .help("edit it, or replace it with `wikisentry init --force`")
}

fn unanswered(error: dialoguer::Error) -> Error {
    ExpectedError::usage("the question was not answered")
        .caused_by(&error)
        .help("answer with flags instead: `wikisentry init --help`")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every profile and size that is offered passes the checks that `up` makes.
    #[test]
    fn what_is_offered_can_be_run() {
        fn offered<T: ValueEnum + Copy>(name: fn(T) -> &'static str) -> Vec<&'static str> {
            let choices = choices().into_iter();
            choices.map(|(choice, _)| name(choice)).collect()
        }
        let profiles = offered(Profile::name);
        assert_eq!(profiles, ["auto", "embedded", "k3d", "kubernetes"]);
        let sizes = offered(Size::name);
        assert_eq!(sizes.len(), Size::value_variants().len());
        for (key, value) in
            (profiles.iter().map(|it| ("profile", it))).chain(sizes.iter().map(|it| ("size", it)))
        {
            let sources = Sources {
                overrides: vec![Override {
                    key: key.to_owned(),
                    value: (*value).to_owned(),
                    flag: format!("--{key}"),
                }],
                ..Sources::default()
            };
            let resolved = config::resolve(&sources, &components::sections());
            assert!(resolved.is_ok(), "{key} {value}: {resolved:?}");
        }
    }
}
