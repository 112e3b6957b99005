//! `wikisentry demo`: the whole platform on recorded edits, shown as they come; nothing stays.

use super::help;
use super::{Context, completing};
use crate::amounts::{count, rate};
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::platform::Replay;
use crate::platform::embedded::Process;
use crate::report::{Live, pairs};
use crate::runtime::{self, StopSignals};
use crate::state::StateDir;
use owo_colors::OwoColorize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_engine::log::RecordRef;
use wikisentry_engine::status::Status;
use wikisentry_engine::tail::{Start, Tail};
use wikisentry_replay::{Rate, ReplayOptions, ReplaySource};

/// How often the view is renewed.
const FRAME: Duration = Duration::from_millis(100);
/// Edits shown in one frame at most; the eye cannot follow more.
const EDITS_A_FRAME: usize = 2;
/// Riskiest edits in the summary.
const RISKIEST: usize = 5;

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of(ABOUT, &[], EXAMPLES))]
pub struct Args {
    /// Events a second, or max
    #[arg(long, value_name = "N|max", default_value = "250", add = completing::words(["max"]))]
    rate: Rate,
}

const ABOUT: &str = "\
Needs no network and leaves nothing behind: it runs on a temporary state folder.";

const EXAMPLES: &str = "
  wikisentry demo
  wikisentry demo --rate max --output json | jq .events";

pub fn run(args: Args, context: &Context) -> Result<ExitStatus> {
    let folder = tempfile::Builder::new()
        .prefix("wikisentry-demo-")
        .tempdir()
        .map_err(|error| {
            ExpectedError::preflight("cannot make a temporary folder")
                .caused_by(&error)
                .help("set TMPDIR to a folder you can write")
        })?;
    let state = StateDir::at(folder.path());
    let mut settings = context.settings(Vec::new())?.settings;
    // Beside a platform that runs, its port is taken.
    settings.api.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = ReplayOptions {
        rate: args.rate,
        ..ReplayOptions::default()
    };
    let source = ReplaySource::sample()?;
    let events = source.lines().count() as u64;
    runtime::pooled()?.block_on(async {
        let request = None;
        let replay = Replay {
            source,
            options,
            request,
        };
        let mut platform = Process::start(settings, &state, Some(replay), false).await?;
        context.report.note(format_args!(
            "replaying {} recorded events of 2018 to 2026; API at http://{}; Ctrl-C ends it",
            count(events),
            platform.pipeline.api()
        ));
        let watched = watch(&mut platform, events, context).await;
        platform.stop(&state).await?;
        watched
    })
}

/// What the demo has seen.
#[derive(Default, Serialize)]
struct Summary {
    seconds: f64,
    events: u64,
    edits: BTreeMap<String, u64>,
    duplicates: u64,
    scored: u64,
    archived: u64,
    lake_files: u64,
    alerts: BTreeMap<String, u64>,
    model: String,
    riskiest: Vec<Risky>,
}

#[derive(Serialize)]
struct Risky {
    score: f64,
    /// The classified edit, as the topic has it.
    edit: serde_json::Value,
    /// Its line as `tail` shows it.
    #[serde(skip)]
    line: String,
}

async fn watch(platform: &mut Process, events: u64, context: &Context) -> Result<ExitStatus> {
    let log = platform.pipeline.log().clone();
    let mut edits = Tail::open(&log, Topic::EditsClassified, Start::Beginning)?;
    let mut alerts = Tail::open(&log, Topic::Alerts, Start::Beginning)?;
    let mut stop = StopSignals::listen()?;
    let live = context.report.live();
    let mut summary = Summary::default();
    if !context.report.is_json() {
        live.line(context.report.record_header(Topic::EditsClassified).bold())?;
    }
    let begun = Instant::now();
    let mut stopped = false;
    while !stopped {
        tokio::select! {
            _ = stop.received() => stopped = true,
            failure = platform.pipeline.failed() => return Err(failure.into()),
            () = tokio::time::sleep(FRAME) => {}
        }
        show_edits(&mut edits, &live, &mut summary, context)?;
        show_alerts(&mut alerts, &live, context)?;
        let status = platform.pipeline.status();
        live.status(format_args!(
            "{} of {} events · {} · {} scored · {} archived · {} alerts",
            count(status.flow.received.unwrap_or(0)),
            count(events),
            rate(status.flow.rates.unwrap_or_default().received),
            count(status.flow.scored.unwrap_or(0)),
            count(status.flow.archived.unwrap_or(0)),
            count(status.flow.alerts.unwrap_or(0))
        ));
        if is_through(platform, &status) {
            break;
        }
    }
    drop(live);
    summary.close(&platform.pipeline.status(), begun.elapsed());
    summary.show(context)?;
    Ok(ExitStatus::Fine)
}

