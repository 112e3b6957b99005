//! Client, bookmark and replay server together: whatever the server does, a consumer that keeps a
//! bookmark gets every event, and without repetitions where the server makes none.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use wikisentry_core::bookmark::{Bookmark, IdEntry, Position};
use wikisentry_core::stream::RECENTCHANGE;
use wikisentry_core::text::Text;
use wikisentry_engine::settings::SourceSettings;
use wikisentry_engine::sse::{Event, EventSource, FeedStatus, Frame, Message};
use wikisentry_replay::{ReplayHandle, ReplayOptions, ReplaySource, serve};

const PATIENCE: Duration = Duration::from_secs(120);
const REORDER_WINDOW: usize = 60;
const SEED: u64 = 20260615;

/// What a consumer with a bookmark took.
#[derive(Default)]
struct Taken {
    bookmark: Bookmark,
    events: BTreeMap<(String, i64), Vec<u8>>,
    repeated: usize,
    oversized: usize,
    /// Frames that hold no event with a position.
    others: usize,
}

impl Taken {
    fn frame(&mut self, frame: &Frame) {
        let event = match frame {
            Frame::Event(event) => event,
            Frame::Oversized(_) => {
                self.oversized += 1;
                return;
            }
        };
        match self.event(event) {
            Some(true) => {}
            Some(false) => self.repeated += 1,
            None => self.others += 1,
        }
    }

    /// Whether the event is new; `None` if it has no position.
    fn event(&mut self, event: &Event) -> Option<bool> {
        let payload: Value = serde_json::from_slice(&event.data).ok()?;
        let meta = payload.get("meta")?;
        let (topic, offset) = (meta["topic"].as_str()?, meta["offset"].as_i64()?);
        if let Ok(id) = serde_json::from_slice::<Vec<IdEntry<'_>>>(&event.id) {
            self.bookmark.take_id(&id, &[RECENTCHANGE]);
        }
        let position = Position {
            topic: Text::from(topic),
            partition: 0,
            offset,
        };
        self.bookmark.take(&position, None, REORDER_WINDOW);
        if meta["domain"] == "canary" {
            return Some(true);
        }
        let key = (topic.to_owned(), offset);
        Some(self.events.insert(key, event.data.to_vec()).is_none())
    }
}

/// Follows the sample until every event was taken.
async fn follow(faults: &str, gzip: bool) -> (Taken, FeedStatus, ReplayHandle) {
    let options = ReplayOptions {
        faults: faults.parse().unwrap(),
        seed: SEED,
        gzip,
        ..Default::default()
    };
    let server = serve(ReplaySource::sample().unwrap(), options)
        .await
        .unwrap();
    let settings = SourceSettings {
        url: server.base_url(),
        streams: vec!["recentchange".into()],
        contact: String::new(),
        since: String::new(),
        // Short only where the server is silent on purpose: a busy machine must not look dead.
        heartbeat_timeout: if faults.contains("stall") {
            Duration::from_millis(400)
        } else {
            PATIENCE
        },
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(20),
        max_event_bytes: 100_000,
        reorder_window: REORDER_WINDOW,
    };
    let stop = CancellationToken::new();
    let mut feed = EventSource::new(&settings).unwrap().spawn(stop.clone());
    let count = server.recording().expected().count();
    let mut taken = Taken::default();
    let deadline = Instant::now() + PATIENCE;
    while taken.events.len() < count {
        let message = timeout_at(deadline, feed.messages.recv()).await;
        match message.unwrap_or_else(|_| panic!("{} of {count} with {faults}", taken.events.len()))
        {
            Some(Message::Resume(request)) => request.answer(taken.bookmark.last_event_id()),
            Some(Message::Frames(frames)) => frames.iter().for_each(|frame| taken.frame(frame)),
            Some(Message::Connected | Message::Disconnected(_)) => {}
            None => panic!("the client stopped"),
        }
    }
    let status = feed.status.borrow().clone();
    stop.cancel();
    (taken, status, server)
}

fn all_is_there(taken: &Taken, server: &ReplayHandle, faults: &str) {
    for expected in server.recording().expected() {
        let key = (expected.topic.to_owned(), expected.offset as i64);
        assert_eq!(
            taken.events[&key], expected.payload,
            "{faults}, seed {SEED}"
        );
    }
}

#[tokio::test]
async fn no_event_is_lost_or_repeated_however_connections_end() {
    for (faults, gzip) in [
        ("", false),
        ("", true),
        ("disconnect=0.01,truncated=0.01,403=0.1,503=0.2", false),
        ("disconnect=0.005,truncated=0.005", true),
        ("stall=0.002:900ms,disconnect=0.002,canary=0.01", false),
        (
            "garbage=0.01,oversized=0.005:150000,disconnect=0.005",
            false,
        ),
    ] {
        let (taken, status, server) = follow(faults, gzip).await;
        all_is_there(&taken, &server, faults);
        assert_eq!(taken.repeated, 0, "{faults}, seed {SEED}");
        let served = server.served();
        assert_eq!(
            taken.oversized > 0,
            served.faults["oversized"] > 0,
            "{faults}"
        );
        assert_eq!(taken.others > 0, served.faults["garbage"] > 0, "{faults}");
        if faults.contains("disconnect") {
            assert!(status.connections > 10, "{faults}: {status:?}");
        } else {
            assert_eq!(status.connections, 1, "{faults}: {status:?}");
        }
    }
}

#[tokio::test]
async fn no_event_is_lost_when_the_server_repeats_reorders_and_skips() {
    let faults = "duplicate=0.02,reorder=0.05,gap=0.01,disconnect=0.01,truncated=0.01";
    let (taken, status, server) = follow(faults, false).await;
    all_is_there(&taken, &server, faults);
    assert!(taken.repeated > 0 && status.connections > 10, "{status:?}");
}
