//! Posts alerts to a webhook, one JSON object a request, in the background. Best effort from the
//! moment an alert is handed over: what does not get through in time is counted and given up, and
//! an attempt that timed out may have arrived. The durable record is the topic `alerts`.

mod delivery;

use crate::settings::WebhookSettings;
use delivery::{Delivery, Pace};
use reqwest::header::{HeaderName, HeaderValue};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use wikisentry_core::anomaly::Alert;

/// Alerts that may wait; more are dropped rather than kept or waited for.
const QUEUE: usize = 1_000;

/// Why a webhook cannot be used. No message shows the address or a header's value.
#[derive(Debug, Error)]
pub enum WebhookError {
    #[error("alerts.webhook.url is not a URL: {0}")]
    Url(#[from] url::ParseError),
    #[error("alerts.webhook.url has the scheme {0:?}, but must be http or https")]
    Scheme(String),
    #[error("alerts.webhook.headers: {0:?} is no header name, or its value is no header value")]
    Header(String),
    /// No HTTP client could be made, e.g. without certificates on the system.
    #[error("no HTTP client for alerts.webhook.url: {0}")]
    Client(reqwest::Error),
}

/// What became of the alerts handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WebhookCounts {
    /// Waiting, the one being sent included.
    pub queued: u64,
    /// Accepted by the receiver.
    pub sent: u64,
    /// Given up: refused, or out of attempts.
    pub failed: u64,
    /// Attempts after the first.
    pub retried: u64,
    /// Never sent: the queue was full, or the process ended first.
    pub dropped: u64,
}

/// A webhook whose background task runs until it is dropped or shut down.
#[derive(Debug)]
pub struct Webhook {
    queue: mpsc::Sender<Alert>,
    counts: Arc<watch::Sender<WebhookCounts>>,
    task: JoinHandle<()>,
}

impl Webhook {
    /// Starts the background task; `None` if no address is set. Needs a Tokio runtime.
    ///
    /// # Errors
    /// If the settings cannot work. That the receiver does not answer is no error here.
    pub fn start(settings: &WebhookSettings) -> Result<Option<Self>, WebhookError> {
        Self::start_at(settings, Pace::USUAL)
    }

    fn start_at(settings: &WebhookSettings, pace: Pace) -> Result<Option<Self>, WebhookError> {
        if settings.url.is_empty() {
            return Ok(None);
        }
        let url: url::Url = settings.url.parse()?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(WebhookError::Scheme(url.scheme().to_owned()));
        }
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in &settings.headers {
            let invalid = || WebhookError::Header(name.clone());
            let header = HeaderName::try_from(name.as_str()).map_err(|_| invalid())?;
            let mut value = HeaderValue::try_from(value.as_str()).map_err(|_| invalid())?;
            value.set_sensitive(true);
            headers.insert(header, value);
        }
        let client = wikisentry_http::client_builder_for(&url)
            .user_agent(wikisentry_http::PRODUCT)
            .timeout(settings.timeout)
            // A redirection would carry the headers, and their secrets, elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| WebhookError::Client(error.without_url()))?;
        let counts = Arc::<watch::Sender<WebhookCounts>>::default();
        let delivery = Delivery {
            client,
            url,
            headers,
            retries: settings.retries,
            pace,
            counts: Arc::clone(&counts),
        };
        let (queue, waiting) = mpsc::channel(QUEUE);
        Ok(Some(Self {
            queue,
            counts,
            task: tokio::spawn(delivery.run(waiting)),
        }))
    }

    /// Hands over an alert and returns at once. If the queue is full the alert is dropped and
    /// counted: those that wait came first.
    pub fn enqueue(&self, alert: Alert) {
        // Counted before it is visible to the task, which counts down.
        self.counts.send_modify(|counts| counts.queued += 1);
        if self.queue.try_send(alert).is_err() {
            self.counts.send_modify(|counts| {
                counts.queued -= 1;
                counts.dropped += 1;
            });
        }
    }

    /// What became of the alerts so far, kept up to date.
    pub fn counts(&self) -> watch::Receiver<WebhookCounts> {
        self.counts.subscribe()
    }

    /// Sends what waits, for at most `deadline`; what is left then counts as dropped.
    pub async fn shutdown(self, deadline: Duration) -> WebhookCounts {
        let Self {
            queue,
            counts,
            mut task,
        } = self;
        // The task ends when the queue is closed and empty.
        drop(queue);
        if tokio::time::timeout(deadline, &mut task).await.is_err() {
            task.abort();
            // Once it has stopped for certain, nothing counts down any more.
            let _ = task.await;
            counts.send_modify(|counts| {
                let left = std::mem::take(&mut counts.queued);
                counts.dropped += left;
                tracing::warn!(left, "webhook: alerts were not sent before the end");
            });
        }
        *counts.borrow()
    }
}

#[cfg(test)]
mod tests;
