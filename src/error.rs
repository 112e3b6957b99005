//! The two kinds of failure a command can end with: expected ones, which the user can act on, and
//! bugs. Rendering them is the business of `report`.

use serde::{Deserialize, Serialize};
use std::backtrace::Backtrace;
use std::process::ExitCode;
use wikisentry_lake::file::help_of_odd;

/// Result of everything above the libraries.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the process answers to the shell. The numbers are documented and stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum ExitStatus {
    Fine = 0,
    /// A defect of wikisentry itself.
    Bug = 1,
    /// The command line, a setting or an input file is wrong.
    Usage = 2,
    /// Memory, disk, a port or another precondition is missing.
    Preflight = 3,
    /// The platform is not running.
    NotRunning = 4,
    /// The platform runs, but something is wrong.
    Degraded = 5,
    /// Something did not happen in time.
    TimedOut = 6,
    /// The request was understood and refused, e.g. a worse model.
    Refused = 7,
    /// Ctrl-C ended the waiting, as shells count it: 128 and the number of the signal.
    Interrupted = 130,
}

impl ExitStatus {
    pub const ALL: [Self; 9] = [
        Self::Fine,
        Self::Bug,
        Self::Usage,
        Self::Preflight,
        Self::NotRunning,
        Self::Degraded,
        Self::TimedOut,
        Self::Refused,
        Self::Interrupted,
    ];

    /// What it means, in the words of every `--help` and of the documents.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Bug => "a defect of wikisentry",
            Self::Usage => "the command line, a setting or an input file is wrong",
            Self::Preflight => "memory, disk, a port or another precondition is missing",
            Self::NotRunning => "the platform is not running",
            Self::Degraded => "it runs, but something is wrong",
            Self::TimedOut => "something did not happen in time",
            Self::Refused => "understood, and refused",
            Self::Interrupted => {
                "a signal ended it before its end; what runs in the background goes on"
            }
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

/// A failure the user can act on: what failed, why, and what to type next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExpectedError {
    /// One line naming what failed.
    pub what: String,
    /// Causes, nearest first; may be empty.
    pub why: Vec<String>,
    /// What to do about it, best a command.
    pub help: Option<String>,
    pub exit_code: ExitStatus,
}

impl ExpectedError {
    /// An error without cause or help yet.
    pub fn new(exit_code: ExitStatus, what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: Vec::new(),
            help: None,
            exit_code,
        }
    }

    /// The commonest kind: the user's input is wrong.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(ExitStatus::Usage, what)
    }

    /// A precondition is missing.
    pub fn preflight(what: impl Into<String>) -> Self {
        Self::new(ExitStatus::Preflight, what)
    }

    /// What is needed does not run.
    pub fn not_running(what: impl Into<String>) -> Self {
        Self::new(ExitStatus::NotRunning, what)
    }

    pub fn timed_out(what: impl Into<String>) -> Self {
        Self::new(ExitStatus::TimedOut, what)
    }

    pub fn refused(what: impl Into<String>) -> Self {
        Self::new(ExitStatus::Refused, what)
    }

    /// Adds one cause below those already there.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why.push(why.into());
        self
    }

    /// Adds several causes, in their order.
    #[must_use]
    pub fn because_each<T: Into<String>>(mut self, why: impl IntoIterator<Item = T>) -> Self {
        self.why.extend(why.into_iter().map(Into::into));
        self
    }

    /// Adds an error and everything it was caused by.
    #[must_use]
    pub fn caused_by(mut self, error: &dyn std::error::Error) -> Self {
        self.why.extend(chain(error));
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The error as a result, to end a function with.
    pub fn fail<T>(self) -> Result<T> {
        Err(self.into())
    }
}

/// Why a command ended early.
///
/// It does not implement [`std::error::Error`], so that `?` turns any library error which nobody
/// explained to the user into a [`Error::Bug`].
#[derive(Debug)]
pub enum Error {
    /// The user can act on it.
    Expected(Box<ExpectedError>),
    /// Nobody expected it: a message, its causes, and where it came from if `RUST_BACKTRACE` is set.
    Bug {
        /// The error's own message.
        what: String,
        /// Its sources, nearest first.
        why: Vec<String>,
        /// Where it was first seen.
        backtrace: Backtrace,
    },
    /// The reader of standard output has gone (`wikisentry tail … | head`): a quiet end with exit
    /// code 0.
    PipeClosed,
}

