//! `wikisentry man FOLDER`: the manual pages, one for each command, for packages. Hidden: people have
//! `--help`, which they are made of.

use super::{Cli, Context};
use crate::error::{ExitStatus, ExpectedError, Result};
use clap::CommandFactory;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder that they are written to
    #[arg(value_name = "FOLDER")]
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
    let written = made.and_then(|()| clap_mangen::generate_to(command, folder));
    written.map_err(|error| {
        ExpectedError::preflight(format!("cannot write {}", folder.display()))
            .caused_by(&error)
            .help("name a folder that you can write")
    })?;
    Ok(ExitStatus::Fine)
}
