//! A recording has a state of its own below that of the live feed, so that its edits, labels and
//! models never mix with the feed's. One platform runs at a time, and commands are about it; once it
//! is stopped, about the one that was started last, which is noted beside the feed's own state.

use super::ReplayRequest;
use super::embedded::Instance;
use crate::error::{ExpectedError, Result};
use crate::state::{StateDir, if_there, lock, read_note, unwritable, write_json};
use crate::text::shell_word;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use wikisentry_replay::ReplaySource;

/// Longest part of a folder's name that is taken from a file's.
const STEM: usize = 40;

/// The state of a recording, known by what is recorded in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingState {
    /// `sample`, `simulation`, or the absolute path of a file.
    pub name: String,
    /// What a file held, as [`ReplayRequest::content`] has it: another one in its place is another
    /// recording.
    #[serde(default)]
    pub content: Option<String>,
}

impl RecordingState {
    /// That of the recording that a replay plays, however it plays it.
    pub fn of(replay: &ReplayRequest) -> Self {
        Self {
            name: replay.name.clone(),
            content: replay.content.clone(),
        }
    }

    /// Where its log, lake and models are.
    pub fn folder(&self, home: &StateDir) -> StateDir {
        let name = folder_name(&self.name);
        home.recording(&match &self.content {
            Some(content) => format!("{name}-{content}"),
            None => name,
        })
    }

    /// Whether another file of this name was read before, and this one was not.
    pub fn is_replaced(&self, home: &StateDir) -> bool {
        let before = folder_name(&self.name) + "-";
        let entries = std::fs::read_dir(home.recordings()).into_iter().flatten();
        let mut names = entries.flatten().map(|entry| entry.file_name());
        let is_of_name = |name: OsString| name.to_string_lossy().starts_with(&before);
        self.content.is_some() && !self.folder(home).root().exists() && names.any(is_of_name)
    }

    /// The one that commands are about: that of the process that runs, else of the last `up`; `None`
    /// if they are about the live feed.
    ///
    /// # Errors
    /// If the note of it cannot be read.
    pub fn in_use(home: &StateDir) -> Result<Option<Self>> {
        match Self::running(home)? {
            Some(running) => Ok(running),
            None => Self::noted(home),
        }
    }

    /// That of the process that runs, if one does: `Some(None)` if it reads the live feed.
    pub fn running(home: &StateDir) -> Result<Option<Option<Self>>> {
        if Instance::is_running(home)? {
            return Ok(Some(None));
        }
        let entries = std::fs::read_dir(home.recordings()).into_iter().flatten();
        for entry in entries.flatten() {
            let state = home.recording(&entry.file_name().to_string_lossy());
            // What cannot be looked at is none of ours.
            if !Instance::is_running(&state).unwrap_or(false) {
                continue;
            }
            // One that is about to start has not said yet what it reads.
            let said = Instance::find(&state).ok().flatten();
            let said = said.and_then(|instance| instance.replay().map(Self::of));
            return Ok(said.or(Self::noted(home)?).map(Some));
        }
        Ok(None)
    }

    fn noted(home: &StateDir) -> Result<Option<Self>> {
        read_note(
            &note(home),
            "`wikisentry up` begins with the live feed then",
        )
    }

    /// From now on commands are about this one, or about the live feed again.
    pub fn choose(home: &StateDir, chosen: Option<&Self>) -> Result<()> {
        let path = note(home);
        match chosen {
            Some(chosen) => {
                home.create_run()?;
                write_json(&path, chosen)
            }
            None => {
                let removed = if_there(std::fs::remove_file(&path));
                removed.map_err(|error| unwritable(&path, &error))?;
                Ok(())
            }
        }
    }

    /// After its folder was removed: commands are about the live feed again.
    pub fn forget(home: &StateDir) -> Result<()> {
        Self::choose(home, None)?;
        if_there(std::fs::remove_file(turn_path(home))).ok();
        home.remove_if_empty();
        Ok(())
    }

    /// The `up` that starts it.
    pub fn up_command(&self) -> String {
        format!("wikisentry up --replay {}", shell_word(&self.name))
    }
}