impl Error {
    pub fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Expected(error) => error.exit_code,
            Self::Bug { .. } => ExitStatus::Bug,
            Self::PipeClosed => ExitStatus::Fine,
        }
    }

    /// The same with another advice.
    pub fn with_help(mut self, change: impl FnOnce(&str) -> String) -> Self {
        if let Self::Expected(error) = &mut self {
            error.help = error.help.as_deref().map(change);
        }
        self
    }

    /// What failed and why, without what to do about it.
    pub fn in_one_line(&self) -> String {
        match self {
            Self::Expected(error) => {
                let parts = [std::slice::from_ref(&error.what), &error.why[..]].concat();
                parts.join(": ").replace('\n', " ")
            }
            Self::Bug { what, .. } => what.clone(),
            Self::PipeClosed => "the reader of the output went away".to_owned(),
        }
    }

    /// A defect found by our own reasoning rather than by a library.
    pub fn bug(what: impl Into<String>) -> Self {
        Self::Bug {
            what: what.into(),
            why: Vec::new(),
            backtrace: Backtrace::capture(),
        }
    }
}

/// For a command whose exit code is its answer: the answer stands though nobody reads its words
/// (`wikisentry status | true`).
pub fn even_if_unread(said: Result<()>) -> Result<()> {
    match said {
        Err(Error::PipeClosed) => Ok(()),
        said => said,
    }
}

impl From<ExpectedError> for Error {
    /// A link in the way is the same wherever it is met: what would help else does not.
    fn from(mut error: ExpectedError) -> Self {
        let mut said = std::iter::once(&error.what).chain(&error.why);
        if let Some(help) = said.find_map(|message| help_of_odd(message)) {
            error.help = Some(help.to_owned());
        }
        Self::Expected(Box::new(error))
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let mut messages = chain(&error).into_iter();
        Self::Bug {
            what: messages.next().unwrap_or_default(),
            why: messages.collect(),
            backtrace: Backtrace::capture(),
        }
    }
}

/// The messages of an error and its sources, without those that only repeat their source.
fn chain(error: &dyn std::error::Error) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for error in std::iter::successors(Some(error), |&error| error.source()) {
        let message = error.to_string();
        let outer = messages.last();
        if !outer.is_some_and(|outer| outer.ends_with(&message)) {
            messages.push(message);
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_lake::file::open_own;

    #[derive(Debug, thiserror::Error)]
    #[error("the segment is torn")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn an_unexplained_library_error_is_a_bug_with_its_causes() {
        let error = Error::from(Outer(std::io::Error::other("bad checksum")));
        assert_eq!(error.exit_status(), ExitStatus::Bug);
        let Error::Bug { what, why, .. } = error else {
            panic!("not a bug: {error:?}")
        };
        assert_eq!(
            (what.as_str(), why),
            ("the segment is torn", vec!["bad checksum".to_owned()])
        );
    }

    #[test]
    fn an_expected_error_keeps_its_exit_code() {
        for (status, code) in [(ExitStatus::Preflight, 3), (ExitStatus::Refused, 7)] {
            let error = Error::from(ExpectedError::new(status, "no"));
            assert_eq!(error.exit_status() as u8, code);
        }
    }

    #[test]
    fn the_help_is_about_the_link_if_one_is_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        std::os::unix::fs::symlink("elsewhere", &path).unwrap();
        let link = open_own(&path, std::fs::OpenOptions::new().read(true)).unwrap_err();
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        for (error, says) in [(link, "remove the link"), (full, "free space")] {
            let outer = Outer(error);
            let general = ExpectedError::preflight("no")
                .caused_by(&outer)
                .help("free space");
            let Error::Expected(error) = Error::from(general) else {
                panic!("a bug")
            };
            let help = error.help.unwrap();
            assert!(help.contains(says), "{help}");
        }
    }

    #[test]
    fn a_closed_pipe_is_a_good_end() {
        assert_eq!(Error::PipeClosed.exit_status(), ExitStatus::Fine);
    }
}
