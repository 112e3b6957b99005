//! What a platform logs, as data.

use crate::error::Result;
use wikisentry_core::time::EventTime;

/// Which lines are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogWanted {
    /// Of these components; of all if none is named.
    pub components: Vec<String>,
    /// Lines to begin with, of each component.
    pub lines: usize,
    /// Go on as lines are written.
    pub follow: bool,
    /// Only lines from this time on.
    pub since: Option<EventTime>,
}

/// What reading comes to.
#[derive(Debug)]
pub enum LogNext<'a> {
    Line {
        /// Who wrote it, with its place among all who write; none if there is only one.
        component: Option<(&'a str, usize)>,
        /// When, if that is noted apart.
        time: Option<String>,
        /// What it says; strangers may have typed it.
        text: &'a str,
    },
    /// There is no more for now: what was read can be shown.
    Pause,
    /// Nothing was ever written.
    Nothing,
}

/// Takes what is read.
pub type TakeLog<'a> = &'a mut dyn FnMut(LogNext<'_>) -> Result<()>;
