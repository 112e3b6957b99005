//! Sends the program's own log (tracing) to standard error. What a command tells its user is not
//! a log and goes through [`Report`](super::Report).

use super::{Color, Output};
use crate::config::LOG_VARIABLE;
use crate::error::{ExpectedError, Result};
use anstream::{AutoStream, ColorChoice};
use std::io::{self, IsTerminal};
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
        .with_writer(io::stderr)
        .with_ansi(choice != ColorChoice::Never && io::stderr().is_terminal());
    // An error means that a subscriber is there already, e.g. the background process's own.
    _ = match output {
        Output::Human => set_global_default(log.finish()),
        Output::Json => set_global_default(log.json().flatten_event(true).finish()),
    };
    Ok(())
}
