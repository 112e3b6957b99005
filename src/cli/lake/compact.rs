//! `wikisentry lake compact`: merges small files of the lake in the object store, whether the platform
//! writes to it or not.

use crate::amounts::{bytes as byte_count, count};
use crate::cli::Context;
use crate::cli::help::{self, Code};
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use crate::report::Stages;
use crate::stage::{Outcome, StageEvent};
use serde::Serialize;
use std::time::Instant;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::{Partition, StoreCompactor, Told};

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, CODES, EXAMPLES))]
pub struct Args {
    /// Show what would be merged, and change nothing
    #[arg(long)]
    dry_run: bool,
}

const ABOUT: &str = "\
Works beside a Flink that writes, beside readers, and beside another compaction, and may be stopped
at any moment: the next one goes on. It leaves files alone that Flink may still look for after a
failure, until another was written an hour later. The embedded platform merges the files of its lake
by itself.

Programs of others that list the lake in the short time in which a merged file is there already and
those that it replaces are there still see edits twice: see docs/contracts/lake.md.";

const CODES: &[Code] = &[
    (
        ExitStatus::Preflight,
        "the object store refuses, or what is noted of a compaction cannot be read",
    ),
    (ExitStatus::NotRunning, ""),
    (
        ExitStatus::Degraded,
        "an hour stays as it is, since a file of it cannot be read",
    ),
];

const EXAMPLES: &str = "
  wikisentry lake compact --dry-run
  wikisentry lake compact
  wikisentry lake compact --output json | jq -s 'map(.files) | add'";

const STAGE: &str = "merge small files";

/// What is printed of an hour.
#[derive(Debug, Serialize)]
struct Line {
    /// `user_type=…/date=…/hour=…`
    hour: String,
    outcome: Done,
    /// That become one.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edits: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_before: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_after: Option<u64>,
    /// Why it stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Done {
    /// It would be merged.
    Due,
    Merged,
    /// Another compaction had begun it and was stopped.
    Recovered,
    Skipped,
}

/// Merges, or says what there is to merge.
///
/// # Errors
/// With exit code 4 if the object store does not answer, 3 if it refuses.
pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let platform = context.platform()?;
    let lake = platform.lake()?;
    let most = platform.settings().archive.compact_files;
    let Some(compactor) = StoreCompactor::of(&lake, most) else {
        context.report.note(format_args!(
            "the archiver merges the files of this lake by itself, once an hour is over and has more \
             than {most} of them (`archive.compact_files`)"
        ));
        return Ok(ExitStatus::Fine);
    };
    if args.dry_run {
        return show(&compactor, context);
    }
    let mut lines = Vec::new();
    let mut progress = Progress::new(context);
    let outcome = compactor.run(&mut |told| {
        progress.on(told);
        lines.extend(Line::of(told));
    });
    progress.end(outcome.is_ok());
    for line in &lines {
        context.report.data(line, || line.text())?;
    }
    outcome.map_err(|error| refused(&error))?;
    if lines.is_empty() {
        context.report.note("there is nothing to merge");
    }
    match lines.iter().any(|line| line.outcome == Done::Skipped) {
        true => Ok(ExitStatus::Degraded),
        false => Ok(ExitStatus::Fine),
    }
}

fn show(compactor: &StoreCompactor, context: &Context) -> Result<ExitStatus> {
    let look = compactor.look().map_err(|error| refused(&error))?;
    for due in &look.hours {
        let line = Line {
            files: Some(due.files),
            bytes_before: Some(due.bytes),
            ..Line::new(due.partition, Done::Due)
        };
        context.report.data(&line, || line.text())?;
    }
    if let Some(partition) = look.unfinished {
        context.report.note(format_args!(
            "a compaction of {partition} is under way, or was stopped: `wikisentry lake compact` \
             ends it"
        ));
    }
    let (files, hours) = (count(look.files as u64), look.hours.len());
    context.report.note(format_args!(
        "the lake has {files} files; {hours} hours have too many small ones"
    ));
    Ok(ExitStatus::Fine)
}

impl Line {
    fn new(partition: Partition, outcome: Done) -> Self {
        Self {
            hour: partition.to_string(),
            outcome,
            files: None,
            edits: None,
            bytes_before: None,
            bytes_after: None,
            reason: None,
        }
    }

