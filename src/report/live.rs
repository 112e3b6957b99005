//! A running commentary with a status line below it: lines scroll by, the last one stays.

use super::Report;
use crate::error::Result;
use crate::text::fit;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Display;
use std::time::Duration;

/// Lines of data above a status line. Without a terminal there are only the lines.
pub struct Live {
    report: Report,
    bar: Option<ProgressBar>,
}

impl Live {
    pub(super) fn new(report: Report, live: bool) -> Self {
        let bar = live.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { report, bar }
    }

    /// What scrolls by: a line, or several of an alert.
    pub fn line(&self, line: impl Display) -> Result<()> {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.report.line(line)),
            None => self.report.line(line),
        }
    }

    pub fn status(&self, status: impl Display) {
        if let Some(bar) = &self.bar {
            // Room for what a terminal shows of Ctrl-C: a line that wraps would not be cleared.
            let width = self.report.narrative_width().saturating_sub(6);
            bar.set_message(fit(&status.to_string(), width));
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
