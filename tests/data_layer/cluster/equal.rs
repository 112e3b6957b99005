//! What the cluster makes of a recording, beside what the embedded profile makes of it.

use crate::fixture::{Fixture, PATIENCE};
use crate::life::SAMPLE_EDITS as EDITS;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// What was made of each edit, by the id of its event.
pub type Made = BTreeMap<String, Value>;

/// All that a classified edit says but when it was made.
pub fn made(text: &str) -> Made {
    let mut made = Made::new();
    for line in text.lines() {
        let mut edit: Value = serde_json::from_str(line).expect("a record");
        let id = edit["meta_id"].as_str().expect("an id").to_owned();
        let fields = edit.as_object_mut().expect("an object");
        for time in ["ingested_at", "ingest_time", "scored_at", "score_time"] {
            fields.remove(time);
        }
        let twice = made.insert(id.clone(), edit);
        assert_eq!(twice, None, "{id} was classified twice");
    }
    made
}

/// What `tail` takes to read all classified edits.
pub const ALL: [&str; 7] = [
    "edits.classified",
    "--from",
    "beginning",
    "--max",
    "1000000",
    "--output",
    "json",
];

/// Waits until every edit of the sample is there, once.
pub fn classified(layer: &Fixture) -> Made {
    let begun = Instant::now();
    loop {
        let output = layer.run(&[&["tail"], &ALL[..]].concat());
        let found = made(&String::from_utf8_lossy(&output.stdout));
        if found.len() >= EDITS {
            return found;
        }
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            begun.elapsed() < PATIENCE,
            "{} of {EDITS} edits after {PATIENCE:?}\n{said}",
            found.len()
        );
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// The same by the embedded profile, with the answer of its API to an event.
pub struct Embedded {
    folder: tempfile::TempDir,
}

impl Embedded {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wikisentry"));
        command
            .args(arguments)
            .env("WIKISENTRY_HOME", self.folder.path())
            .env("WIKISENTRY_PROFILE", "embedded")
            .env("WIKISENTRY_API__LISTEN", "127.0.0.1:0")
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"));
        command
    }

    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let embedded = Self { folder };
        embedded.ok(&["up", "--replay", "sample", "--timeout", "120"]);
        embedded
    }

    pub fn classified(&self) -> Made {
        let begun = Instant::now();
        loop {
            let found = made(&self.ok(&[&["tail"], &ALL[..]].concat()));
            if found.len() >= EDITS {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{} edits", found.len());
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// The state of the recording's lake.
    pub fn lake(&self) -> PathBuf {
        self.folder.path().join("recordings/sample/lake")
    }

    pub fn api(&self) -> String {
        let status: Value =
            serde_json::from_str(&self.ok(&["status", "--output", "json"])).expect("JSON");
        status["process"]["api"]
            .as_str()
            .expect("its API")
            .to_owned()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        _ = self.command(&["down"]).output();
    }
}

/// All alerts that there are.
pub const ALERTS: [&str; 7] = [
    "tail",
    "alerts",
    "--from",
    "beginning",
    "--max",
    "100000",
    "--output=json",
];

/// Their ids but for those that the clock raises: one that came again after a failure has the same.
pub fn alerts(text: &str) -> BTreeSet<String> {
    let all = text.lines().map(|line| {
        let alert: Value = serde_json::from_str(line).expect("an alert");
        (alert["kind"].to_string(), alert["alert_id"].to_string())
    });
    let ids: BTreeSet<String> = all
        .filter(|(kind, _)| !kind.contains("stall"))
        .map(|(_, id)| id)
        .collect();
    assert!(!ids.is_empty(), "no alert was raised");
    ids
}
