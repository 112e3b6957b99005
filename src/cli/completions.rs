//! `wikisentry completions SHELL`: a completion script on standard output.

use super::{Cli, Context};
use crate::error::{ExitStatus, Result};
use clap::CommandFactory;
use clap_complete::Shell;

#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// The shell that will read the script
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  wikisentry completions bash > ~/.local/share/bash-completion/completions/wikisentry
  wikisentry completions fish > ~/.config/fish/completions/wikisentry.fish
  wikisentry completions zsh > \"${fpath[1]}/_wikisentry\"";

pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "wikisentry", &mut script);
    context.report.text(String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Fine)
}
