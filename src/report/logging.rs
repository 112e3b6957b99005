//! Sends the program's own log (tracing) to standard error. What a command tells its user is not
//! a log and goes through [`Report`](super::Report).

use super::{Color, Output};
use crate::config::LOG_VARIABLE;
use crate::error::{ExpectedError, Result};
use crate::text::{escaped_json, screened};
use anstream::{AutoStream, ColorChoice};
use std::io::{self, IsTerminal, Write};
use tracing::subscriber::set_global_default;
use tracing_subscriber::EnvFilter;

/// The filter of `WIKISENTRY_LOG`, or `default` where it is not set.
pub fn filter(default: &str) -> Result<EnvFilter> {
    let directives = std::env::var(LOG_VARIABLE).unwrap_or_else(|_| default.to_owned());
    EnvFilter::try_new(&directives).map_err(|error| {
        ExpectedError::usage(format!("{LOG_VARIABLE} is not a log filter: {directives}"))
            .caused_by(&error)
            .help("use a level (error, warn, info, debug, trace) or module=level,…")
            .into()
    })
}

/// Logs to standard error, `default` and worse unless `WIKISENTRY_LOG` says otherwise: for scripts
/// records of JSON, a line each. The first call in a process wins.
///
/// # Errors
/// If `WIKISENTRY_LOG` is not a filter.
pub fn to_stderr(color: Color, output: Output, default: &str) -> Result<()> {
    let choice = match color {
        Color::Auto => AutoStream::choice(&io::stderr()),
        other => other.into(),
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(default)?)
        .with_ansi(choice != ColorChoice::Never && io::stderr().is_terminal());
    // An error means that a subscriber is there already, e.g. the background process's own.
    _ = match output {
        Output::Human => set_global_default(log.with_writer(|| Screen(screen)).finish()),
        Output::Json => {
            let log = log.with_writer(|| Screen(escaped_json));
            set_global_default(log.json().flatten_event(true).finish())
        }
    };
    Ok(())
}

/// Standard error without what is unsafe on a terminal, though an event quotes it. Each is written
/// in one piece.
struct Screen(fn(&[u8]) -> Vec<u8>);

impl Write for Screen {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(&self.0(event))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn screen(event: &[u8]) -> Vec<u8> {
    screened(&String::from_utf8_lossy(event))
        .into_owned()
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_the_log_are_screened() {
        let event = b"WARN feed answered \x1b[2J\xc2\x9b\xe2\x80\xae\xff \x1b[33mx\x1b[0m\n";
        let shown = String::from_utf8(screen(event)).unwrap();
        assert_eq!(shown, "WARN feed answered �[2J��� \u{1b}[33mx\u{1b}[0m\n");
    }
}
