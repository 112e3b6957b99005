//! `wikisentry man FOLDER`: the manual pages, one for each command, for packages. Hidden: people have
//! `--help`, which they are made of.

use super::help::{ENVIRONMENT, EXAMPLES, EXIT_CODES, Part, parts};
use super::{Cli, Context};
use crate::error::{ExitStatus, ExpectedError, Result};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder that they are written to
    #[arg(value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,
}

/// Writes `wikisentry.1`, `wikisentry-up.1` and the rest.
///
/// # Errors
/// With exit code 3 if the folder cannot be made or written.
pub fn run(args: Args, _: &Context) -> Result<ExitStatus> {
    let folder = &args.folder;
    let made = std::fs::create_dir_all(folder);
    // One line: the header of a page has no room for what `--version` says.
    let command = Cli::command().version(env!("CARGO_PKG_VERSION"));
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let written = made.and_then(|()| write(&command, folder));
    written.map_err(|error| {
        ExpectedError::preflight(format!("cannot write {}", folder.display()))
            .caused_by(&error)
            .help("name a folder that you can write")
    })?;
    Ok(ExitStatus::Fine)
}

/// The pages of a command and of those below it.
fn write(command: &Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        write(below, folder)?;
    }
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    render(&man, command, &mut page)?;
    std::fs::write(folder.join(man.get_filename()), page)
}

/// A page, in the order of sections that manuals have.
fn render(man: &Man, command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let about = command.get_after_long_help().map(ToString::to_string);
    let sections = Sections::of(&about.unwrap_or_default());
    man.render_title(page)?;
    // Neither words broken at hyphens, which commands have, nor lines stretched to the margin.
    Roff::new()
        .control("nh", [])
        .control("ad", ["l"])
        .to_writer(page)?;
    man.render_name_section(page)?;
    synopsis(command).to_writer(page)?;
    man.render_description_section(page)?;
    sections.description.to_writer(page)?;
    man.render_options_section(page)?;
    if command.get_subcommands().any(|below| !below.is_hide_set()) {
        man.render_subcommands_section(page)?;
    }
    sections.others.to_writer(page)?;
    page.flush()
}

/// How the command is typed, as `--help` has it: flags have their values in the section of options.
fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let mut synopsis = Roff::new();
    synopsis.control("SH", ["SYNOPSIS"]);
    synopsis.control("nf", []);
    for line in usage.strip_prefix("Usage:").unwrap_or(&usage).lines() {
        synopsis.text([roman(line.trim())]);
    }
    synopsis.control("fi", []);
    synopsis
}

/// The long help of a command as a manual has it.
struct Sections {
    /// What goes on below what the command is in short.
    description: Roff,
    others: Roff,
}

impl Sections {
    fn of(long_help: &str) -> Self {
        let mut sections = Self {
            description: Roff::new(),
            others: Roff::new(),
        };
        let mut title = String::new();
        for part in parts(long_help) {
            match part {
                Part::Title(it) => {
                    title = it;
                    sections.begin(&title);
                }
                Part::Paragraph(text) => {
                    title.clear();
                    sections.description.control("PP", []);
                    sections.description.text([roman(text)]);
                }
                Part::Entry(name, about) => {
                    let page = match section(&title) {
                        Some(_) => &mut sections.others,
                        None => &mut sections.description,
                    };
                    entry(page, &name, &about);
                }
            }
        }
        sections
    }

    fn begin(&mut self, title: &str) {
        match section(title) {
            Some(heading) => _ = self.others.control("SH", [heading]),
            None => {
                self.description.control("PP", []);
                self.description.text([roman(format!("{title}:"))]);
            }
        }
    }
}

/// The section of the manual for the entries under a title; others belong to the description.
fn section(title: &str) -> Option<&'static str> {
    match title {
        EXIT_CODES => Some("EXIT STATUS"),
        ENVIRONMENT => Some("ENVIRONMENT"),
        EXAMPLES => Some("EXAMPLES"),
        _ => None,
    }
}

/// A name with what it is below it, or lines to type, as they are.
fn entry(page: &mut Roff, name: &str, about: &str) {
    if !about.is_empty() {
        page.control("TP", []);
        page.text([bold(name)]);
        page.text([roman(about)]);
        return;
    }
    page.control("PP", []);
    page.control("nf", []);
    for line in name.lines() {
        let line: Inline = bold(line);
        page.text([line]);
    }
    page.control("fi", []);
}
