//! Every command that a message or a page of the documentation advises is one that can be typed.

use super::Cli;
use clap::Parser;
use clap::error::ErrorKind;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What stands for something that the reader puts in.
const PLACEHOLDERS: [(&str, &str); 7] = [
    (
        "HEX",
        "0000000000000000000000000000000000000000000000000000000000000000",
    ),
    // What EXTENDING.md calls a command that is to be added.
    ("wikisentry x", "wikisentry status"),
    ("{first}:{wanted}", "enwiki:1"),
    ("…", "1"),
    ("SHELL", "bash"),
    ("VERSION", "1"),
    (" N", " 1"),
];

/// Files that put commands together or take them apart.
const OURS: [&str; 2] = ["cli/advised.rs", "cli/context.rs"];

/// All files below a folder that end so.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// The commands between backticks in a text, with what stands for something filled in.
fn commands(text: &str) -> Vec<String> {
    let pieces = text
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    let commands = pieces.filter(|piece| piece.starts_with("wikisentry "));
    let filled = commands.map(|command| {
        let mut command = command.to_owned();
        for (placeholder, value) in PLACEHOLDERS {
            command = command.replace(placeholder, value);
        }
        // Whatever else a message fills in is a number.
        while let Some((before, rest)) = command.split_once('{') {
            let (_, after) = rest.split_once('}').unwrap_or_default();
            command = format!("{before}1{after}");
        }
        command
    });
    filled.collect()
}

/// The message of a string literal, as it is when it is written.
fn literals(source: &str) -> String {
    let code = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let mut text = String::new();
    for line in code {
        match line.strip_suffix('\\') {
            Some(goes_on) => text.push_str(goes_on.trim_start()),
            None => {
                text.push_str(line.trim_start());
                text.push('\n');
            }
        }
    }
    text
}

/// Why a command line cannot be typed.
fn fault(command: &str) -> Option<String> {
    // What is behind a pipe or a redirection is the shell's.
    let ours = command
        .split(['|', '>', ';', '&'])
        .next()
        .unwrap_or_default();
    let words: Vec<&str> = ours
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'']))
        .collect();
    let answer = Cli::try_parse_from(words).err()?;
    let is_fine = match answer.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        // A command or a group of commands is named, and what it takes is left to the reader.
        ErrorKind::MissingRequiredArgument
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => true,
        ErrorKind::InvalidValue => answer.to_string().contains("none was supplied"),
        _ => false,
    };
    (!is_fine).then(|| answer.to_string())
}

#[test]
fn what_is_advised_can_be_typed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    files(&root.join("src"), ".rs", &mut sources);
    files(&root.join("crates"), ".rs", &mut sources);
    let mut pages = vec![root.join("README.md")];
    files(&root.join("docs"), ".md", &mut pages);
    let mut advised: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in sources
        .iter()
        .filter(|path| !OURS.iter().any(|ours| path.ends_with(ours)))
    {
        let text = literals(&std::fs::read_to_string(path).unwrap());
        advised.extend(
            commands(&text)
                .into_iter()
                .map(|command| (command, path.clone())),
        );
    }
    for path in &pages {
        let text = std::fs::read_to_string(path).unwrap();
        let in_text = commands(&text).into_iter();
        let typed = text.lines().filter_map(|line| line.strip_prefix("$ "));
        let typed = typed
            .filter(|line| line.starts_with("wikisentry "))
            .map(str::to_owned);
        advised.extend(in_text.chain(typed).map(|command| (command, path.clone())));
    }
    assert!(advised.len() > 80, "{}", advised.len());
    let faults: Vec<String> = advised
        .iter()
        .filter_map(|(command, path)| {
            let fault = fault(command)?;
            Some(format!("{}: `{command}`\n{fault}", path.display()))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_command_that_does_not_exist_is_found() {
    assert!(fault("wikisentry up --nonsense").is_some());
    assert!(fault("wikisentry models promote champion").is_some());
    assert_eq!(fault("wikisentry status | true"), None);
    assert_eq!(
        commands("say `wikisentry logs {service}` or `ls`"),
        ["wikisentry logs 1"]
    );
}
