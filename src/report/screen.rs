//! A view that is renewed in its place: on the alternate screen of a terminal, so that it leaves nothing
//! behind and what was typed before is there again. Elsewhere one view comes below the other.

use super::{Report, lock};
use crate::error::Result;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// The alternate screen, without cursor, and without wrapping lines that are too long all the same.
const BEGIN: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const END: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// All that follows is shown at once, where a terminal knows this, in the place of what is there.
const FRAME: &str = "\x1b[?2026h\x1b[H\x1b[2J";
const SHOWN: &str = "\x1b[?2026l";

/// Shared between the thread that draws and the one that hears of Ctrl-C.
#[derive(Clone)]
pub struct Screen {
    report: Report,
    state: Arc<Mutex<State>>,
}

struct State {
    /// Whether the views are drawn over each other.
    is_terminal: bool,
    stage: Stage,
}

#[derive(PartialEq, Eq)]
enum Stage {
    New,
    Drawn,
    Closed,
}

impl Screen {
    pub(super) fn new(report: Report) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_terminal = report.out_is_terminal && !report.is_json() && !is_dumb;
        let stage = Stage::New;
        let state = Arc::new(Mutex::new(State { is_terminal, stage }));
        Self { report, state }
    }

    /// Draws the view again; once closed, nothing any more.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn draw(&self, view: impl FnOnce(&Report) -> Result<()>) -> Result<()> {
        let mut state = lock(&self.state);
        let report = &self.report;
        match (state.is_terminal, &state.stage) {
            (_, Stage::Closed) => return Ok(()),
            (true, Stage::New) => self.control(&[BEGIN, FRAME])?,
            (true, Stage::Drawn) => self.control(&[FRAME])?,
            (false, Stage::Drawn) if !report.is_json() => report.line("")?,
            (false, _) => {}
        }
        state.stage = Stage::Drawn;
        view(report)?;
        match state.is_terminal {
            true => self.control(&[SHOWN]),
            false => report.flush(),
        }
    }

    /// Gives the terminal back as it was.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        if state.is_terminal && state.stage == Stage::Drawn {
            // If it has gone, there is nothing to give back.
            _ = self.control(&[END]);
        }
        state.stage = Stage::Closed;
    }

    /// Past the stripping of colours: with NO_COLOR the view is still to stay in place.
    fn control(&self, sequences: &[&str]) -> Result<()> {
        self.report.flush()?;
        let mut out = io::stdout();
        let written = out.write_all(sequences.concat().as_bytes());
        written
            .and_then(|()| out.flush())
            .map_err(super::write_failed)
    }
}
