//! Requests to a worker of Kafka Connect, and its refusals.

use crate::{Account, http};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};
use url::Url;

/// A failure of Kafka Connect or on the way to it.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("Kafka Connect does not answer at {url}: {reason}")]
    Unreachable {
        url: String,
        /// What the attempt said.
        reason: String,
    },
    /// The worker does not take the password.
    #[error("Kafka Connect at {url} does not take the password of {user}")]
    Account { url: String, user: String },
    /// There is no connector of that name.
    #[error("Kafka Connect has no connector `{name}`")]
    NoConnector { name: String },
    /// The worker answered with an error.
    #[error("Kafka Connect did not {what}: {message} ({status})")]
    Refused {
        /// What was asked, after "did not".
        what: String,
        /// HTTP status; 409 while it rebalances, 500 for a class it does not have.
        status: u16,
        /// What it said, or the words for the status.
        message: String,
    },
    /// The answer cannot be read.
    #[error("the answer of Kafka Connect to `{what}` cannot be read: {reason}")]
    Answer {
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A worker of Kafka Connect.
#[derive(Debug, Clone)]
pub struct Connect {
    url: Url,
    account: Account,
    http: reqwest::Client,
    timeout: Duration,
}

#[derive(Deserialize)]
struct ErrorBody {
    message: String,
}

/// Time before a worker that is rebalancing is asked again.
const AGAIN: Duration = Duration::from_millis(250);

impl Connect {
    /// The worker at `url`, as `account`. A request that takes longer than `timeout` fails.
    ///
    /// # Errors
    /// If no client can be made for `url`.
    pub fn new(url: Url, account: Account, timeout: Duration) -> Result<Self, ConnectError> {
        let http =
            http::client(&url, None, timeout).map_err(|error| ConnectError::Unreachable {
                url: url.to_string(),
                reason: http::reason(error),
            })?;
        Ok(Self {
            url,
            account,
            http,
            timeout,
        })
    }

    /// Sends a request about connector `name` and reads the answer.
    pub(super) async fn about<T: DeserializeOwned>(
        &self,
        what: &str,
        name: &str,
        path: &[&str],
    ) -> Result<T, ConnectError> {
        let path = [&["connectors", name], path].concat();
        let answer = self.send(what, Method::GET, &path, &[], None).await;
        parse(what, &named(answer, name)?)
    }

    /// Sends a request; while the worker is rebalancing (409), again until the timeout.
    pub(super) async fn send(
        &self,
        what: &str,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&serde_json::Value>,
    ) -> Result<Vec<u8>, ConnectError> {
        let unreachable = |error| ConnectError::Unreachable {
            url: self.url.to_string(),
            reason: http::reason(error),
        };
        let mut url = self.url.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let deadline = Instant::now() + self.timeout;
        loop {
            let mut request = self.http.request(method.clone(), url.clone());
            request = request.basic_auth(&self.account.user, Some(&self.account.password));
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = request.send().await.map_err(unreachable)?;
            let status = answer.status();
            let bytes = answer.bytes().await.map_err(unreachable)?;
            if status.is_success() {
                return Ok(bytes.to_vec());
            }
            if status == StatusCode::CONFLICT && Instant::now() < deadline {
                tokio::time::sleep(AGAIN).await;
                continue;
            }
            if status == StatusCode::UNAUTHORIZED {
                return Err(ConnectError::Account {
                    url: self.url.to_string(),
                    user: self.account.user.clone(),
                });
            }
            let message = match serde_json::from_slice::<ErrorBody>(&bytes) {
                Ok(body) => body.message,
                Err(_) => status.canonical_reason().unwrap_or_default().to_owned(),
            };
            return Err(ConnectError::Refused {
                what: what.to_owned(),
                status: status.as_u16(),
                message,
            });
        }
    }
}

pub(super) fn parse<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, ConnectError> {
    serde_json::from_slice(body).map_err(|error| ConnectError::Answer {
        what: what.to_owned(),
        reason: error.to_string(),
    })
}

/// Turns 404 into [`ConnectError::NoConnector`], for a path that names a connector.
pub(super) fn named(
    answer: Result<Vec<u8>, ConnectError>,
    name: &str,
) -> Result<Vec<u8>, ConnectError> {
    match answer {
        Err(ConnectError::Refused { status: 404, .. }) => Err(ConnectError::NoConnector {
            name: name.to_owned(),
        }),
        other => other,
    }
}
