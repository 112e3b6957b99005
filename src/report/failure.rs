//! How a failure reads: `error:`, its causes, and what to do about it.

use super::layout::{folded, indented};
use crate::error::Error;
use crate::text::harmless_lines;
use owo_colors::OwoColorize;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write;

/// Columns before a cause.
const CAUSE: usize = 9;

/// The lines for standard error; none for a closed pipe.
pub(super) fn render(error: &Error, width: usize) -> String {
    match error {
        Error::PipeClosed => String::new(),
        Error::Expected(error) => lines(
            "error",
            &error.what,
            &error.why,
            error.help.as_deref(),
            width,
        ),
        Error::Bug {
            what,
            why,
            backtrace,
        } => {
            let help = "this is a defect of wikisentry; please report it with these lines and the \
                        output of `wikisentry --version`";
            let mut text = lines("bug", what, why, Some(help), width);
            append_backtrace(&mut text, backtrace);
            text
        }
    }
}

fn lines(kind: &str, what: &str, why: &[String], help: Option<&str>, width: usize) -> String {
    // Each of them may quote a feed, a file or a server.
    let what = harmless_lines(what);
    let mut text = folded(
        &format!("{}{} {what}", kind.red().bold(), ":".bold()),
        kind.len() + ": ".len(),
        width,
    );
    for cause in why {
        let cause = harmless_lines(cause.trim_end());
        match cause.contains('\n') {
            // A parser's message of several lines, laid out: keep it under its own heading.
            true => {
                let cause = cause.replace('\n', "\n         ");
                _ = writeln!(text, "  {} {cause}", "cause:".bold());
            }
            false => {
                let cause = indented(&cause, CAUSE, width);
                _ = write!(text, "  {} {}", "cause:".bold(), cause.trim_start());
            }
        }
    }
    if let Some(help) = help.map(harmless_lines) {
        text.push_str(&folded(
            &format!("{} {help}", "help:".cyan().bold()),
            "help: ".len(),
            width,
        ));
    }
    text
}

fn append_backtrace(text: &mut String, backtrace: &Backtrace) {
    if backtrace.status() == BacktraceStatus::Captured {
        _ = write!(text, "{backtrace}");
    }
}