/// Every event of the sample was taken, scored, looked at and archived.
fn is_through(platform: &Process, status: &Status) -> bool {
    let bookmark = status.flow.bookmark.as_ref();
    let sent = platform.replay().is_some_and(|replay| {
        replay.recording().end_offsets().iter().all(|(topic, end)| {
            let reached = bookmark.and_then(|it| it.positions.get(&format!("{topic}/0")));
            reached.and_then(|offset| u64::try_from(*offset).ok()) >= Some(*end)
        })
    });
    let name = Topic::EditsClassified.name();
    let edits = status.topics.iter().find(|topic| topic.name == name);
    // The archiver's offset is committed before its files are in place.
    let archived = edits.is_some_and(|edits| status.flow.archived >= edits.next);
    sent && archived && status.flow.lag == Some(0)
}

/// Takes everything that was appended since the last time.
fn read_on(tail: &mut Tail, mut take: impl FnMut(RecordRef<'_>)) -> Result<()> {
    let mut left = u64::MAX;
    while tail.read(&mut left, |record| {
        take(record);
        true
    })? {}
    Ok(())
}

fn show_edits(
    tail: &mut Tail,
    live: &Live,
    summary: &mut Summary,
    context: &Context,
) -> Result<()> {
    let mut shown = Vec::new();
    read_on(tail, |record| {
        if let Ok(edit) = ClassifiedEdit::from_json(record.value) {
            summary.take(&edit, record.value, context);
            let rank = edit.classification.score.unwrap_or(-1.0);
            shown.push((rank, record.timestamp, record.value.to_vec()));
        }
    })?;
    // The riskiest of the frame are worth a line.
    shown.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, time, value) in shown.into_iter().take(EDITS_A_FRAME) {
        show(Topic::EditsClassified, time, &value, live, context)?;
    }
    Ok(())
}

fn show_alerts(tail: &mut Tail, live: &Live, context: &Context) -> Result<()> {
    let mut shown = Ok(());
    read_on(tail, |record| {
        if shown.is_ok() {
            shown = show(Topic::Alerts, record.timestamp, record.value, live, context);
        }
    })?;
    shown
}

/// A line for people, as it comes.
fn show(topic: Topic, at: EventTime, value: &[u8], live: &Live, context: &Context) -> Result<()> {
    match context.report.is_json() {
        true => Ok(()),
        false => live.line(context.report.record_line(topic, at, value)),
    }
}

impl Summary {
    fn take(&mut self, edit: &ClassifiedEdit<'_>, value: &[u8], context: &Context) {
        let kind = edit.edit.user_type.name().to_owned();
        *self.edits.entry(kind).or_default() += 1;
        let Some(score) = edit.classification.score else {
            return;
        };
        let known = self.riskiest.len() == RISKIEST;
        if known && self.riskiest.last().is_some_and(|last| last.score >= score) {
            return;
        }
        let (report, time) = (&context.report, edit.classification.score_time);
        let line = report.record_line(Topic::EditsClassified, time, value);
        let edit = serde_json::from_slice(value).unwrap_or_default();
        self.riskiest.push(Risky { score, edit, line });
        self.riskiest.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.riskiest.truncate(RISKIEST);
    }

    fn close(&mut self, status: &Status, elapsed: Duration) {
        let (flow, model) = (&status.flow, status.flow.model.as_ref());
        self.seconds = elapsed.as_secs_f64();
        self.events = flow.received.unwrap_or(0);
        self.duplicates = flow.duplicates.unwrap_or(0);
        self.scored = flow.scored.unwrap_or(0);
        self.archived = flow.archived.unwrap_or(0);
        self.lake_files = status.disk.unwrap_or_default().lake_files;
        self.alerts = flow.alerts_by_kind.clone().unwrap_or_default();
        self.model = model.map_or_else(String::new, |model| model.version.clone());
    }

    fn show(&self, context: &Context) -> Result<()> {
        let report = &context.report;
        report.data(self, || self.text(report.view_width()))?;
        if !report.is_json() {
            let is_unknown = context
                .settings(Vec::new())?
                .settings
                .source
                .contact
                .is_empty();
            let first = match is_unknown {
                true => " (`wikisentry init` asks for a contact first)",
                false => "",
            };
            report.note(format_args!(
                "\nnext: `wikisentry up` for the live feed{first}"
            ));
        }
        Ok(())
    }

    fn text(&self, width: usize) -> String {
        let counts = |counts: &BTreeMap<String, u64>| {
            let all = counts
                .iter()
                .map(|(name, all)| format!("{} {name}", count(*all)));
            match counts.is_empty() {
                true => "none".to_owned(),
                false => all.collect::<Vec<_>>().join(", "),
            }
        };
        let events = format!(
            "{} in {:.1} s, {} duplicates dropped",
            count(self.events),
            self.seconds,
            count(self.duplicates)
        );
        let archived = format!(
            "{} in {} Parquet files",
            count(self.archived),
            count(self.lake_files)
        );
        let facts = [
            ("events", events),
            ("edits", counts(&self.edits)),
            (
                "scored",
                format!("{} by {}", count(self.scored), self.model),
            ),
            ("archived", archived),
            ("alerts", counts(&self.alerts)),
        ];
        let facts = pairs(&facts, width);
        let riskiest = self.riskiest.iter().map(|one| format!("{}\n", one.line));
        format!(
            "\n{facts}\nriskiest edits\n{}",
            riskiest.collect::<String>()
        )
    }
}
