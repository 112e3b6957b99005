//! The program `k3d`: whether it is there, and running it.

use super::error::K3dError;
use super::log_line::LogLine;
use crate::converge::{OnWork, Work};
use crate::docker::Engine;
use std::collections::VecDeque;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::Command;

/// The oldest version that is driven: 5.6 joins networks that it did not make, and reads
/// `k3d.io/v1alpha5`.
pub const OLDEST: Version = Version(5, 6, 0);

/// How long `k3d version` may take.
const VERSION_DEADLINE: Duration = Duration::from_secs(10);

/// What one call of `k3d` may print, in bytes; a kubeconfig has some thousand.
const OUTPUT_LIMIT: u64 = 1 << 20;

/// How many of its lines a failure has at most.
const ERROR_LINES: usize = 6;

/// A version: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16, pub u16, pub u16);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(major, minor, patch) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// The program `k3d`, acting on one Docker engine.
#[derive(Debug, Clone)]
pub struct K3d {
    program: PathBuf,
    version: Version,
    pub(super) engine: Engine,
}

impl K3d {
    /// Looks for `k3d` in the folders of `PATH`. It will act on `engine`, whatever its own environment
    /// and the Docker CLI's context say.
    ///
    /// # Errors
    /// [`K3dError::NotInstalled`], [`K3dError::TooOld`] or [`K3dError::Unusable`].
    pub async fn find(engine: &Engine) -> Result<Self, K3dError> {
        Self::at(Path::new("k3d"), engine).await
    }

    /// The program at `program`, or of that name.
    ///
    /// # Errors
    /// As [`K3d::find`].
    pub async fn at(program: &Path, engine: &Engine) -> Result<Self, K3dError> {
        let unusable = |why: String| K3dError::Unusable {
            program: program.to_owned(),
            why,
        };
        let mut command = Command::new(program);
        let asked = command
            .arg("version")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let answer = match tokio::time::timeout(VERSION_DEADLINE, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.kind() == ErrorKind::NotFound => {
                let program = program.to_owned();
                return Err(K3dError::NotInstalled { program });
            }
            Ok(Err(error)) => return Err(unusable(error.to_string())),
            Err(_) => {
                let seconds = VERSION_DEADLINE.as_secs();
                return Err(unusable(format!("no version after {seconds} s")));
            }
        };
        let said = String::from_utf8_lossy(&answer.stdout);
        let first: String = said
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(80)
            .collect();
        let found = version(&said).ok_or_else(|| unusable(format!("its version is {first:?}")))?;
        if found < OLDEST {
            let program = program.to_owned();
            return Err(K3dError::TooOld { program, found });
        }
        Ok(Self {
            program: program.to_owned(),
            version: found,
            engine: engine.clone(),
        })
    }

