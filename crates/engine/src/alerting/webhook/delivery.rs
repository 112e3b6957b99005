//! One alert after the other to the receiver, with retries. Shows of the address only the host:
//! paths and queries of webhooks are often their secret.

use super::WebhookCounts;
use rand::RngExt;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use wikisentry_core::anomaly::Alert;

/// How long to wait between attempts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Before the second attempt; doubled each time.
    pub(super) first: Duration,
    /// No wait is longer.
    pub(super) longest: Duration,
}

impl Pace {
    pub(super) const USUAL: Pace = Pace {
        first: Duration::from_millis(500),
        longest: Duration::from_secs(30),
    };

    /// Half to all of the doubled wait, so that many senders do not return at the same moment.
    fn wait(self, attempt: u32) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(attempt));
        let share = rand::rng().random_range(0.5..=1.0);
        doubled.min(self.longest).mul_f64(share)
    }
}

/// Why an attempt failed.
enum Failure {
    /// It may go better later.
    Passing(String),
    /// The receiver will not take this alert.
    Final(String),
}

pub(super) struct Delivery {
    pub(super) client: reqwest::Client,
    pub(super) url: url::Url,
    pub(super) headers: HeaderMap,
    pub(super) retries: u32,
    pub(super) pace: Pace,
    pub(super) counts: Arc<watch::Sender<WebhookCounts>>,
}

impl Delivery {
    /// Sends alerts until the queue is closed and empty.
    pub(super) async fn run(self, mut waiting: mpsc::Receiver<Alert>) {
        while let Some(alert) = waiting.recv().await {
            let outcome = self.deliver(&alert).await;
            if let Err(reason) = &outcome {
                let host = self.url.host_str().unwrap_or_default();
                let id = alert.alert_id.as_str();
                tracing::warn!(host, id, "webhook: alert given up: {reason}");
            }
            self.counts.send_modify(|counts| {
                counts.sent += u64::from(outcome.is_ok());
                counts.failed += u64::from(outcome.is_err());
                counts.queued -= 1;
            });
        }
    }

    async fn deliver(&self, alert: &Alert) -> Result<(), String> {
        let body = serde_json::to_vec(alert).map_err(|error| error.to_string())?;
        let mut attempt = 0;
        loop {
            match self.post(body.clone()).await {
                Ok(()) => return Ok(()),
                Err(Failure::Final(reason)) => return Err(reason),
                Err(Failure::Passing(reason)) if attempt >= self.retries => return Err(reason),
                Err(Failure::Passing(_)) => {}
            }
            tokio::time::sleep(self.pace.wait(attempt)).await;
            attempt += 1;
            self.counts.send_modify(|counts| counts.retried += 1);
        }
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), Failure> {
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .headers(self.headers.clone())
            .body(body);
        let response = request
            .send()
            .await
            .map_err(|error| Failure::Passing(wikisentry_http::reason(error)))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status
                if status.is_server_error()
                    || status == StatusCode::TOO_MANY_REQUESTS
                    || status == StatusCode::REQUEST_TIMEOUT =>
            {
                Err(Failure::Passing(format!("the receiver answers {status}")))
            }
            status => Err(Failure::Final(format!("the receiver answers {status}"))),
        }
    }
}
