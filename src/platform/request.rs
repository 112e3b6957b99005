//! What `up` asks of a platform, and what it answers, as data.

use crate::config::Override;
use crate::error::{ExpectedError, Result};
use crate::text::shell_word;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wikisentry_replay::{Faults, Rate, Recording, ReplayError, ReplayOptions, ReplaySource};

/// What `up` asks for. It can be handed to another process as it is, so that nothing is lost on
/// the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartRequest {
    /// The last stage.
    pub until: Option<Until>,
    /// Start though there is too little room.
    pub force: bool,
    /// Stay in this process until a signal stops it.
    pub foreground: bool,
    /// Stop first what runs with other settings.
    pub restart: bool,
    /// Set a damaged log aside, and read the stream again from where the lake ends.
    pub rebuild: bool,
    /// A recording to read instead of the feed.
    pub replay: Option<ReplayRequest>,
    /// How long to wait for the first edit.
    pub timeout: Duration,
    /// The settings given as flags, by this `up` and by those before it.
    pub flags: Vec<Override>,
    /// The settings file that was named.
    pub config: Option<PathBuf>,
}

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// Kafka, Kafka Connect and MinIO, with edits arriving
    DataLayer,
    /// Everything, also after an `up` that went less far
    All,
}

/// A recording and how it is played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// `sample`, `simulation`, or the absolute path of a file.
    pub name: String,
    pub rate: Rate,
    pub repeat: NonZeroU32,
    /// What goes wrong, in the words of `replay --faults`.
    pub faults: String,
    pub seed: u64,
    /// What a file held, see [`content_of`]; absent of those in the program.
    #[serde(default)]
    pub content: Option<String>,
}

/// A recording, ready to be played.
pub struct Replay {
    pub source: ReplaySource,
    pub options: ReplayOptions,
    /// What was asked for, if `up` asked.
    pub request: Option<ReplayRequest>,
}

/// Bytes at either end of a file that tell it from others.
const ENDS: u64 = 64 * 1024;

/// What tells the content of a file from that of another: a hash of its size, its beginning and its end.
/// `None` if it is no file that can be read.
pub fn content_of(file: &Path) -> Option<String> {
    // A pipe would be waited for.
    let size = std::fs::metadata(file)
        .ok()
        .filter(Metadata::is_file)?
        .len();
    let mut file = File::open(file).ok()?;
    let mut bytes = size.to_le_bytes().to_vec();
    file.by_ref().take(ENDS).read_to_end(&mut bytes).ok()?;
    file.seek(SeekFrom::Start(size.saturating_sub(ENDS))).ok()?;
    file.take(ENDS).read_to_end(&mut bytes).ok()?;
    Some(hex::encode(&Sha256::digest(&bytes)[..4]))
}

impl ReplayRequest {
    /// How it is played, as flags of `up`; nothing if as usual.
    pub fn flags(&self) -> String {
        let mut flags = String::new();
        if let Rate::PerSecond(rate) = self.rate {
            flags += &format!(" --rate {rate}");
        }
        if self.repeat.get() > 1 {
            flags += &format!(" --repeat {}", self.repeat);
        }
        if !self.faults.is_empty() {
            flags += &format!(
                " --faults {} --seed {}",
                shell_word(&self.faults),
                self.seed
            );
        }
        flags
    }

    /// Opens the recording.
    ///
    /// # Errors
    /// If there is none of that name, or the faults cannot be read.
    pub fn open(&self) -> Result<Replay> {
        let is_bundled = ReplaySource::BUNDLED.contains(&self.name.as_str());
        let found = std::fs::metadata(&self.name);
        if !is_bundled && found.is_ok_and(|found| !found.is_file()) {
            return ExpectedError::usage("the recording cannot be replayed")
                .because(format!(
                    "{} is not a file",
                    crate::text::harmless(&self.name)
                ))
                .help("save it to a file first: a recording is read more than once")
                .fail();
        }
        let source = ReplaySource::named(&self.name).map_err(|error| unplayable(&error))?;
        let faults: Faults = self
            .faults
            .parse()
            .map_err(|error| ExpectedError::usage("--faults").caused_by(&error))?;
        let options = ReplayOptions {
            rate: self.rate,
            repeat: self.repeat,
            faults,
            seed: self.seed,
            ..ReplayOptions::default()
        };
        let request = Some(self.clone());
        Ok(Replay {
            source,
            options,
            request,
        })
    }
}

impl Replay {
    /// The offset after its last event, by topic.
    pub fn end(&self) -> BTreeMap<String, u64> {
        let recording = Recording::new(self.source.clone(), &self.options);
        let ends = recording.end_offsets().into_iter();
        ends.map(|(topic, end)| (topic.to_owned(), end)).collect()
    }
}

/// The refusal of a recording that cannot be read.
pub fn unplayable(error: &ReplayError) -> ExpectedError {
    ExpectedError::usage("the recording cannot be replayed")
        .caused_by(error)
        .help("give a file of events, as lines, an array, or saved by curl; or `sample`, or `simulation`")
}

/// What came of a start.
#[derive(Debug, Default)]
pub struct Started {
    /// For scripts; null if there was nothing to do.
    pub data: serde_json::Value,
    /// For people: what runs, and what to type next.
    pub notes: Vec<String>,
}