    pub fn version(&self) -> Version {
        self.version
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Runs it and answers what it printed, without its log. Dropping the future ends the process.
    ///
    /// # Errors
    /// [`K3dError::Failed`] and [`K3dError::Deadline`], without lines of a node.
    pub(super) async fn run(
        &self,
        doing: &str,
        arguments: &[&str],
        deadline: Duration,
        on_work: OnWork<'_>,
    ) -> Result<String, K3dError> {
        let said = Mutex::new(Said::default());
        let note = |line: LogLine| {
            let mut work = Work::step(doing);
            work.line = Some(line.text.clone());
            on_work(work);
            if let Ok(mut said) = said.lock() {
                said.add(line);
            }
        };
        let ran = tokio::time::timeout(deadline, self.output(arguments, &note)).await;
        let said = said.into_inner().unwrap_or_default();
        let doing = doing.to_owned();
        let why = match ran {
            Ok(Ok((true, printed))) => return Ok(printed),
            Ok(Ok((false, _))) => said.why(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => {
                return Err(K3dError::Deadline {
                    doing,
                    deadline,
                    line: said.last,
                    node_lines: Vec::new(),
                });
            }
        };
        Err(K3dError::Failed {
            doing,
            why,
            node_lines: Vec::new(),
        })
    }

    /// Whether it succeeded, and what it printed.
    async fn output(
        &self,
        arguments: &[&str],
        note: &(dyn Fn(LogLine) + Send + Sync),
    ) -> std::io::Result<(bool, String)> {
        let mut command = Command::new(&self.program);
        command.args(arguments);
        for (name, value) in environment(self.engine.address()) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let (out, errors) = (child.stdout.take(), child.stderr.take());
        let (printed, _) = futures_util::try_join!(read(out, note), read(errors, note))?;
        Ok((child.wait().await?.success(), printed))
    }
}

/// What was said of a failure.
#[derive(Default)]
struct Said {
    errors: VecDeque<String>,
    last: Option<String>,
}

impl Said {
    fn add(&mut self, line: LogLine) {
        if line.is_error {
            self.errors.push_back(line.text.clone());
            if self.errors.len() > ERROR_LINES {
                self.errors.pop_front();
            }
        }
        self.last = Some(line.text);
    }

    fn why(self) -> String {
        // k3d ends with a line that says no more than that it failed.
        let told: Vec<String> = self.errors.into();
        let told = match told.split_last() {
            Some((last, rest)) if !rest.is_empty() && last.contains("FAILED") => rest,
            _ => &told,
        };
        match (told, self.last) {
            ([], Some(last)) => last,
            ([], None) => "it said nothing".to_owned(),
            (told, _) => told.join("; "),
        }
    }
}

/// Tells the lines of the log, and answers the others.
async fn read(
    pipe: Option<impl AsyncRead + Unpin>,
    note: &(dyn Fn(LogLine) + Send + Sync),
) -> std::io::Result<String> {
    let mut printed = String::new();
    let Some(pipe) = pipe else {
        return Ok(printed);
    };
    let mut lines = BufReader::new(pipe.take(OUTPUT_LIMIT));
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await? > 0 {
        let text = String::from_utf8_lossy(&line);
        match LogLine::read(text.trim_end()) {
            Some(line) => note(line),
            None => printed.push_str(&text),
        }
        line.clear();
    }
    Ok(printed)
}

/// What makes `k3d` act on the engine at `address`; `None` takes a variable away.
fn environment(address: &str) -> Vec<(&'static str, Option<String>)> {
    // The Docker CLI's code, which k3d uses, knows no http://.
    let host = match address.strip_prefix("http://") {
        Some(rest) => format!("tcp://{rest}"),
        None => address.to_owned(),
    };
    let mut environment = vec![
        ("DOCKER_HOST", Some(host)),
        ("DOCKER_CONTEXT", None),
        ("DOCKER_TLS", None),
        ("DOCKER_TLS_VERIFY", None),
    ];
    // k3d mounts the engine's socket into a container, from /var/run/docker.sock unless a variable
    // says otherwise. One of a user, as rootless engines have, is not there. Those of virtual machines
    // have other paths on this side, and the usual one inside.
    let socket = address.strip_prefix("unix://");
    let rootless = socket.filter(|path| path.starts_with("/run/user/"));
    if let Some(path) = rootless
        && std::env::var_os("DOCKER_SOCK").is_none()
    {
        environment.push(("DOCKER_SOCK", Some(path.to_owned())));
    }
    environment
}

/// Reads `k3d version v5.8.3` off the first line.
fn version(said: &str) -> Option<Version> {
    let line = said.lines().next()?;
    let text = line.strip_prefix("k3d version v")?;
    // What follows the numbers names a release candidate.
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let mut parts = text[..end.unwrap_or(text.len())].split('.');
    let mut next = || parts.next().and_then(|part| part.parse().ok());
    Some(Version(next()?, next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared_by_their_numbers() {
        for (said, expected) in [
            (
                "k3d version v5.8.3\nk3s version v1.31.5-k3s1 (default)\n",
                Some(Version(5, 8, 3)),
            ),
            ("k3d version v5.9.0-rc.0", Some(Version(5, 9, 0))),
            ("k3d version v5.10", None),
            ("k3d version dev", None),
            ("", None),
        ] {
            assert_eq!(version(said), expected, "{said:?}");
        }
        assert!(Version(5, 10, 0) > OLDEST && Version(5, 5, 9) < OLDEST);
    }

    #[test]
    fn k3d_is_told_of_the_engine_and_of_no_other() {
        let of = |address: &str| environment(address);
        let host = |address: &str| of(address)[0].1.clone().unwrap();
        assert_eq!(
            host("unix:///var/run/docker.sock"),
            "unix:///var/run/docker.sock"
        );
        assert_eq!(host("http://127.0.0.1:2375"), "tcp://127.0.0.1:2375");
        for variable in ["DOCKER_CONTEXT", "DOCKER_TLS_VERIFY"] {
            assert!(of("unix:///a").contains(&(variable, None)), "{variable}");
        }
        let socket = "/run/user/1000/docker.sock";
        let rootless = of(&format!("unix://{socket}"));
        assert!(rootless.contains(&("DOCKER_SOCK", Some(socket.to_owned()))));
        let machine = of("unix:///h/a/.colima/default/docker.sock");
        assert!(machine.iter().all(|(name, _)| *name != "DOCKER_SOCK"));
    }

    #[test]
    fn a_failure_is_told_by_the_errors_before_the_last_line() {
        let why = |lines: &[(bool, &str)]| {
            let mut said = Said::default();
            for (is_error, text) in lines {
                let text = (*text).to_owned();
                said.add(LogLine {
                    is_error: *is_error,
                    text,
                });
            }
            said.why()
        };
        let lines = [
            (false, "Creating"),
            (true, "no such network"),
            (true, "Cluster creation FAILED, rollback deactivated."),
        ];
        assert_eq!(why(&lines), "no such network");
        assert_eq!(
            why(&lines[2..]),
            "Cluster creation FAILED, rollback deactivated."
        );
        assert_eq!(why(&lines[..1]), "Creating");
        assert_eq!(why(&[]), "it said nothing");
    }
}
