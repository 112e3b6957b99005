//! What the tests of the whole program share: running it on a folder of its own and reading what
//! it left.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A port of this machine that nothing listens on.
pub const NOWHERE: &str = "http://127.0.0.1:1/v2/stream";

/// Edits of the sample.
pub const ALL_EDITS: u64 = 4_068;

/// What a command said on standard error.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Longer than anything takes on a busy machine; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A state folder with the program run on it.
pub struct Home {
    pub dir: tempfile::TempDir,
    settings: Vec<(String, String)>,
}

impl Home {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut home = Self {
            dir,
            settings: Vec::new(),
        };
        home.set("API__LISTEN", "127.0.0.1:0");
        // What the sample has; a replay reads what its recording has anyway.
        home.set("SOURCE__STREAMS", "recentchange");
        home.set("SOURCE__BACKOFF_MIN", "20ms");
        home.set("SOURCE__BACKOFF_MAX", "200ms");
        home
    }

    /// A state with all edits of the sample in its lake, whose platform has ended.
    pub fn with_sample() -> Self {
        let home = Self::new();
        let mut up = home.spawn_up(&["--replay", "sample"]);
        home.wait_for("the sample in the lake", |status| {
            status["archived"].as_u64() >= Some(ALL_EDITS)
        });
        assert!(terminate(&mut up).success(), "{}", home.log());
        home
    }

    /// A setting for every later command, e.g. `SOURCE__URL`.
    pub fn set(&mut self, key: &str, value: &str) {
        self.settings
            .push((format!("WIKISENTRY_{key}"), value.to_owned()));
    }

    /// The state folder of the live feed, with those of recordings below it.
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// The state folder in use: that of the last recording, or of the live feed.
    pub fn state(&self) -> PathBuf {
        let home = self.home();
        let note = std::fs::read(home.join("run/recording.json"));
        let Ok(note) = note else { return home };
        let note: serde_json::Value = serde_json::from_slice(&note).expect("a note");
        let name = Path::new(note["name"].as_str().expect("a name"));
        let stem = name.file_stem().expect("a name").to_string_lossy();
        // That of a file has a hash at its end.
        let folders = std::fs::read_dir(home.join("recordings")).expect("recordings");
        let mut folders = folders.map(|entry| entry.expect("an entry").path());
        let is_its = |folder: &PathBuf| {
            let name = folder.file_name().expect("a name").to_string_lossy();
            name == stem || name.starts_with(&format!("{stem}-"))
        };
        let found = folders.find(is_its);
        found.unwrap_or_else(|| home.join("recordings").join(&*stem))
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wikisentry"));
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("WIKISENTRY_")) {
            command.env_remove(key);
        }
        command
            .args(arguments)
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .env("WIKISENTRY_HOME", self.home())
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// Runs a command that must succeed; its standard output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success(),
            "{arguments:?}: {}\n{said}",
            output.status
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The platform in a process that the test can kill.
    pub fn spawn_up(&self, arguments: &[&str]) -> Child {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.dir.path().join("up.log"))
            .expect("a log");
        self.command(&[&["up", "--foreground"], arguments].concat())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("the program starts")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("up.log")).unwrap_or_default()
    }

    /// The status of the running platform; `None` while it does not answer.
    pub fn status(&self) -> Option<serde_json::Value> {
        let output = self.run(&["status", "--output", "json"]);
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        (status["health"] != "not_running").then_some(status)
    }

    /// Waits until the status is as wanted.
    pub fn wait_for(
        &self,
        what: &str,
        wanted: impl Fn(&serde_json::Value) -> bool,
    ) -> serde_json::Value {
        let begun = Instant::now();
        let mut last = None;
        while begun.elapsed() < PATIENCE {
            last = self.status();
            if let Some(status) = last.as_ref().filter(|status| wanted(status)) {
                return status.clone();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("waited for {what}; last status: {last:#?}\n{}", self.log());
    }

    /// How often each edit is in the lake, and its score.
    pub fn lake(&self) -> BTreeMap<String, Vec<Option<f64>>> {
        let mut edits: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
        for file in parquet_files(&self.state().join("lake/edits")) {
            read_scores(&file, &mut edits);
        }
        edits
    }
}

impl Home {
    /// How many edits there are in the lake's files but one.
    pub fn lake_without(&self, file: &Path) -> usize {
        let mut edits = BTreeMap::new();
        let files = parquet_files(&self.state().join("lake/edits"));
        for file in files.iter().filter(|other| *other != file) {
            read_scores(file, &mut edits);
        }
        edits.len()
    }

    /// The lake holds so many edits, each once.
    pub fn assert_each_once(&self, edits: usize) {
        let lake = self.lake();
        assert_eq!(lake.len(), edits);
        assert!(lake.values().all(|copies| copies.len() == 1));
    }
}

/// A folder and everything below it; what goes meanwhile is passed over.
pub fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut at = 0;
    while let Some(path) = found.get(at).cloned() {
        at += 1;
        // What is no folder has no entries.
        if let Ok(entries) = std::fs::read_dir(&path) {
            found.extend(entries.map(|entry| entry.expect("an entry").path()));
        }
    }
    found
}

/// All files below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = all_below(folder);
    found.retain(|path| !path.is_dir());
    found
}

/// All Parquet files below a folder.
pub fn parquet_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = files_below(folder);
    found.retain(|path| path.extension().is_some_and(|kind| kind == "parquet"));
    found
}

fn read_scores(file: &Path, edits: &mut BTreeMap<String, Vec<Option<f64>>>) {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    let reader = SerializedFileReader::try_from(file).expect("a Parquet file");
    let fields = reader.metadata().file_metadata().schema_descr();
    let index = |name: &str| {
        let named = |column: &usize| fields.column(*column).path().string() == name;
        (0..fields.num_columns()).find(named).expect(name)
    };
    // Columns of lists are one field each in a row; the wanted ones come before any list.
    let (id, score) = (index("meta_id"), index("score"));
    for row in reader.get_row_iter(None).expect("rows") {
        let row = row.expect("a row");
        let meta_id = row.get_string(id).expect("meta_id").clone();
        edits
            .entry(meta_id)
            .or_default()
            .push(row.get_double(score).ok());
    }
}

/// Ends a process as a crash would.
pub fn kill(child: &mut Child) {
    child.kill().expect("SIGKILL");
    child.wait().expect("it ends");
}

/// Asks a process to end and waits for it.
pub fn terminate(child: &mut Child) -> std::process::ExitStatus {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("SIGTERM");
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("its status") {
            return status;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not end");
}
