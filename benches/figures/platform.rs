//! The program as a process of its own, on a state folder of its own on the disk that holds the
//! build, and what the system says of that process.

use crate::{Failure, http};
use serde::Deserialize;
use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use wikisentry_engine::status::Status;

/// The program, as built with the bench.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_wikisentry");
/// How long a process may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A state folder, with settings of its own.
pub struct Home {
    dir: TempDir,
    settings: Vec<(String, String)>,
}

impl Home {
    /// An empty one; the API takes a free port.
    pub fn new() -> Result<Self, Failure> {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let mut home = Self {
            dir,
            settings: Vec::new(),
        };
        home.set("API__LISTEN", "127.0.0.1:0");
        Ok(home)
    }

    /// A setting for every later command, e.g. `SOURCE__URL`.
    pub fn set(&mut self, key: &str, value: &str) {
        self.settings
            .push((format!("WIKISENTRY_{key}"), value.to_owned()));
    }

    /// The program on this folder; nothing of the surroundings reaches it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        for (key, _) in std::env::vars_os() {
            if key.to_string_lossy().starts_with("WIKISENTRY_") {
                command.env_remove(key);
            }
        }
        command
            .args(arguments)
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .env("WIKISENTRY_HOME", self.home())
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .stdin(Stdio::null());
        command
    }

    /// A folder that goes with it.
    pub fn folder(&self) -> &std::path::Path {
        self.dir.path()
    }

    fn home(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// The note of the process that runs; a recording has a state of its own below.
    fn note(&self) -> Option<Vec<u8>> {
        let recordings = std::fs::read_dir(self.home().join("recordings"));
        let states = recordings
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        let mut states = states.chain([self.home()]);
        states.find_map(|state| std::fs::read(state.join("run/instance.json")).ok())
    }

    /// Starts the platform in the foreground and waits until its API can be asked.
    pub fn start(self, arguments: &[&str]) -> Result<Platform, Failure> {
        let log = self.dir.path().join("up.log");
        let file = File::create(&log)?;
        let mut child = self
            .command(&[&["up", "--foreground"], arguments].concat())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        let begun = Instant::now();
        let api = loop {
            if let Some(text) = self.note() {
                break serde_json::from_slice::<Instance>(&text)?.api;
            }
            if child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                // It may have ended already.
                let _ = child.kill();
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("the platform did not start: {said}").into());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let api = api.trim_start_matches("http://").parse()?;
        Ok(Platform {
            child,
            api,
            home: self,
        })
    }
}

/// What is read of the note of a running process.
#[derive(Deserialize)]
struct Instance {
    api: String,
}

/// A running platform; it ends with this.
pub struct Platform {
    child: Child,
    /// Where its API listens.
    pub api: SocketAddr,
    /// Its folder goes once the process has ended.
    pub home: Home,
}

impl Platform {
    pub fn status(&self) -> Result<Status, Failure> {
        Ok(serde_json::from_slice(&http::get(self.api, "/v1/status")?)?)
    }

    /// Asks until `is_reached`, at most as long as `patience`.
    pub fn wait_until(
        &self,
        what: &str,
        patience: Duration,
        is_reached: impl Fn(&Status) -> bool,
    ) -> Result<Status, Failure> {
        let begun = Instant::now();
        loop {
            let status = self.status()?;
            if is_reached(&status) {
                return Ok(status);
            }
            if begun.elapsed() > patience {
                let status = serde_json::to_string(&status)?;
                return Err(format!("waited in vain for {what}: {status}").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The most memory it has held so far, in megabytes.
    pub fn peak_memory(&self) -> Result<f64, Failure> {
        self.memory("VmHWM:")
    }

    /// The memory it holds now, in megabytes.
    pub fn resident_memory(&self) -> Result<f64, Failure> {
        self.memory("VmRSS:")
    }

    fn memory(&self, field: &str) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kilobytes: f64 = line
            .ok_or("the system does not tell")?
            .trim_end_matches("kB")
            .trim()
            .parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }

    /// Processor time used so far, in seconds, over all cores.
    pub fn cpu_seconds(&self) -> Result<f64, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name before it is in parentheses and may hold blanks.
        let (_, fields) = stat.rsplit_once(')').ok_or("no stat")?;
        let mut fields = fields.split_whitespace().skip(11);
        let mut ticks = || -> Result<f64, Failure> { Ok(fields.next().ok_or("stat")?.parse()?) };
        let ticks = ticks()? + ticks()?;
        Ok(ticks / rustix::param::clock_ticks_per_second() as f64)
    }

    /// Ends it as a user would.
    pub fn stop(mut self) -> Result<(), Failure> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return match status.success() {
                    true => Ok(()),
                    false => Err(format!("the platform ended with {status}").into()),
                };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err("the platform does not end".into())
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        // Nothing of it is wanted any more, and it may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
