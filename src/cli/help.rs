//! What `--help` adds below the list of options, and the manual pages in sections of their own: the
//! command at greater length, its exit codes, and examples.

use crate::error::ExitStatus;
use crate::text::{columns, wrapped};
use std::fmt::Write;

pub(super) const SHORT: &str = "`wikisentry --help` adds examples, exit codes and variables.";

/// Columns of the narrowest terminal that lists are made for. Paragraphs are folded where they are
/// shown.
const WIDTH: usize = 80;
/// Columns before an entry of a list.
const INDENT: usize = 2;

pub(super) const EXIT_CODES: &str = "Exit codes";
pub(super) const EXAMPLES: &str = "Examples";
pub(super) const ENVIRONMENT: &str = "Environment";

/// An exit code of a command, and what it says there beyond what it means everywhere.
pub(super) type Code = (ExitStatus, &'static str);

/// What every command may end with.
const ANY_COMMAND: [ExitStatus; 4] = [
    ExitStatus::Fine,
    ExitStatus::Bug,
    ExitStatus::Usage,
    ExitStatus::Preflight,
];

/// A part of a long help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Of any length, on one line.
    Paragraph(String),
    /// Of the entries that follow it.
    Title(String),
    /// Of a list: a name and what it is, or a line to type and what it does, which may be empty.
    Entry(String, String),
}

/// The long help of a command. What it is about, and the examples, are written as they are shown:
/// paragraphs, titles that end with a colon, and below them entries by two columns, each with what it is
/// behind at least two spaces.
pub(super) fn of(about: &str, codes: &[Code], examples: &str) -> String {
    let mut parts = parts(about);
    parts.push(Part::Title(EXIT_CODES.to_owned()));
    parts.extend(exit_codes(codes));
    if !examples.is_empty() {
        parts.push(Part::Title(EXAMPLES.to_owned()));
        parts.extend(self::parts(examples));
    }
    shown(&parts)
}

/// The long help of the program.
pub(super) fn of_all() -> String {
    let codes = ExitStatus::ALL.map(|status| (status, ""));
    let mut parts = vec![Part::Title(EXAMPLES.to_owned())];
    parts.extend(self::parts(TOUR));
    parts.push(Part::Title(EXIT_CODES.to_owned()));
    parts.extend(exit_codes(&codes));
    parts.push(Part::Title(ENVIRONMENT.to_owned()));
    parts.extend(self::parts(VARIABLES));
    parts.extend(self::parts(STREAMS));
    shown(&parts)
}

const TOUR: &str = "
  wikisentry init --contact me@example.org   write the settings file
  wikisentry up                              start the platform
  wikisentry up --replay sample              the same on recorded edits
  wikisentry status --watch                  its state, every 2 seconds
  wikisentry tail edits.classified --follow  edits with their scores
  wikisentry predict events.jsonl            scores for events in a file
  wikisentry explain enwiki:1167689309       why an edit got its score
  wikisentry models list                     how good each version is
  wikisentry doctor                          what is in the way
  wikisentry images build                    images of the data layer
  wikisentry down                            stop it; what it took is kept";

const VARIABLES: &str = "
  WIKISENTRY_HOME          folder of the state [default: wikisentry in the XDG state folder]
  WIKISENTRY_CONFIG        settings file [default: $XDG_CONFIG_HOME/wikisentry/config.toml]
  WIKISENTRY_LOG           what is logged, e.g. info or wikisentry_engine=debug [default: warn]
  WIKISENTRY_SECTION__KEY  a setting: source.contact is WIKISENTRY_SOURCE__CONTACT
  NO_COLOR                 no colours, if set
  COLUMNS                  columns of views, where there is no terminal to ask";

const STREAMS: &str = "Data goes to standard output, everything else to standard error.";

/// The codes of a command in their order, those of every command among them.
fn exit_codes(codes: &[Code]) -> Vec<Part> {
    let of = |status: ExitStatus| {
        let own = codes.iter().find(|(code, _)| *code == status);
        let said = match own {
            None if !ANY_COMMAND.contains(&status) => return None,
            None | Some((_, "")) => status.meaning().to_owned(),
            Some((_, own)) => format!("{}: {own}", status.meaning()),
        };
        Some(Part::Entry((status as u8).to_string(), said))
    };
    ExitStatus::ALL.into_iter().filter_map(of).collect()
}

