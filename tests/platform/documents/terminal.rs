//! Types the commands of a page, with the program on the path and a home of its own.

use super::block::Step;
use super::form::alike;
use crate::support::{Home, PATIENCE};
use regex::Regex;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Instant;

/// What a terminal shows where Ctrl-C was typed.
const CTRL_C: &str = "^C";

static API: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"127\.0\.0\.1:\d+($|[,; ]|/health|/predict|/metrics|/v1)").expect("a pattern")
});

/// A home, and a folder in which the test data lies as in the repository.
pub struct Terminal {
    pub home: Home,
}

impl Terminal {
    pub fn new() -> Self {
        let home = Home::new();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
        std::os::unix::fs::symlink(data, home.dir.path().join("testdata")).expect("a link");
        Self { home }
    }

    /// What a command prints to both streams. `^C` on the page is typed when what stands before it has
    /// been printed; after `up --replay sample` all of the sample is waited for, as a reader would.
    pub fn type_in(&self, step: &Step) -> Vec<String> {
        let mut child = self.shell(&step.command);
        let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut seen = Vec::new();
        let before = step.output.iter().position(|line| line == CTRL_C);
        if let Some(last) = before.and_then(|at| step.output.get(at.checked_sub(1)?)) {
            let mut line = String::new();
            while output.read_line(&mut line).expect("output") > 0 {
                seen.push(self.shown(&line));
                if seen.last().is_some_and(|line| alike(line, last)) {
                    break;
                }
                line.clear();
            }
            let group = rustix::process::Pid::from_child(&child);
            let interrupt = rustix::process::Signal::INT;
            rustix::process::kill_process_group(group, interrupt).expect("a signal");
            seen.push(CTRL_C.to_owned());
        }
        let mut rest = String::new();
        output.read_to_string(&mut rest).expect("output");
        child.wait().expect("it ends");
        seen.extend(rest.lines().map(|line| self.shown(line)));
        if step.command.contains("up --replay sample") {
            self.settle();
        }
        seen
    }

    fn shell(&self, line: &str) -> std::process::Child {
        let program: PathBuf = env!("CARGO_BIN_EXE_wikisentry").into();
        let folder = program.parent().expect("a folder").display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        // Its environment, as every test gives it; the folders are those of a new user.
        let mut command = Command::new("sh");
        let given = self.home.command(&[]);
        for (key, value) in given.get_envs() {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        command
            .args(["-c", &format!("exec 2>&1; {line}")])
            .env("HOME", self.home.dir.path())
            .env("XDG_STATE_HOME", self.home.dir.path().join(".local/state"))
            .env("PATH", format!("{folder}:{path}"))
            .env("COLUMNS", "80")
            .env("NO_COLOR", "1")
            .current_dir(self.home.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0);
        command.spawn().expect("a shell")
    }

    /// A line as it would be on the reader's machine: with `~` and the usual port.
    fn shown(&self, line: &str) -> String {
        let home = self.home.dir.path().display().to_string();
        let state = self.home.home().display().to_string();
        let line = line.trim_end_matches('\n');
        let line = line
            .replace(&state, "~/.local/state/wikisentry")
            .replace(&home, "~");
        // The API of a test has a port of its own.
        API.replace_all(&line, "127.0.0.1:8000$1").into_owned()
    }

    fn settle(&self) {
        let begun = Instant::now();
        loop {
            let status = self.home.status().unwrap_or_default();
            // An hour's files are counted after the offsets are committed.
            if status["feed"]["state"] == "ended"
                && status["lag"] == 0
                && status["archived"] == 4_068
            {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{status:#}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Of a page that failed half-way; it says nothing if nothing runs.
        let _ = self.home.run(&["down"]);
    }
}
