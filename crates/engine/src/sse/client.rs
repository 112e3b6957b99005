//! Keeps a subscription up: connects, delivers, and connects again where the consumer says. It
//! neither reads events nor keeps the bookmark.

use super::connection::Dialer;
use super::error::{ConnectionError, SetupError};
use super::feed_status::{FeedState, FeedStatus};
use super::frame::Frame;
use super::reconnect::{EndKind, Ended, Next, Reconnect};
use crate::settings::SourceSettings;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wikisentry_core::bookmark::{Resume, ResumeBy};
use wikisentry_http::without_secret;
use wikisentry_lake::clock;

/// Messages on their way to the consumer; beyond that the client stops reading from the server.
const MESSAGES_WAITING: usize = 16;

/// What the consumer gets, in the order in which it happened.
#[derive(Debug)]
pub enum Message {
    /// Sent before each connection: the consumer answers when it has taken all earlier frames, so
    /// that nothing is asked for twice and nothing is left out.
    Resume(ResumeRequest),
    /// The server accepted the subscription.
    Connected,
    /// Events, in the order of the server; never empty.
    Frames(Vec<Frame>),
    /// The connection ended. An event that came in part is dropped and will come again.
    Disconnected(ConnectionError),
}

/// Asks where to resume. Dropping it without an answer stops the client.
#[derive(Debug)]
pub struct ResumeRequest {
    /// How the server wants to be asked, by what it refused before.
    pub by: ResumeBy,
    answer: oneshot::Sender<Resume>,
}

impl ResumeRequest {
    /// Says where to go on; [`Resume::Start`] is at `source.since`, or now.
    pub fn answer(self, resume: impl Into<Resume>) {
        // Fails only if the client was stopped meanwhile.
        let _ = self.answer.send(resume.into());
    }
}

/// The ends of a client that runs; dropping `messages` stops it.
#[derive(Debug)]
pub struct RunningFeed {
    /// What comes from the server. Ends when the client was stopped; dropping it stops the client.
    pub messages: mpsc::Receiver<Message>,
    /// How the feed is doing.
    pub status: watch::Receiver<FeedStatus>,
    /// Ends when the client was stopped.
    pub task: JoinHandle<()>,
}

/// A subscription that is kept up until stopped.
pub struct EventSource {
    dialer: Dialer,
    reconnect: Reconnect,
}

/// A running subscription's ends of the channels.
struct Subscription {
    source: EventSource,
    messages: mpsc::Sender<Message>,
    status: watch::Sender<FeedStatus>,
}

/// Nobody takes the messages any more.
struct Gone;

impl EventSource {
    /// Checks the settings. An age in `source.since` counts from now.
    ///
    /// # Errors
    ///
    /// [`SetupError`] names the setting that is wrong; nothing was connected yet.
    pub fn new(settings: &SourceSettings) -> Result<Self, SetupError> {
        Ok(Self {
            dialer: Dialer::new(settings)?,
            reconnect: Reconnect::new(settings.backoff_min, settings.backoff_max),
        })
    }

    /// Starts the client on the current Tokio runtime. It runs until `stop` is cancelled or the
    /// messages' receiver is dropped; no failure ends it.
    pub fn spawn(self, stop: CancellationToken) -> RunningFeed {
        let (messages, receiver) = mpsc::channel(MESSAGES_WAITING);
        let (status, watched) = watch::channel(FeedStatus::default());
        let mut subscription = Subscription {
            source: self,
            messages,
            status,
        };
        let task = tokio::spawn(async move {
            // What is not delivered yet is not in the bookmark either: nothing is lost.
            stop.run_until_cancelled(subscription.keep_up()).await;
            subscription.state(FeedState::Stopped);
        });
        RunningFeed {
            messages: receiver,
            status: watched,
            task,
        }
    }
}

impl Subscription {
    async fn keep_up(&mut self) -> Gone {
        loop {
            match self.connect_once().await {
                Ok(wait) => tokio::time::sleep(wait).await,
                Err(gone) => return gone,
            }
        }
    }

