//! How a failure reads: `error:`, its causes, and what to do about it.

use crate::error::Error;
use crate::text::harmless_lines;
use owo_colors::OwoColorize;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Write;

/// The lines for standard error; none for a closed pipe.
pub(super) fn render(error: &Error) -> String {
    match error {
        Error::PipeClosed => String::new(),
        Error::Expected(error) => lines("error", &error.what, &error.why, error.help.as_deref()),
        Error::Bug {
            what,
            why,
            backtrace,
        } => {
            let help = "this is a defect of wikisentry; please report it with these lines and the \
                        output of `wikisentry --version`";
            let mut text = lines("bug", what, why, Some(help));
            append_backtrace(&mut text, backtrace);
            text
        }
    }
}

fn lines(kind: &str, what: &str, why: &[String], help: Option<&str>) -> String {
    // Each of them may quote a feed, a file or a server.
    let mut text = String::new();
    let what = harmless_lines(what);
    _ = writeln!(text, "{}{} {what}", kind.red().bold(), ":".bold());
    for cause in why {
        // A cause may be a parser's message of several lines: keep it under its own heading.
        let cause = harmless_lines(cause.trim_end()).replace('\n', "\n         ");
        _ = writeln!(text, "  {} {cause}", "cause:".bold());
    }
    if let Some(help) = help.map(harmless_lines) {
        _ = writeln!(text, "{} {help}", "help:".cyan().bold());
    }
    text
}

fn append_backtrace(text: &mut String, backtrace: &Backtrace) {
    if backtrace.status() == BacktraceStatus::Captured {
        _ = write!(text, "{backtrace}");
    }
}
