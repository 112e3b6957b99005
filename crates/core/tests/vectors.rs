//! This implementation against the vectors that those in other languages must meet too.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use wikisentry_core::bookmark::{Bookmark, IdEntry, Position, Resume, ResumeBy, Seen};
use wikisentry_core::event::{Body, Event};
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

#[derive(Deserialize)]
struct Vectors<T> {
    cases: Vec<T>,
}

fn cases<T: for<'a> Deserialize<'a>>(file: &str) -> Vec<T> {
    let path = format!(
        "{}/../../testdata/vectors/{file}",
        env!("CARGO_MANIFEST_DIR")
    );
    let json = std::fs::read_to_string(&path).expect(&path);
    let vectors: Vectors<T> = serde_json::from_str(&json).expect(&path);
    assert!(!vectors.cases.is_empty(), "{path}");
    vectors.cases
}

#[derive(Deserialize)]
struct UserCase {
    name: String,
    user: Option<String>,
    bot: bool,
    user_type: UserType,
}

#[test]
fn user_type() {
    for case in cases::<UserCase>("user_type.json") {
        assert_eq!(
            UserType::of(case.user.as_deref(), case.bot),
            case.user_type,
            "{}",
            case.name
        );
    }
}

#[derive(Deserialize)]
struct CanaryCase {
    name: String,
    event: Value,
    canary: bool,
}

#[test]
fn canary() {
    for case in cases::<CanaryCase>("canary.json") {
        let json = case.event.to_string();
        let event = Event::parse(json.as_bytes()).expect(&case.name);
        assert_eq!(event.body == Body::Canary, case.canary, "{}", case.name);
        assert!(!(case.canary && event.route().is_some()), "{}", case.name);
    }
}

#[derive(Deserialize)]
struct Taken {
    topic: String,
    partition: i32,
    offset: Option<i64>,
    timestamp: i64,
}

#[derive(Deserialize)]
struct BookmarkCase {
    name: String,
    window: usize,
    events: Vec<Taken>,
    last_event_id: Option<Value>,
    gaps: usize,
}

#[test]
fn bookmark() {
    for case in cases::<BookmarkCase>("bookmark.json") {
        let mut bookmark = Bookmark::default();
        let mut gaps = 0;
        for event in &case.events {
            let time = EventTime::from_millis(event.timestamp).expect("a time");
            match event.offset {
                Some(offset) => {
                    let topic = Text::from(event.topic.as_str());
                    let position = Position {
                        topic,
                        partition: event.partition,
                        offset,
                    };
                    gaps +=
                        usize::from(bookmark.take(&position, Some(time), case.window).is_some());
                }
                None => bookmark.take_time(&event.topic, event.partition, time),
            }
            // It is the same after it was written and read.
            let kept = serde_json::to_string(&bookmark).expect("JSON");
            assert_eq!(
                serde_json::from_str::<Bookmark>(&kept).expect("a bookmark"),
                bookmark
            );
        }
        let id = bookmark
            .last_event_id()
            .map(|id| serde_json::from_str(&id).expect("JSON"));
        assert_eq!(id, case.last_event_id, "{}", case.name);
        assert_eq!(gaps, case.gaps, "{}", case.name);
    }
}

#[derive(Deserialize)]
struct ResumeCase {
    name: String,
    window: usize,
    streams: Vec<String>,
    begin: Option<i64>,
    steps: Vec<ResumeStep>,
    gaps: usize,
    positions: BTreeMap<String, i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ResumeStep {
    Id(serde_json::Value),
    Partitions(Partitions),
    Event(SentEvent),
    Resume(Expected),
}

/// An id that names so many partitions of a topic.
#[derive(Deserialize)]
struct Partitions {
    topic: String,
    first: i32,
    count: i32,
    offset: i64,
}

impl Partitions {
    fn id(&self) -> Vec<IdEntry<'_>> {
        let entry = |partition| IdEntry {
            topic: Text::from(self.topic.as_str()),
            partition,
            offset: Some(self.offset),
            timestamp: None,
        };
        (self.first..self.first + self.count).map(entry).collect()
    }
}

#[derive(Deserialize)]
struct SentEvent {
    topic: String,
    partition: i32,
    offset: i64,
    timestamp: i64,
    id: String,
    #[serde(default)]
    again: bool,
    #[serde(default)]
    repeated: bool,
}

#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    without_offsets: bool,
    #[serde(default)]
    without_header: bool,
    last_event_id: Option<serde_json::Value>,
    since: Option<i64>,
    /// The number of entries of the header, in place of them.
    entries: Option<usize>,
}

impl Expected {
    fn by(&self) -> ResumeBy {
        match (self.without_header, self.without_offsets) {
            (true, _) => ResumeBy::Since,
            (false, true) => ResumeBy::Times,
            (false, false) => ResumeBy::Offsets,
        }
    }
}

#[test]
fn resume() {
    for case in cases::<ResumeCase>("resume.json") {
        let name = &case.name;
        let begin = case.begin.and_then(EventTime::from_millis);
        let mut bookmark = begin.map_or_else(Bookmark::default, Bookmark::beginning);
        let streams: Vec<&str> = case.streams.iter().map(String::as_str).collect();
        let mut gaps = 0;
        for step in &case.steps {
            match step {
                ResumeStep::Id(entries) => {
                    let text = entries.to_string();
                    let entries: Vec<_> = serde_json::from_str(&text).expect("an id");
                    bookmark.take_id(&entries, &streams);
                }
                ResumeStep::Partitions(named) => bookmark.take_id(&named.id(), &streams),
                ResumeStep::Event(event) => {
                    let position = Position {
                        topic: Text::from(event.topic.as_str()),
                        partition: event.partition,
                        offset: event.offset,
                    };
                    let time = EventTime::from_millis(event.timestamp);
                    assert_eq!(
                        bookmark.has_taken(&position, time),
                        event.repeated,
                        "{name}: {}",
                        event.id
                    );
                    let id = event
                        .id
                        .bytes()
                        .fold(1, |id, byte| id << 8 | u64::from(byte));
                    let is_new = !event.again;
                    let seen = Seen { id, is_new };
                    let gap = bookmark.take_seen(&position, time, seen, case.window);
                    gaps += usize::from(gap.is_some());
                }
                ResumeStep::Resume(expected) => {
                    // Also after a crash: it is the same after it was written and read.
                    let kept = serde_json::to_string(&bookmark).expect("JSON");
                    bookmark = serde_json::from_str(&kept).expect("a bookmark");
                    let resume = bookmark.resume(&streams, expected.by());
                    if let Some(count) = expected.entries {
                        let Resume::At(id) = resume else {
                            panic!("{name}: {resume:?}")
                        };
                        let entries: Vec<IdEntry<'_>> = serde_json::from_str(&id).expect("an id");
                        assert_eq!(entries.len(), count, "{name}");
                        continue;
                    }
                    let found = match resume {
                        Resume::Start => (None, None),
                        Resume::At(id) => (serde_json::from_str(&id).expect("JSON"), None),
                        Resume::Since(time) => (None, Some(time.as_millis())),
                    };
                    let expected = (expected.last_event_id.clone(), expected.since);
                    assert_eq!(found, expected, "{name}");
                }
            }
        }
        assert_eq!(
            (gaps, bookmark.positions()),
            (case.gaps, case.positions),
            "{name}"
        );
    }
}
