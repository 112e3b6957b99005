//! Shows stage events: live bars on a terminal, plain lines elsewhere, nothing with `--quiet`.

use super::Report;
use crate::amounts::count;
use crate::stage::{Outcome, StageEvent};
use crate::text;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use owo_colors::OwoColorize;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Columns of a step and of the last line it wrote; both may be long.
const STEP_WIDTH: usize = 72;
const LINE_WIDTH: usize = 100;
/// Without a terminal, a step that writes is heard of once in this time.
const WORD: Duration = Duration::from_secs(15);

/// The stages of one longer work. Drop it, or [`Stages::close`] it, before reporting data.
pub struct Stages {
    report: Report,
    /// None where there is no terminal to draw on.
    bars: Option<MultiProgress>,
    running: HashMap<String, Running>,
}

#[derive(Default)]
struct Running {
    bar: Option<ProgressBar>,
    /// The last plain line, so that polling does not repeat it.
    said: String,
    /// The part it works on, since when, and when a word of it was said.
    step: String,
    since: Option<Instant>,
    told: Option<Instant>,
}

impl Stages {
    pub(super) fn new(report: Report, live: bool) -> Self {
        let bars = live.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self {
            report,
            bars,
            running: HashMap::new(),
        }
    }

    pub fn on(&mut self, event: StageEvent) {
        match event {
            StageEvent::Started { stage } => self.start(stage),
            StageEvent::Progress {
                stage,
                unit,
                done,
                total,
                note,
            } => {
                let note = note.map(|note| format!(", {}", text::harmless(&note)));
                let note = note.unwrap_or_default();
                self.count(&stage, &format!("{unit}{note}"), done, total);
            }
            StageEvent::Working { stage, step, line } => self.work(&stage, &step, line.as_deref()),
            StageEvent::Waiting { stage, why } => {
                // What a feed or a server answers.
                let why = text::harmless(&why);
                if let Some(bar) = self.bar(&stage) {
                    bar.set_message(format!("{} {why}", "waiting:".yellow()));
                } else {
                    self.say_once(&stage, format!("waiting: {why}"));
                }
            }
            StageEvent::Warning { what } => match &self.bars {
                Some(bars) => bars.suspend(|| self.report.warn(what)),
                None => self.report.warn(what),
            },
            StageEvent::Finished {
                stage,
                elapsed,
                outcome,
            } => {
                self.finish(&stage, elapsed, &outcome);
            }
        }
    }

    /// Removes the bars of stages that did not end.
    pub fn close(&mut self) {
        for running in self.running.drain() {
            if let Some(bar) = running.1.bar {
                bar.finish_and_clear();
            }
        }
    }

    fn start(&mut self, stage: String) {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            bar.set_style(style());
            bar.set_prefix(stage.clone());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if bar.is_none() {
            self.report.note(format_args!("… {stage}"));
        }
        self.running.insert(
            stage,
            Running {
                bar,
                ..Running::default()
            },
        );
    }

    fn bar(&self, stage: &str) -> Option<&ProgressBar> {
        self.running.get(stage)?.bar.as_ref()
    }

    fn count(&mut self, stage: &str, what: &str, done: u64, total: u64) {
        if let Some(bar) = self.bar(stage) {
            if bar.length() != Some(total) {
                bar.set_style(counting_style());
                bar.set_length(total);
            }
            bar.set_position(done);
            bar.set_message(what.to_owned());
            return;
        }
        let running = self.running.entry(stage.to_owned()).or_default();
        let told = *running.told.get_or_insert_with(Instant::now);
        if told.elapsed() >= WORD {
            running.told = Some(Instant::now());
            let (done, total) = (count(done), count(total));
            self.say_once(stage, format!("{done} of {total} {what}"));
        }
    }

    fn work(&mut self, stage: &str, step: &str, line: Option<&str>) {
        let step = text::fit(step, STEP_WIDTH);
        let line = line.map(|line| text::fit(line, LINE_WIDTH));
        if let Some(bar) = self.bar(stage) {
            let line = line.map(|line| format!(" {}", line.dimmed()));
            bar.set_style(style());
            bar.set_message(format!("{step}{}", line.unwrap_or_default()));
            return;
        }
        let running = self.running.entry(stage.to_owned()).or_default();
        if running.step != step {
            running.step.clone_from(&step);
            running.since = Some(Instant::now());
            running.told = running.since;
            self.say_once(stage, step);
        } else if running.told.is_none_or(|told| told.elapsed() >= WORD) {
            running.told = Some(Instant::now());
            let seconds = running.since.map_or(0, |since| since.elapsed().as_secs());
            let silent = || format!("{step}, {seconds} s so far");
            let said = line.filter(|line| running.said != *line);
            let said = said.unwrap_or_else(silent);
            self.say_once(stage, said);
        }
    }

    fn say_once(&mut self, stage: &str, line: String) {
        let running = self.running.entry(stage.to_owned()).or_default();
        if running.said != line {
            self.report.note(format_args!("  {stage}: {line}"));
            running.said = line;
        }
    }

    fn finish(&mut self, stage: &str, elapsed: Duration, outcome: &Outcome) {
        let line = finished(stage, elapsed, outcome);
        let bar = self.running.remove(stage).and_then(|running| running.bar);
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        match &self.bars {
            // The bars still running are redrawn below the line.
            Some(bars) => bars.suspend(|| self.report.note(line)),
            None => self.report.note(line),
        }
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        self.close();
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {prefix} {elapsed:.dim} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// Of what can be counted.
fn counting_style() -> ProgressStyle {
    let template =
        "{spinner} {prefix} {elapsed:.dim} {bar:20} {human_pos}/{human_len} {msg}, {eta} left";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn finished(stage: &str, elapsed: Duration, outcome: &Outcome) -> String {
    let seconds = format!("{:.1} s", elapsed.as_secs_f64());
    let (mark, note) = match outcome {
        Outcome::Done => ("✓".green().to_string(), seconds),
        Outcome::Told(what) => {
            let (mark, what) = ("✓".green(), text::harmless(what));
            return format!("{mark} {stage} {}  {what}", seconds.dimmed());
        }
        Outcome::Unchanged => ("✓".green().to_string(), "nothing to do".to_owned()),
        Outcome::Failed => ("✗".red().to_string(), format!("failed after {seconds}")),
    };
    format!("{mark} {stage} {}", note.dimmed())
}
