//! Shows a retraining: that of this process, or, by its notes, that of another.

use crate::cli::Context;
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::learning::{Ended, Note, read};
use crate::report::Stages;
use crate::stage::{Outcome, StageEvent};
use crate::state::StateDir;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};
use wikisentry_learning::{Phase, RetrainEvent, is_busy};

/// How often the notes of another process are read.
const POLL: Duration = Duration::from_millis(200);

/// The phases as stages on the terminal.
pub(super) struct Shown {
    stages: Stages,
    begun: Option<(Phase, Instant)>,
}

impl Shown {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            stages: context.report.stages(),
            begun: None,
        }
    }

    pub(super) fn on(&mut self, event: RetrainEvent) {
        match event {
            RetrainEvent::Started { phase } => {
                self.begun = Some((phase, Instant::now()));
                self.stages.on(StageEvent::started(phase.name()));
            }
            RetrainEvent::Progress {
                phase,
                done,
                total,
                unit,
                note,
            } => self.stages.on(StageEvent::Progress {
                stage: phase.name().to_owned(),
                unit,
                done,
                total,
                note,
            }),
            RetrainEvent::Finished { summary, .. } => self.end(Outcome::Told(summary)),
        }
    }

    /// The phase at hand failed.
    pub(super) fn failed(&mut self) {
        self.end(Outcome::Failed);
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some((phase, begun)) = self.begun.take() {
            let event = StageEvent::finished(phase.name(), begun.elapsed(), outcome);
            self.stages.on(event);
        }
    }
}

/// Follows the retraining of another process to its end.
pub(super) fn follow(
    state: &StateDir,
    models: &Path,
    model: &str,
    context: &Context,
) -> Result<ExitStatus> {
    context
        .report
        .note("a retraining goes on already; Ctrl-C stops following, not it");
    let mut shown = Shown::new(context);
    let mut read_so_far = 0;
    let ended = loop {
        // Asked before reading: what was noted before it ended is then read.
        let goes_on = is_busy(models);
        let notes = read(state, read_so_far);
        read_so_far += notes.len();
        let mut ended = None;
        for note in notes {
            match note {
                Note::Began { .. } => {}
                Note::Went { event } => shown.on(event),
                Note::Ended { outcome, .. } => ended = Some(outcome),
            }
        }
        if ended.is_some() || !goes_on {
            break ended;
        }
        std::thread::sleep(POLL);
    };
    let (version, reason) = match ended {
        Some(Ended::Promoted { version }) => {
            let data = json!({"version": version, "promoted": true});
            let text = || format!("{model}/{version} is the champion now\n");
            context.report.data(&data, text)?;
            return Ok(ExitStatus::Fine);
        }
        Some(Ended::Kept { version, reason }) => (Some(version), reason),
        Some(Ended::Failed { reason }) => (None, reason),
        None => (None, "its process ended without a word".to_owned()),
    };
    shown.failed();
    let what = match version {
        Some(version) => format!("{model}/{version} is kept, not used"),
        None => "the retraining failed; the champion is what it was".to_owned(),
    };
    ExpectedError::refused(what)
        .because(reason)
        .help(
            "`wikisentry retrain --now` starts again; `wikisentry models list` shows what there is",
        )
        .fail()
}