    fn of(told: &Told<'_>) -> Option<Self> {
        match told {
            Told::Found(_) => None,
            Told::Recovered(partition) => Some(Self::new(*partition, Done::Recovered)),
            Told::Compacted(done) => Some(Self {
                files: Some(done.files),
                edits: Some(done.rows),
                bytes_before: Some(done.bytes_before),
                bytes_after: Some(done.bytes_after),
                ..Self::new(done.partition, Done::Merged)
            }),
            Told::Skipped(partition, error) => Some(Self {
                reason: Some(error.to_string()),
                ..Self::new(*partition, Done::Skipped)
            }),
        }
    }

    fn text(&self) -> String {
        let files = count(self.files.unwrap_or_default() as u64);
        let size = |bytes: Option<u64>| byte_count(bytes.unwrap_or_default());
        let said = match self.outcome {
            Done::Due => format!("{files} files, {}", size(self.bytes_before)),
            Done::Merged => format!(
                "{files} files are one: {} edits, {} instead of {}",
                count(self.edits.unwrap_or_default()),
                size(self.bytes_after),
                size(self.bytes_before),
            ),
            Done::Recovered => "a compaction that was stopped is ended".to_owned(),
            Done::Skipped => format!(
                "stays as it is: {}",
                self.reason.as_deref().unwrap_or_default()
            ),
        };
        format!("{}  {said}\n", self.hour)
    }
}

/// The hours that are done of those that are due.
struct Progress {
    stages: Stages,
    begun: Instant,
    done: u64,
    total: u64,
}

impl Progress {
    fn new(context: &Context) -> Self {
        let mut stages = context.report.stages();
        stages.on(StageEvent::started(STAGE));
        Self {
            stages,
            begun: Instant::now(),
            done: 0,
            total: 0,
        }
    }

    fn on(&mut self, told: &Told<'_>) {
        match told {
            Told::Found(look) => self.total = look.hours.len() as u64,
            Told::Recovered(_) => return,
            // An hour of very many files is merged in several goes.
            Told::Compacted(_) | Told::Skipped(..) => self.done = self.total.min(self.done + 1),
        }
        self.stages.on(StageEvent::Progress {
            stage: STAGE.to_owned(),
            unit: "hours".to_owned(),
            done: self.done,
            total: self.total,
            note: None,
        });
    }

    fn end(mut self, is_fine: bool) {
        let outcome = match is_fine {
            true => Outcome::Done,
            false => Outcome::Failed,
        };
        let elapsed = self.begun.elapsed();
        self.stages
            .on(StageEvent::finished(STAGE, elapsed, outcome));
    }
}

fn refused(error: &LakeError) -> Error {
    let help = match error.is_transient() {
        true => "see whether the object store is well: `wikisentry status`; what was done is done",
        false => {
            "a file that cannot be read is moved away by hand, out of `edits/`; what was done is done"
        }
    };
    ExpectedError::preflight("the lake cannot be compacted")
        .caused_by(error)
        .help(help)
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_core::time::EventTime;
    use wikisentry_core::user::UserType;
    use wikisentry_lake::archive::Compaction;

    #[test]
    fn an_hour_that_was_merged_has_the_same_figures_for_people_and_for_scripts() {
        let time = EventTime::parse("2026-09-17T03:10:00Z").unwrap();
        let done = Compaction {
            partition: Partition::of(UserType::Bot, time),
            files: 61,
            rows: 3_120,
            bytes_before: 2_500_000,
            bytes_after: 400_000,
        };
        let line = Line::of(&Told::Compacted(&done)).unwrap();
        insta::assert_snapshot!(line.text(), @"user_type=bot/date=2026-09-17/hour=03  61 files are one: 3,120 edits, 391 KiB instead of 2.4 MiB");
        insta::assert_snapshot!(
            serde_json::to_string(&line).unwrap(),
            @r#"{"hour":"user_type=bot/date=2026-09-17/hour=03","outcome":"merged","files":61,"edits":3120,"bytes_before":2500000,"bytes_after":400000}"#
        );
    }
}