/// The parts of a long help, as it is written or as it is shown.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut is_new = true;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        match parts.last_mut() {
            _ if line.is_empty() => is_new = true,
            // A command of two lines.
            Some(Part::Entry(name, _)) if indent > INDENT && name.ends_with('\\') => {
                _ = write!(name, "\n{:indent$}{line}", "");
            }
            Some(Part::Entry(_, about)) if indent > INDENT => {
                about.push(' ');
                about.push_str(line);
            }
            _ if indent > 0 => {
                let (name, about) = line.split_once("  ").unwrap_or((line, ""));
                parts.push(Part::Entry(name.to_owned(), about.trim_start().to_owned()));
                is_new = true;
            }
            Some(Part::Paragraph(paragraph)) if !is_new => {
                paragraph.push(' ');
                paragraph.push_str(line);
            }
            _ => {
                parts.push(Part::Paragraph(line.to_owned()));
                is_new = false;
            }
        }
    }
    titled(parts)
}

/// A paragraph that ends with a colon is the title of the entries behind it.
fn titled(mut parts: Vec<Part>) -> Vec<Part> {
    for at in 1..parts.len() {
        let [before, after] = &mut parts[at - 1..=at] else {
            continue;
        };
        if let (Part::Paragraph(title), Part::Entry(..)) = (&*before, after)
            && let Some(title) = title.strip_suffix(':')
        {
            *before = Part::Title(title.to_owned());
        }
    }
    parts
}

fn shown(parts: &[Part]) -> String {
    let mut text = String::new();
    let is_entry = |part: &Part| matches!(part, Part::Entry(..));
    for list in parts.chunk_by(|one, next| is_entry(one) && is_entry(next)) {
        match list {
            [Part::Paragraph(paragraph)] => _ = write!(text, "\n{paragraph}\n"),
            [Part::Title(title)] => _ = write!(text, "\n{title}:\n"),
            entries => text.push_str(&list_of(entries)),
        }
    }
    text.trim_matches('\n').to_owned()
}

/// Entries below each other; what they are begins in one column and is folded there.
fn list_of(entries: &[Part]) -> String {
    let entries = entries.iter().filter_map(|part| match part {
        Part::Entry(name, about) => Some((name, about)),
        _ => None,
    });
    let named = entries.clone().filter(|(_, about)| !about.is_empty());
    let widest = named.map(|(name, _)| columns(name)).max().unwrap_or(0);
    let at = INDENT + widest + 2;
    let mut text = String::new();
    for (name, about) in entries {
        let padding = match about.is_empty() {
            true => 0,
            false => at - INDENT - columns(name),
        };
        let lines = wrapped(about, WIDTH.saturating_sub(at));
        let between = format!("\n{:at$}", "");
        let about = lines.join(&between);
        _ = writeln!(text, "{:INDENT$}{name}{:padding$}{about}", "", "");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_help_has_paragraphs_of_one_line_and_lists_that_fit_into_80_columns() {
        let about = "\
One paragraph,
written on two lines.

Kinds:
  one         a short one
  another     one that is long enough to be folded, as eighty columns are all that a terminal has

And more:
it is no title.";
        let text = of(
            about,
            &[(ExitStatus::Refused, "it is there")],
            "  wikisentry one | two  both\n  wikisentry",
        );
        insta::assert_snapshot!(text, @r"
        One paragraph, written on two lines.

        Kinds:
          one      a short one
          another  one that is long enough to be folded, as eighty columns are all that
                   a terminal has

        And more: it is no title.

        Exit codes:
          0  fine
          1  a defect of wikisentry
          2  the command line, a setting or an input file is wrong
          3  memory, disk, a port or another precondition is missing
          7  understood, and refused: it is there

        Examples:
          wikisentry one | two  both
          wikisentry
        ");
        // The manual pages are made of what is shown.
        assert_eq!(shown(&parts(&text)), text);
    }
}
