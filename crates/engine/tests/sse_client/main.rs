//! The feed client against a server that plays a script: what it asks for, what it delivers, and
//! how it comes back from every kind of failure.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod delivery;
mod failures;
mod server;

use server::Server;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use url::Url;
use wikisentry_engine::settings::SourceSettings;
use wikisentry_engine::sse::{EventSource, FeedStatus, Frame, Message, ResumeRequest, RunningFeed};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn settings(url: &Url) -> SourceSettings {
    SourceSettings {
        url: url.clone(),
        streams: vec!["recentchange".into(), "mediawiki.page_change.v1".into()],
        contact: "me@example.org".into(),
        since: String::new(),
        heartbeat_timeout: PATIENCE,
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(20),
        max_event_bytes: 1000,
        reorder_window: 100,
    }
}

/// A consumer that remembers the last id it took.
struct Consumer {
    feed: RunningFeed,
    stop: CancellationToken,
    last_id: Option<String>,
}

impl Consumer {
    fn new(server: &Server) -> Self {
        Self::with(&settings(&server.url))
    }

    fn with(settings: &SourceSettings) -> Self {
        let stop = CancellationToken::new();
        Self {
            feed: EventSource::new(settings).unwrap().spawn(stop.clone()),
            stop,
            last_id: None,
        }
    }

    async fn message(&mut self) -> Message {
        let message = timeout(PATIENCE, self.feed.messages.recv()).await;
        message
            .expect("a message in time")
            .expect("a running client")
    }

    /// The next request for a position; frames before it are taken.
    async fn resume(&mut self) -> ResumeRequest {
        loop {
            match self.message().await {
                Message::Resume(request) => return request,
                Message::Frames(frames) => {
                    self.take(&frames);
                }
                Message::Connected | Message::Disconnected(_) => {}
            }
        }
    }

    /// Answers requests for a position until frames come; gives what they hold.
    async fn frames(&mut self) -> Vec<Frame> {
        loop {
            match self.message().await {
                Message::Resume(request) => request.answer(self.last_id.clone()),
                Message::Frames(frames) => {
                    self.take(&frames);
                    return frames;
                }
                Message::Connected | Message::Disconnected(_) => {}
            }
        }
    }

    /// Takes events until there are as many; gives their data.
    async fn events(&mut self, count: usize) -> Vec<String> {
        let mut taken = Vec::new();
        while taken.len() < count {
            for frame in self.frames().await {
                let Frame::Event(event) = frame else {
                    panic!("{frame:?}")
                };
                taken.push(String::from_utf8(event.data.to_vec()).unwrap());
            }
        }
        taken
    }

    fn take(&mut self, frames: &[Frame]) {
        for frame in frames {
            let (Frame::Event(wikisentry_engine::sse::Event { id, .. })
            | Frame::Oversized(wikisentry_engine::sse::Oversized { id, .. })) = frame;
            self.last_id = Some(String::from_utf8(id.to_vec()).unwrap());
        }
    }

    /// Answers requests for a position until the status is as wanted.
    async fn status(&mut self, wanted: impl Fn(&FeedStatus) -> bool) -> FeedStatus {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let status = self.feed.status.borrow_and_update().clone();
            if wanted(&status) {
                return status;
            }
            tokio::select! {
                changed = self.feed.status.changed() => changed.unwrap(),
                message = self.feed.messages.recv() => match message {
                    Some(Message::Resume(request)) => request.answer(self.last_id.clone()),
                    Some(Message::Frames(frames)) => self.take(&frames),
                    Some(_) => {}
                    None => panic!("stopped at {status:?}"),
                },
                () = tokio::time::sleep_until(deadline) => panic!("still {status:?}"),
            }
        }
    }
}
