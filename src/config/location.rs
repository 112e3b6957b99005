//! Finds the settings file and gathers the sources a process was started with.

use super::{Override, Sources};
use crate::error::{ExpectedError, Result};
use crate::state::{NOTE_BYTES, if_there};
use etcetera::BaseStrategy;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use wikisentry_lake::file::read_bounded;

/// The environment variable that names the settings file.
pub const CONFIG_VARIABLE: &str = "WIKISENTRY_CONFIG";

/// The environment variable that chooses what is logged, e.g. `info` or `wikisentry_engine=debug`.
pub const LOG_VARIABLE: &str = "WIKISENTRY_LOG";

/// The settings file to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file; it need not exist.
    pub path: PathBuf,
    /// Whether the user named it, so that it must exist to be read.
    pub named: bool,
}

/// The refusal if the settings file that an earlier `up` was given is gone.
pub fn lost(path: &Path) -> ExpectedError {
    let what = format!(
        "the settings file {} of the last `up` is gone",
        path.display()
    );
    ExpectedError::usage(what).help("put it back, or name another: `wikisentry up --config FILE`")
}

impl Location {
    /// The file named by `--config` or `WIKISENTRY_CONFIG` (clap knows both), else
    /// `$XDG_CONFIG_HOME/wikisentry/config.toml`.
    ///
    /// # Errors
    /// If no file is named and there is no home folder.
    pub fn find(named: Option<&Path>) -> Result<Self> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => {
                let dirs = etcetera::choose_base_strategy().map_err(|error| {
                    ExpectedError::usage("there is no folder to look for settings in")
                        .caused_by(&error)
                        .help("set HOME, or name a file with --config")
                })?;
                dirs.config_dir().join("wikisentry").join("config.toml")
            }
        };
        let named = named.is_some();
        Ok(Self { path, named })
    }

    /// The file's text, or none if it is not named and not there.
    fn read(&self) -> Result<Option<String>> {
        // It may be a pipe on purpose, from a program that knows the secrets.
        let read = File::open(&self.path).and_then(|file| {
            let text = read_bounded(file, NOTE_BYTES)?;
            String::from_utf8(text).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
        });
        let read = match self.named {
            true => read.map(Some),
            false => if_there(read),
        };
        read.map_err(|error| {
            let path = self.path.display();
            ExpectedError::usage(format!("cannot read the settings file {path}"))
                .caused_by(&error)
                .help("`wikisentry init` writes one")
                .into()
        })
    }
}

impl Sources {
    /// The sources of this process: the settings file, its environment, and the given flags.
    ///
    /// # Errors
    /// If the file cannot be read, or a `WIKISENTRY_` variable is not UTF-8.
    pub fn of_process(location: &Location, overrides: Vec<Override>) -> Result<Self> {
        let file = location
            .read()?
            .map(|text| (location.path.display().to_string(), text));
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with("WIKISENTRY_"))
            .map(|(name, value)| utf8(&name, &value).map(|value| (name, value)))
            .collect::<Result<_>>()?;
        Ok(Self {
            file,
            environment,
            overrides,
        })
    }
}

fn utf8(name: &str, value: &OsStr) -> Result<String> {
    let value = value.to_str();
    let value = value.ok_or_else(|| ExpectedError::usage(format!("{name} is not UTF-8")))?;
    Ok(value.to_owned())
}
