//! `wikisentry completions SHELL`: a completion script on standard output.

use super::help;
use super::{Context, completing};
use crate::error::{ExitStatus, Result};
use clap_complete::Shell;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, &[], EXAMPLES))]
pub struct Args {
    /// The shell that will read the script
    shell: Shell,
}

const ABOUT: &str = "\
The script asks the program, which must be on the PATH, and completes commands, options, topics,
recordings, files, components, the settings of --set and the versions of models.";

const EXAMPLES: &str = "
  wikisentry completions bash > \\
      ~/.local/share/bash-completion/completions/wikisentry
  wikisentry completions fish > ~/.config/fish/completions/wikisentry.fish
  wikisentry completions zsh > \"${fpath[1]}/_wikisentry\"";

pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let script = completing::script(&args.shell.to_string())?;
    context.report.text(String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Fine)
}
