//! `wikisentry lake`: looks after the archived edits.

mod compact;

use super::Context;
use crate::error::{ExitStatus, Result};
use clap::Subcommand;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Merge the small files of hours that are over
    ///
    /// Flink writes a file for each hour and type of user every `flink.hold`. An hour with more than
    /// `archive.compact_files` of them gets one in their place, with the same edits.
    Compact(compact::Args),
}

/// Runs one of the actions.
///
/// # Errors
/// As the action.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    match args.action {
        Action::Compact(args) => compact::run(args, context),
    }
}
