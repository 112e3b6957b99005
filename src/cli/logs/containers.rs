//! `logs` on the data layer in Docker: what the containers write, by time.

use super::Args;
use crate::cli::Context;
use crate::data_layer::{DataLayer, explain};
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::text::harmless;
use futures_util::StreamExt;
use jiff::Timestamp;
use owo_colors::{AnsiColors, OwoColorize};
use serde_json::json;
use std::time::Duration;
use wikisentry_driver::docker::{Engine, EngineError, LogLine, LogRequest};

/// What the containers have written so far comes without pauses of this length.
const PAUSE: Duration = Duration::from_millis(300);
/// More lines than this are not held back to be put in order.
const HELD: usize = 100_000;

/// One for each service, in turn.
const COLORS: [AnsiColors; 5] = [
    AnsiColors::Cyan,
    AnsiColors::Magenta,
    AnsiColors::Green,
    AnsiColors::Yellow,
    AnsiColors::Blue,
];

/// Shows what the containers write.
pub(super) fn run(layer: &DataLayer, args: &Args, context: &Context) -> Result<ExitStatus> {
    let known: Vec<&str> = layer.project.services.keys().map(String::as_str).collect();
    if let Some(name) = args
        .services
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        return Err(
            ExpectedError::usage(format!("there is no service `{name}`"))
                .help(format!("there are {}", known.join(", ")))
                .into(),
        );
    }
    let since = args
        .since
        .map(|time| Timestamp::from_millisecond(time.as_millis()));
    let request = LogRequest {
        services: args.services.clone(),
        follow: args.follow,
        tail: Some(u32::try_from(args.lines).unwrap_or(u32::MAX)),
        since: since.transpose()?,
    };
    let view = View::of(&known, context);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(show(layer, &request, &view))
}

async fn show(layer: &DataLayer, request: &LogRequest, view: &View<'_>) -> Result<ExitStatus> {
    let engine = Engine::connect().await.map_err(explain::engine)?;
    let mut lines = engine.logs(&layer.project, request);
    // Containers answer one after the other: what is there already is put in order first.
    let mut held: Vec<LogLine> = Vec::new();
    let mut failure: Option<EngineError> = None;
    let mut more = true;
    while failure.is_none() && held.len() < HELD {
        match next(request.follow, lines.next()).await {
            Next::Line(Ok(line)) => held.push(line),
            Next::Line(Err(error)) => failure = Some(error),
            Next::Pause => break,
            Next::End => {
                more = false;
                break;
            }
        }
    }
    held.sort_by_key(|line| line.time);
    let is_empty = held.is_empty();
    for line in &held {
        view.show(line)?;
    }
    if let Some(error) = failure {
        return Err(explain::engine(error));
    }
    view.context.report.flush()?;
    while more {
        match lines.next().await {
            Some(line) => view.show(&line.map_err(explain::engine)?)?,
            None => more = false,
        }
        // Whoever follows wants to see it now.
        if request.follow {
            view.context.report.flush()?;
        }
    }
    if is_empty && !request.follow {
        view.context
            .report
            .note("nothing was written; see which containers run: `wikisentry status`");
    }
    Ok(ExitStatus::Fine)
}

enum Next {
    Line(Result<LogLine, EngineError>),
    /// There is no more for now.
    Pause,
    End,
}

async fn next(
    follow: bool,
    line: impl Future<Output = Option<Result<LogLine, EngineError>>>,
) -> Next {
    let line = match follow {
        true => tokio::time::timeout(PAUSE, line).await,
        false => Ok(line.await),
    };
    match line {
        Ok(Some(line)) => Next::Line(line),
        Ok(None) => Next::End,
        Err(_) => Next::Pause,
    }
}

/// How lines are shown.
struct View<'a> {
    services: Vec<String>,
    width: usize,
    context: &'a Context,
}

impl<'a> View<'a> {
    fn of(services: &[&str], context: &'a Context) -> Self {
        Self {
            services: services.iter().map(|name| (*name).to_owned()).collect(),
            width: services.iter().map(|name| name.len()).max().unwrap_or(0),
            context,
        }
    }

    fn show(&self, line: &LogLine) -> Result<()> {
        let report = &self.context.report;
        if report.is_json() {
            let time = line.time.map(|time| time.to_string());
            return report.json(&json!({"service": line.service, "time": time, "line": line.text}));
        }
        report.line(self.line(line))
    }

    /// A line behind its service. Strangers may have typed what it says.
    fn line(&self, line: &LogLine) -> String {
        let place = self.services.iter().position(|name| *name == line.service);
        let color = COLORS[place.unwrap_or(0) % COLORS.len()];
        let prefix = format!("{:width$} |", line.service, width = self.width);
        // A tab is harmless here, and stack traces have them.
        let text = harmless(&line.text.replace('\t', "    "));
        format!("{} {text}", prefix.color(color))
            .trim_end()
            .to_owned()
    }
}