    /// One connection, from asking where to resume to its end. Returns how long to wait.
    async fn connect_once(&mut self) -> Result<Duration, Gone> {
        self.state(FeedState::Connecting);
        let resume = self.resume_point().await?;
        let ended = self.deliver(&resume).await?;
        let next = self.source.reconnect.after(&ended, &mut rand::rng());
        self.report(&ended, &next);
        Ok(next.wait)
    }

    async fn resume_point(&self) -> Result<Resume, Gone> {
        let (answer, answered) = oneshot::channel();
        let by = self.source.reconnect.by;
        self.send(Message::Resume(ResumeRequest { by, answer }))
            .await?;
        answered.await.map_err(|_| Gone)
    }

    /// Connects and delivers until the connection ends.
    async fn deliver(&mut self, resume: &Resume) -> Result<Ended, Gone> {
        let dialer = &self.source.dialer;
        let resumed = matches!(resume, Resume::At(_));
        let refused = |error| Ended {
            error,
            resumed,
            lived: Duration::ZERO,
            alive: false,
            delivered: false,
        };
        let mut connection = match dialer.open(resume).await {
            Ok(connection) => connection,
            Err(error) => return Ok(refused(error)),
        };
        let (opened, mut alive, mut delivered) = (Instant::now(), false, false);
        self.connected(without_secret(&dialer.target.url(resume)));
        self.send(Message::Connected).await?;
        let error = loop {
            let batch = match connection.read().await {
                Ok(batch) => batch,
                Err(error) => break error,
            };
            alive = true;
            self.received(batch.bytes);
            if !batch.frames.is_empty() {
                delivered = true;
                self.send(Message::Frames(batch.frames)).await?;
            }
        };
        self.source.reconnect.retry = connection.retry().unwrap_or_default();
        self.send(Message::Disconnected(error.clone())).await?;
        Ok(Ended {
            lived: opened.elapsed(),
            alive,
            delivered,
            ..refused(error)
        })
    }

    async fn send(&self, message: Message) -> Result<(), Gone> {
        self.messages.send(message).await.map_err(|_| Gone)
    }

    fn state(&self, state: FeedState) {
        self.status.send_modify(|status| status.state = state);
    }

    fn connected(&self, url: String) {
        tracing::info!(url, "connected to the feed");
        self.status.send_modify(|status| {
            status.connections += 1;
            status.state = FeedState::Connected { url };
        });
    }

    /// Counts bytes; waking watchers for each would cost more than reading them.
    fn received(&self, bytes: usize) {
        self.status.send_if_modified(|status| {
            status.bytes += bytes as u64;
            status.unreachable_since.take().is_some()
        });
    }

    fn report(&self, ended: &Ended, next: &Next) {
        let error = &ended.error;
        let (attempt, wait) = (self.source.reconnect.failures, next.wait);
        match next.kind {
            EndKind::Worked => tracing::info!(%error, ?wait, "connecting to the feed again"),
            EndKind::BookmarkRefused => {
                tracing::warn!(%error, "the feed refused the bookmark; resuming in another way");
            }
            _ => tracing::warn!(%error, attempt, ?wait, "no connection to the feed"),
        }
        let reason = error.to_string();
        self.status.send_modify(|status| {
            if next.kind != EndKind::Worked {
                status.failures += 1;
                status.unreachable_since.get_or_insert_with(clock::now);
                status.last_error = Some(reason.clone());
            }
            status.bookmark_fallbacks += u64::from(next.kind == EndKind::BookmarkRefused);
            status.state = match (next.kind, error) {
                (EndKind::Forbidden, ConnectionError::Status { body, .. }) => {
                    FeedState::Forbidden { body: body.clone() }
                }
                (EndKind::Rejected, _) => FeedState::Rejected { reason },
                _ => FeedState::Waiting { reason, attempt },
            };
        });
    }
}
