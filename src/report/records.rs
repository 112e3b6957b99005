//! Records of a topic below each other, behind a line that names the columns and the time zone.

use super::Report;
use super::record::{self, Look};
use crate::error::Result;
use crate::records::Record;
use owo_colors::OwoColorize;
use wikisentry_core::topic::Topic;
use wikisentry_engine::tail::Clock;
use wikisentry_lake::clock;

/// Shows records as they come.
pub struct Records {
    report: Report,
    topic: Topic,
    clock: Clock,
    has_header: bool,
    /// Columns of the widest time so far: lines stay aligned where days and years change.
    time_width: usize,
}

impl Records {
    pub(super) fn new(report: Report, topic: Topic, is_local: bool) -> Self {
        let clock = match is_local {
            true => Clock::local(),
            false => Clock::utc(),
        };
        Self {
            report,
            topic,
            clock,
            has_header: false,
            time_width: 0,
        }
    }

    /// One record: a line for people, or for scripts its value as it is stored.
    ///
    /// # Errors
    /// As [`Report::line`].
    pub fn add(&mut self, record: &Record<'_>) -> Result<()> {
        if self.report.is_json() {
            let mut line = Vec::with_capacity(record.value.len() + 1);
            record.push_line(&mut line);
            return self.report.lines(&line);
        }
        // What is followed may see midnight.
        self.clock.now = clock::now();
        let look = Look {
            width: self.report.width(),
            links: self.report.has_links,
            clock: &self.clock,
            time_width: self.time_width,
        };
        let topic = self.topic;
        let line = record.with_json(|record| record::line(topic, record, look))?;
        self.time_width = line.time_width;
        if !self.has_header {
            self.has_header = true;
            let header = record::header(topic, line.time_width, look);
            self.report.line(header.bold())?;
        }
        self.report.line(line.text)
    }
}
