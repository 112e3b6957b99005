//! Records of a topic straight from Kafka: its partitions merged by time, no consumer group left.

use super::{advice, client, topic_name};
use crate::components::Site;
use crate::error::{Error, Result};
use crate::records::{Next, Record, Take, Wanted};
use std::ops::ControlFlow;
use wikisentry_core::time::EventTime;
use wikisentry_driver::kafka::{ReadRecord, ReadRequest, ReadStart, ReadStep};
use wikisentry_engine::tail::From;

/// Reads until `take` says no or fails.
pub(super) fn read(site: &Site, wanted: &Wanted, take: Take<'_>) -> Result<bool> {
    let read = ReadRequest {
        topic: topic_name(site, wanted.topic),
        start: start(wanted.start()),
        follow: wanted.follow,
        max: wanted.max,
    };
    // Kafka hands out all; what is not wanted ends here.
    let keep = |found: &ReadRecord<'_>| {
        let found = record(found);
        wanted.takes(found.timestamp, &found.value)
    };
    let mut failure: Option<Error> = None;
    let ended = client(site).read_only(&read, keep, |step| {
        let next = match step {
            ReadStep::Record(found) => Next::Record(record(&found)),
            ReadStep::Waiting => Next::Pause,
        };
        match take(next) {
            Ok(true) => ControlFlow::Continue(()),
            Ok(false) => ControlFlow::Break(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    match failure {
        Some(error) => Err(error),
        None => ended.map(|()| true).map_err(advice::of),
    }
}

fn record<'a>(found: &ReadRecord<'a>) -> Record<'a> {
    Record {
        offset: found.offset.unsigned_abs(),
        timestamp: EventTime::from_millis(found.timestamp.unwrap_or(0)).unwrap_or_default(),
        key: String::from_utf8_lossy(found.key.unwrap_or_default()),
        value: found.value.unwrap_or(b"null").into(),
    }
}

fn start(from: From) -> ReadStart {
    match from {
        From::Beginning => ReadStart::Beginning,
        From::End => ReadStart::End,
        From::Last(count) => ReadStart::Last(count),
        From::Time(time) => ReadStart::Time(time.as_millis()),
    }
}
