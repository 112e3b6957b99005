//! How far the connector is, read from its offsets in Kafka. They have the form of the service's
//! own `Last-Event-ID`; what has another form is passed over.

use std::collections::BTreeMap;
use wikisentry_core::bookmark::IdEntry;
use wikisentry_core::time::EventTime;
use wikisentry_driver::connect::SourceOffset;
use wikisentry_engine::status::BookmarkStatus;

/// The bookmark in the offsets of all streams, and its age at `now`.
pub(super) fn read(offsets: &[SourceOffset], now: EventTime) -> BookmarkStatus {
    let mut positions = BTreeMap::new();
    let mut latest: Option<i64> = None;
    let fields = offsets.iter().filter_map(|one| one.offset.as_ref());
    let texts = fields.flat_map(|offset| offset.values().filter_map(|value| value.as_str()));
    for text in texts {
        let entries: Vec<IdEntry<'_>> = serde_json::from_str(text).unwrap_or_default();
        for entry in entries {
            latest = latest.max(entry.timestamp);
            if let Some(offset) = entry.offset {
                let place = format!("{}/{}", &*entry.topic, entry.partition);
                positions.insert(place, offset);
            }
        }
    }
    let time = latest.and_then(EventTime::from_millis);
    let age = time.map(|time| (now.as_millis() - time.as_millis()) as f64 / 1000.0);
    BookmarkStatus {
        positions,
        time,
        age_seconds: age,
    }
}

/// The gaps that the offsets of all streams count.
pub(super) fn gaps(offsets: &[SourceOffset]) -> u64 {
    let fields = offsets.iter().filter_map(|one| one.offset.as_ref());
    let counts = fields.filter_map(|offset| offset.get("gaps")?.as_u64());
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn offset(offset: serde_json::Value) -> SourceOffset {
        serde_json::from_value(json!({"partition": {"stream": "x"}, "offset": offset})).unwrap()
    }

    #[test]
    fn the_age_is_that_of_the_latest_event_of_all_streams() {
        let entry = |topic: &str, time: i64| {
            json!({"bookmark": json!([
                {"topic": topic, "partition": 0, "offset": 43, "timestamp": time,
                 "ahead": [[45, 47]]},
                {"topic": "codfw.x", "partition": 0, "timestamp": 5},
            ]).to_string()})
        };
        let offsets = [offset(entry("a", 60_000)), offset(entry("b", 90_000))];
        let now = EventTime::from_millis(100_500).unwrap();
        let found = read(&offsets, now);
        assert_eq!(found.age_seconds, Some(10.5));
        let places: Vec<_> = found.positions.keys().map(String::as_str).collect();
        assert_eq!(places, ["a/0", "b/0"]);
    }

    #[test]
    fn gaps_of_all_streams_are_counted_together_and_older_offsets_count_none() {
        let offsets = [
            offset(json!({"bookmark": "[]", "gaps": 2, "gap.offsets": 70})),
            offset(json!({"bookmark": "[]", "gaps": 1, "gap.offsets": 1})),
            offset(json!({"bookmark": "[]"})),
            offset(json!(null)),
        ];
        assert_eq!(gaps(&offsets), 3);
    }

    #[test]
    fn offsets_of_another_form_are_passed_over() {
        let strange = [
            offset(json!(null)),
            offset(json!({"position": 7})),
            offset(json!({"bookmark": "no JSON"})),
        ];
        let now = EventTime::from_millis(0).unwrap();
        assert_eq!(read(&strange, now), BookmarkStatus::default());
    }
}
