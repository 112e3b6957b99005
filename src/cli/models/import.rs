//! `wikisentry models import`: a version that another state or machine made, added to this registry.

use super::super::help::{self, Code};
use super::{Models, refusal};
use crate::cli::Context;
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use crate::models::IMPORTED;
use crate::state::if_there;
use serde_json::{Value, json};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use wikisentry_lake::file::read_bounded;
use wikisentry_lake::registry::{RegistryError, most_bytes};

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// The folder that `export` wrote
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

const ABOUT: &str = "\
The version is checked in full and gets the next number. A comparison made elsewhere does not count
here, so `promote` needs --force. It goes into the state in use: after `wikisentry up` into that of
the live feed, after `up --replay` into that of the recording.";

const CODES: &[Code] = &[
    (ExitStatus::Usage, "there is no model in the folder"),
    (
        ExitStatus::Refused,
        "it is damaged, or was made for another build or model name",
    ),
];

const EXAMPLES: &str = "
  wikisentry models import ./my-model
  wikisentry models compare champion 5
  wikisentry models promote 5 --force";

const EXPORTED: &str = "name the folder that `wikisentry models export` wrote";

/// Checks the files, then publishes them.
///
/// # Errors
/// With exit code 2 if it is no folder, or there is no version in it, 3 if it or the registry cannot
/// be read, 7 if the version is damaged or was made for another build.
pub(super) fn run(args: Args, models: &Models, context: &Context) -> Result<ExitStatus> {
    let folder = &args.folder;
    if if_there(std::fs::metadata(folder)).is_ok_and(|found| found.is_some_and(|it| !it.is_dir())) {
        return ExpectedError::usage(format!("{} is not a folder", folder.display()))
            .help(EXPORTED)
            .fail();
    }
    let adopted = models.to_write()?.adopt(
        folder,
        |name| read(folder, name),
        |card| {
            let was = json!({"version": card.version, "decision": card.decision});
            card.other.insert(IMPORTED.to_owned(), was);
            card.decision = Value::Null;
        },
    );
    let number = adopted.map_err(|error| not_importable(folder, error))?;
    let label = models.label(number);
    let data = json!({"name": models.registry.name(), "version": number});
    let shown = || format!("{label} is imported, and not promoted\n");
    context.report.data(&data, shown)?;
    context.report.note(format_args!(
        "next: `wikisentry models compare champion {number}`, `wikisentry models promote {number} \
         --force`"
    ));
    Ok(ExitStatus::Fine)
}

/// A file of the folder; `None` if there is none.
fn read(folder: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    let path = folder.join(name);
    match if_there(std::fs::metadata(&path))? {
        None => Ok(None),
        // A pipe would be waited for.
        Some(found) if !found.is_file() => {
            Err(io::Error::other("it is neither a file nor a link to one"))
        }
        Some(_) => read_bounded(File::open(&path)?, most_bytes(name)).map(Some),
    }
}

fn not_importable(folder: &Path, error: RegistryError) -> Error {
    let is_of_folder = |path: &Path| path.starts_with(folder);
    let refused = match &error {
        RegistryError::Absent { path } if is_of_folder(path) => {
            ExpectedError::usage(format!("there is no model in {}", folder.display()))
        }
        RegistryError::Io { path, .. } if is_of_folder(path) => {
            ExpectedError::preflight(format!("the model in {} cannot be read", folder.display()))
        }
        RegistryError::Damaged { path, .. }
        | RegistryError::Text { path, .. }
        | RegistryError::Unnamed { path }
        | RegistryError::Identity { path, .. }
        | RegistryError::Model { path, .. }
            if is_of_folder(path) =>
        {
            ExpectedError::refused(format!("the model in {} cannot be used", folder.display()))
        }
        _ => return refusal(error),
    };
    refused.caused_by(&error).help(EXPORTED).into()
}
