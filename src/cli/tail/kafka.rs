//! `tail` and `alerts` on the data layer in Docker: records straight from Kafka.

use super::{Range, Wish};
use crate::cli::Context;
use crate::data_layer::{DataLayer, explain};
use crate::error::{Error, ExitStatus, Result};
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_driver::kafka::{Read, Record, Start, Step};
use wikisentry_engine::tail::{From, TailRecord};

/// Lines are written when as many bytes have gathered.
const BLOCK: usize = 64 << 10;

/// Shows the records of a topic that `wish` takes.
pub(super) fn show(
    layer: &DataLayer,
    topic: Topic,
    range: &Range,
    wish: Wish<'_>,
    context: &Context,
) -> Result<ExitStatus> {
    let from = range.start();
    let read = Read {
        topic: layer.topic_name(topic),
        start: start(from),
        follow: range.follow,
        // A wish is counted by what it takes.
        max: range.max.filter(|_| wish.is_none()),
    };
    let mut left = range.max.unwrap_or(u64::MAX);
    if left == 0 {
        return Ok(ExitStatus::Fine);
    }
    let mut lines = Vec::with_capacity(2 * BLOCK);
    take(layer, &read, |step| {
        let Step::Record(record) = step else {
            write(&mut lines, context)?;
            // Whoever follows wants to see it now.
            context.report.flush()?;
            return Ok(true);
        };
        // What is not looked at need not be understood.
        if context.report.is_json() && wish.is_none() {
            push_line(&record, &mut lines);
            if lines.len() >= BLOCK {
                write(&mut lines, context)?;
            }
            return Ok(true);
        }
        with_record(&record, |shown| {
            if wish.is_none_or(|wish| wish(shown)) {
                context.report.record(topic, shown)?;
                left -= 1;
            }
            Ok(left > 0)
        })
    })?;
    write(&mut lines, context)?;
    Ok(ExitStatus::Fine)
}

/// Shows the last `count` records that `wish` takes, however far back they are.
pub(super) fn show_last(
    layer: &DataLayer,
    topic: Topic,
    count: u64,
    wish: &dyn Fn(&TailRecord<'_>) -> bool,
    context: &Context,
) -> Result<ExitStatus> {
    let read = Read {
        topic: layer.topic_name(topic),
        start: Start::Beginning,
        follow: false,
        max: None,
    };
    let mut last: VecDeque<Vec<u8>> = VecDeque::new();
    take(layer, &read, |step| {
        if let Step::Record(record) = step {
            with_record(&record, |shown| {
                if wish(shown) {
                    last.push_back(serde_json::to_vec(shown)?);
                    if last.len() as u64 > count {
                        last.pop_front();
                    }
                }
                Ok(())
            })?;
        }
        Ok(true)
    })?;
    for line in &last {
        context.report.record(topic, &super::parse(line)?)?;
    }
    Ok(ExitStatus::Fine)
}

/// Reads until `take` says no or fails.
fn take(
    layer: &DataLayer,
    read: &Read,
    mut take: impl FnMut(Step<'_>) -> Result<bool>,
) -> Result<()> {
    let mut failure: Option<Error> = None;
    let ended = layer.kafka().read(read, |step| match take(step) {
        Ok(true) => ControlFlow::Continue(()),
        Ok(false) => ControlFlow::Break(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    });
    match failure {
        Some(error) => Err(error),
        None => ended.map(|_| ()).map_err(explain::kafka),
    }
}

fn write(lines: &mut Vec<u8>, context: &Context) -> Result<()> {
    if !lines.is_empty() {
        context.report.lines(lines)?;
        lines.clear();
    }
    Ok(())
}

/// A record's value as one line. Raw events may hold line breaks between tokens; in JSON strings
/// they are escaped.
fn push_line(record: &Record<'_>, lines: &mut Vec<u8>) {
    let value = record.value.unwrap_or(b"null");
    let begin = lines.len();
    lines.extend_from_slice(value);
    if memchr::memchr2(b'\n', b'\r', value).is_some() {
        for byte in &mut lines[begin..] {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    lines.push(b'\n');
}

/// Hands on the record in the form of the embedded profile. What is no JSON, which none of our
/// parts writes, is shown as text.
fn with_record<T>(
    record: &Record<'_>,
    take: impl FnOnce(&TailRecord<'_>) -> Result<T>,
) -> Result<T> {
    let value = record.value.unwrap_or(b"null");
    let quoted;
    let value: &RawValue = match serde_json::from_slice(value) {
        Ok(value) => value,
        Err(_) => {
            quoted = serde_json::value::to_raw_value(&String::from_utf8_lossy(value))?;
            &quoted
        }
    };
    take(&TailRecord {
        offset: record.offset.unsigned_abs(),
        timestamp: EventTime::from_millis(record.timestamp.unwrap_or(0)).unwrap_or_default(),
        key: String::from_utf8_lossy(record.key.unwrap_or_default()),
        value,
    })
}

fn start(from: From) -> Start {
    match from {
        From::Beginning => Start::Beginning,
        From::End => Start::End,
        From::Last(count) => Start::Last(count),
        From::Time(time) => Start::Time(time.as_millis()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(value: Option<&[u8]>) -> Record<'_> {
        Record {
            partition: 0,
            offset: 7,
            timestamp: Some(1_000),
            key: Some(b"enwiki:\xffA"),
            value,
        }
    }

    #[test]
    fn a_record_is_one_line_whatever_it_holds() {
        for (value, line) in [
            (Some(&b"{\"a\":1}"[..]), &b"{\"a\":1}\n"[..]),
            (Some(b"{\n\"a\":\r\n1}"), b"{ \"a\":  1}\n"),
            (None, b"null\n"),
        ] {
            let mut lines = Vec::new();
            push_line(&record(value), &mut lines);
            assert_eq!(lines, line);
        }
    }

    #[test]
    fn what_is_no_json_is_shown_as_text() {
        for (value, shown) in [
            (Some(&b"{\"a\": 1}"[..]), "{\"a\": 1}"),
            (Some(b"oh\xff"), "\"oh\u{fffd}\""),
            (None, "null"),
        ] {
            with_record(&record(value), |record| {
                assert_eq!((record.value.get(), record.offset), (shown, 7));
                assert_eq!(record.key, "enwiki:\u{fffd}A");
                Ok(())
            })
            .unwrap();
        }
    }
}
