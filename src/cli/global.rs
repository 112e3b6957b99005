//! The options every command takes.

use super::completing;
use crate::config::{CONFIG_VARIABLE, Override};
use crate::report::{Color, Output};
use std::path::PathBuf;

/// Options that stand before or after the command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Form of the data on standard output: human or json
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    #[arg(hide_possible_values = true)]
    pub output: Output,

    /// Say nothing but data and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// When to colour: auto, always or never
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    #[arg(hide_possible_values = true)]
    pub color: Color,

    /// Read this settings file
    #[arg(long, global = true, value_name = "FILE", env = CONFIG_VARIABLE)]
    #[arg(hide_env_values = true)]
    pub config: Option<PathBuf>,

    /// Set one setting, e.g. api.listen=127.0.0.1:9000 (repeatable)
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = assignment)]
    #[arg(add = completing::settings())]
    pub set: Vec<Override>,
}

fn assignment(text: &str) -> Result<Override, String> {
    let (key, value) = text.split_once('=').ok_or("it has the form KEY=VALUE")?;
    Ok(Override {
        key: key.trim().to_owned(),
        value: value.trim().to_owned(),
        flag: "--set".to_owned(),
    })
}
