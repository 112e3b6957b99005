//! `wikisentry render`: what `up` applies to the cluster, as files. Needs no engine and no cluster.

use super::help::{self, Code};
use super::{Context, completing};
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::platform::{ManifestFile, Platform};
use crate::state::unwritable;
use crate::text::harmless;
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// Only what this component has in the cluster
    #[arg(long, value_name = "NAME")]
    #[arg(add = completing::components_in_cluster())]
    component: Option<String>,

    /// Write the files below this folder, in one folder for each component; others in it stay
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Args {
    /// Whether it writes at a place that the user names.
    pub(super) fn writes_for_others(&self) -> bool {
        self.out.is_some()
    }
}

const ABOUT: &str = "\
The settings decide, as for `up`. Secrets are not part of it: `up` makes them from the passwords that
`wikisentry credentials` shows. Images have the names that `up` builds them by.";

const CODES: &[Code] = &[
    (
        ExitStatus::Usage,
        "there is no such component, or it has nothing in the cluster",
    ),
    (ExitStatus::Preflight, "the folder cannot be written"),
];

const EXAMPLES: &str = "
  wikisentry render
  wikisentry render --component flink
  wikisentry render --out manifests && kubectl diff --recursive -f manifests";

/// Prints the manifests, or writes them.
///
/// # Errors
/// With exit code 2 if there is no such component, 3 if they cannot be written.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let settings = context.settings(Vec::new())?.settings;
    let files = Platform::manifests(settings, &context.state()?)?;
    let mut known: Vec<&str> = files.iter().map(|file| file.component).collect();
    known.dedup();
    if let Some(name) = &args.component
        && !known.contains(&name.as_str())
    {
        let name = harmless(name);
        return ExpectedError::usage(format!("no component `{name}` has anything in the cluster"))
            .help(format!("there are {}", known.join(", ")))
            .fail();
    }
    let is_wanted = |file: &&ManifestFile| {
        let mut wanted = args.component.iter();
        wanted.all(|name| name == file.component)
    };
    let files: Vec<&ManifestFile> = files.iter().filter(is_wanted).collect();
    let Some(folder) = &args.out else {
        for file in files {
            if context.report.is_json() {
                context.report.json(&json!({
                    "component": file.component, "name": file.name, "text": file.text,
                }))?;
            } else {
                let title = format!("---\n# {}/{}", file.component, file.name);
                context.report.line(title)?;
                context.report.line(file.text.trim_end())?;
            }
        }
        return Ok(ExitStatus::Fine);
    };
    for file in &files {
        write(folder, file)?;
    }
    let shown = folder.display();
    context
        .report
        .note(format_args!("{} files are in {shown}", files.len()));
    Ok(ExitStatus::Fine)
}

fn write(folder: &Path, file: &ManifestFile) -> Result<()> {
    let folder = folder.join(file.component);
    let path = folder.join(file.name);
    let made = std::fs::create_dir_all(&folder);
    let written = made.and_then(|()| std::fs::write(&path, &file.text));
    written.map_err(|error| unwritable(&path, &error).into())
}
