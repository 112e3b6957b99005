//! What the containers write, in the order of its time.

use super::Containers;
use crate::advice;
use crate::error::{ExpectedError, Result};
use crate::platform::{LogNext, LogWanted, TakeLog};
use crate::runtime;
use futures_util::StreamExt;
use jiff::Timestamp;
use std::time::Duration;
use wikisentry_driver::docker::{Engine, EngineError, LogLine, LogRequest};

/// What the containers have written so far comes without pauses of this length.
const PAUSE: Duration = Duration::from_millis(300);
/// More lines than this are not held back to be put in order.
const HELD: usize = 100_000;

impl Containers {
    pub(in crate::platform) fn logs(&self, wanted: &LogWanted, take: TakeLog<'_>) -> Result<()> {
        let known: Vec<&str> = self.project.services.keys().map(String::as_str).collect();
        let mut unknown = wanted.components.iter();
        if let Some(name) = unknown.find(|name| !known.contains(&name.as_str())) {
            return ExpectedError::usage(format!("there is no component `{name}`"))
                .help(format!("there are {}", known.join(", ")))
                .fail();
        }
        let since = wanted.since.map(|time| time.as_millis());
        let request = LogRequest {
            services: wanted.components.clone(),
            follow: wanted.follow,
            tail: Some(u32::try_from(wanted.lines).unwrap_or(u32::MAX)),
            since: since.map(Timestamp::from_millisecond).transpose()?,
        };
        runtime::single()?.block_on(self.read(&request, &known, take))
    }

    async fn read(&self, request: &LogRequest, known: &[&str], take: TakeLog<'_>) -> Result<()> {
        let engine = Engine::connect().await.map_err(advice::engine)?;
        let mut lines = engine.logs(&self.project, request);
        // What is there already comes without pauses; without --follow its end is waited for.
        let pause = match request.follow {
            true => PAUSE,
            false => Duration::MAX,
        };
        // Containers answer one after the other: what is there already is put in order first.
        let mut held: Vec<LogLine> = Vec::new();
        let mut failure: Option<EngineError> = None;
        let mut more = true;
        while more && failure.is_none() && held.len() < HELD {
            match tokio::time::timeout(pause, lines.next()).await {
                Ok(Some(Ok(line))) => held.push(line),
                Ok(Some(Err(error))) => failure = Some(error),
                Ok(None) => more = false,
                Err(_) => break,
            }
        }
        held.sort_by_key(|line| line.time);
        for line in &held {
            take(shown(line, known))?;
        }
        if let Some(error) = failure {
            return Err(advice::engine(error));
        }
        if held.is_empty() && !request.follow {
            return take(LogNext::Nothing);
        }
        if !more {
            return Ok(());
        }
        loop {
            // With --follow it is shown at once.
            take(LogNext::Pause)?;
            let Some(line) = lines.next().await else {
                return Ok(());
            };
            let line = line.map_err(advice::engine)?;
            take(shown(&line, known))?;
        }
    }
}

fn shown<'a>(line: &'a LogLine, known: &[&str]) -> LogNext<'a> {
    let place = known.iter().position(|name| *name == line.service);
    LogNext::Line {
        component: Some((&line.service, place.unwrap_or(0))),
        time: line.time.map(|time| time.to_string()),
        text: &line.text,
    }
}