/// Takes the turn of a process that is to run: held until it is dropped, by one process of all states
/// of `home`.
///
/// # Errors
/// With exit code 7 if another process has it.
pub fn take_turn(home: &StateDir) -> Result<File> {
    home.create_run()?;
    let path = turn_path(home);
    loop {
        let Some(turn) = lock(&path)? else {
            return ExpectedError::refused("the platform is already running")
                .because(format!("another process holds {}", path.display()))
                .help("look at it with `wikisentry status`, or stop it with `wikisentry down`")
                .fail();
        };
        // A purge may have removed the file between its opening and its locking.
        let there =
            if_there(std::fs::metadata(&path)).map_err(|error| unwritable(&path, &error))?;
        let ours = turn.metadata().map_err(|error| unwritable(&path, &error))?;
        if there.is_some_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino())) {
            return Ok(turn);
        }
    }
}

fn turn_path(home: &StateDir) -> PathBuf {
    home.run().join("turn.lock")
}

fn note(home: &StateDir) -> PathBuf {
    home.run().join("recording.json")
}

/// A name for the folder of a recording, by which people know it: no two have the same, and none leads
/// elsewhere.
fn folder_name(name: &str) -> String {
    if ReplaySource::BUNDLED.contains(&name) {
        return name.to_owned();
    }
    let file = Path::new(name).file_name().unwrap_or_default();
    let file = file.to_string_lossy();
    let stem = file.split('.').find(|part| !part.is_empty());
    let plain = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_lowercase(),
        false => '-',
    };
    let stem = stem.unwrap_or("file").chars().take(STEM);
    let hash = hex::encode(&Sha256::digest(name.as_bytes())[..4]);
    format!("{}-{hash}", stem.map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::content_of;

    #[test]
    fn each_recording_has_a_folder_that_people_know_it_by() {
        assert_eq!(folder_name("sample"), "sample");
        let a = folder_name("/a/My edits.jsonl.gz");
        assert!(
            a.starts_with("my-edits-") && a.len() == "my-edits-".len() + 8,
            "{a}"
        );
        assert_ne!(a, folder_name("/b/My edits.jsonl.gz"));
        for odd in [
            "",
            "..",
            "../../x",
            "/",
            "/..",
            "/x/../..",
            "/x/ü/.hidden",
            "/a/\u{202e}b",
        ] {
            let name = folder_name(odd);
            assert!(
                name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && name.len() > 8,
                "{odd}: {name}"
            );
        }
    }

    #[test]
    fn the_one_in_use_is_known_until_another_is_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let home = StateDir::at(folder.path());
        assert_eq!(RecordingState::in_use(&home).unwrap(), None);
        let sample = RecordingState {
            name: "sample".to_owned(),
            content: None,
        };
        RecordingState::choose(&home, Some(&sample)).unwrap();
        assert_eq!(RecordingState::in_use(&home).unwrap(), Some(sample.clone()));
        let state = sample.folder(&home);
        assert_eq!(state.root(), folder.path().join("recordings/sample"));
        assert_eq!(sample.up_command(), "wikisentry up --replay sample");
        RecordingState::choose(&home, None).unwrap();
        RecordingState::choose(&home, None).unwrap();
        assert_eq!(RecordingState::in_use(&home).unwrap(), None);
        let odd = RecordingState {
            name: "/a b/it's".to_owned(),
            content: None,
        };
        assert_eq!(odd.up_command(), r"wikisentry up --replay '/a b/it'\''s'");
    }

    #[test]
    fn another_file_in_the_place_of_one_is_another_recording() {
        let folder = tempfile::tempdir().unwrap();
        let home = StateDir::at(&folder.path().join("home"));
        let file = folder.path().join("edits.jsonl");
        let write = |text: &str| {
            std::fs::write(&file, text).unwrap();
            RecordingState {
                name: file.display().to_string(),
                content: content_of(&file),
            }
        };
        let long = "x".repeat(100_000);
        let first = write(&format!("a{long}b"));
        assert!(!first.is_replaced(&home));
        std::fs::create_dir_all(first.folder(&home).root()).unwrap();
        // The same again; the beginning, the end and the size tell it from others.
        assert_eq!(write(&format!("a{long}b")), first);
        assert!(!first.is_replaced(&home));
        for other in [
            format!("c{long}b"),
            format!("a{long}c"),
            format!("a{long}xb"),
            String::new(),
        ] {
            let other = write(&other);
            assert_ne!(other.folder(&home), first.folder(&home));
            assert!(other.is_replaced(&home));
        }
        assert_eq!(content_of(folder.path()), None);
        assert_eq!(content_of(&folder.path().join("none")), None);
    }

    #[test]
    fn one_process_has_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let home = StateDir::at(folder.path());
        let turn = take_turn(&home).unwrap();
        assert!(take_turn(&home).is_err());
        drop(turn);
        take_turn(&home).unwrap();
    }
}
