//! A recording has a state of its own below that of the live feed, so that its edits, labels and
//! models never mix with the feed's. Which of them is in use is noted beside the feed's own state.

use super::ReplayRequest;
use crate::error::{ExpectedError, Result};
use crate::state::{StateDir, if_there, read_json, write_json};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Longest part of a folder's name that is taken from a file's.
const STEM: usize = 40;

/// A recording that has a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// `sample`, `simulation`, or the absolute path of a file.
    pub name: String,
    /// Of its folder.
    folder: String,
}

impl Recording {
    /// The recording that a replay plays, however it plays it.
    pub fn of(replay: &ReplayRequest) -> Self {
        Self {
            name: replay.name.clone(),
            folder: folder_name(&replay.name),
        }
    }

    /// Its state.
    pub fn state(&self, home: &StateDir) -> StateDir {
        StateDir::at(&home.recordings().join(&self.folder))
    }

    /// The recording that commands are about; `None` if they are about the live feed.
    ///
    /// # Errors
    /// If the note of it cannot be read.
    pub fn in_use(home: &StateDir) -> Result<Option<Self>> {
        let path = note(home);
        let read: Option<Self> = read_json(&path).map_err(|error| {
            ExpectedError::preflight(format!("cannot read {}", path.display()))
                .caused_by(&error)
                .help("make it readable; if it is damaged, remove it: `wikisentry up` begins with the live feed then")
        })?;
        // A name that leads elsewhere was not written here.
        Ok(read.filter(|recording| recording.folder == folder_name(&recording.name)))
    }

    /// From now on commands are about this recording, or about the live feed again.
    pub fn choose(home: &StateDir, recording: Option<&Self>) -> Result<()> {
        let path = note(home);
        match recording {
            Some(recording) => write_json(&path, recording),
            None => {
                let removed = if_there(std::fs::remove_file(&path));
                removed.map_err(|error| crate::state::unwritable(&path, &error))?;
                Ok(())
            }
        }
    }

    /// What is left of a recording whose state was removed: commands are about the live feed again.
    pub fn forget(home: &StateDir) -> Result<()> {
        Self::choose(home, None)?;
        // Folders that hold something stay.
        for folder in [&home.recordings(), &home.run(), home.root()] {
            let _ = std::fs::remove_dir(folder);
        }
        Ok(())
    }
}

fn note(home: &StateDir) -> PathBuf {
    home.run().join("recording.json")
}

/// A name of its own for each recording, by which people know it.
fn folder_name(name: &str) -> String {
    let path = Path::new(name);
    if !path.is_absolute() {
        return name.to_owned();
    }
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = file.split('.').find(|part| !part.is_empty());
    let plain = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_lowercase(),
        false => '-',
    };
    let stem: String = stem
        .unwrap_or("file")
        .chars()
        .take(STEM)
        .map(plain)
        .collect();
    let hash = hex::encode(&Sha256::digest(name.as_bytes())[..4]);
    format!("{stem}-{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_recording_has_a_folder_that_people_know_it_by() {
        assert_eq!(folder_name("sample"), "sample");
        let a = folder_name("/home/a/My edits.jsonl.gz");
        assert!(
            a.starts_with("my-edits-") && a.len() == "my-edits-".len() + 8,
            "{a}"
        );
        assert_ne!(a, folder_name("/home/b/My edits.jsonl.gz"));
        for odd in ["/", "/..", "/x/../..", "/x/ü/.hidden", "/a/\u{202e}b"] {
            let name = folder_name(odd);
            assert!(
                name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
                "{odd}: {name}"
            );
        }
    }

    #[test]
    fn the_one_in_use_is_known_until_another_is_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let home = StateDir::at(folder.path());
        assert_eq!(Recording::in_use(&home).unwrap(), None);
        let sample = Recording {
            name: "sample".to_owned(),
            folder: "sample".to_owned(),
        };
        Recording::choose(&home, Some(&sample)).unwrap();
        assert_eq!(Recording::in_use(&home).unwrap(), Some(sample.clone()));
        let state = sample.state(&home);
        assert_eq!(state.root(), folder.path().join("recordings/sample"));
        Recording::choose(&home, None).unwrap();
        Recording::choose(&home, None).unwrap();
        assert_eq!(Recording::in_use(&home).unwrap(), None);
        // A note that leads out of the folder is not followed.
        let elsewhere = br#"{"name": "sample", "folder": "../../elsewhere"}"#;
        std::fs::write(note(&home), elsewhere).unwrap();
        assert_eq!(Recording::in_use(&home).unwrap(), None);
    }
}
