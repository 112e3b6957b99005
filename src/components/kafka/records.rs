//! Records of a topic straight from Kafka: its partitions merged by time, no consumer group left.

use super::{advice, client, topic_name};
use crate::components::Site;
use crate::error::{Error, Result};
use crate::records::{Next, Record, Take, Wanted};
use std::ops::ControlFlow;
use wikisentry_core::time::EventTime;
use wikisentry_driver::kafka::{ReadRecord, ReadRequest, ReadStart, ReadStep};
use wikisentry_engine::tail::Start;

/// Reads until `take` says no or fails.
pub(super) fn read(site: &Site, wanted: &Wanted, take: Take<'_>) -> Result<bool> {
    let read = request(topic_name(site, wanted.topic), wanted);
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
        None => ended.map(|()| true).map_err(advice::of(site)),
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

fn request(topic: String, wanted: &Wanted) -> ReadRequest {
    ReadRequest {
        topic,
        start: match wanted.from {
            Start::Beginning => ReadStart::Beginning,
            Start::End => ReadStart::End,
            Start::Last(count) => ReadStart::Last(count),
            Start::Time(time) => ReadStart::Time(time.as_millis()),
        },
        floor: wanted.floor().map(EventTime::as_millis),
        follow: wanted.follow,
        max: wanted.max,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_core::topic::Topic;
    use wikisentry_engine::tail::Clock;

    #[test]
    fn nothing_before_the_first_record_that_can_be_wanted_is_read_wherever_the_reading_starts() {
        let since = EventTime::from_millis(1_800_000_000_000).expect("a time");
        let since = format!("since={since}");
        let floor = Some(1_800_000_000_000 - 3_600_000);
        for (query, start, floor) in [
            (since.clone(), ReadStart::Beginning, floor),
            (format!("from=20&{since}"), ReadStart::Last(20), floor),
            (format!("from=end&{since}"), ReadStart::End, floor),
            (
                format!("from=1970-01-02&{since}"),
                ReadStart::Time(86_400_000),
                floor,
            ),
            ("from=3&wiki=dewiki".to_owned(), ReadStart::Last(3), None),
        ] {
            let wanted = Wanted::of_query(Topic::EditsClassified, &query, &Clock::utc());
            let read = request("edits".to_owned(), &wanted.expect("a query"));
            assert_eq!((read.start, read.floor), (start, floor), "{query}");
        }
    }
}
