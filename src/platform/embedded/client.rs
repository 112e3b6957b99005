//! Asks the running process over its loopback API.

use super::Instance;
use crate::error::{ExitStatus, ExpectedError, Result};
use reqwest::StatusCode;
use std::time::{Duration, Instant};
use wikisentry_engine::status::Status;

/// An answer that takes longer means that the process hangs.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// A process that has too many clients is asked again after so long.
const AGAIN: Duration = Duration::from_millis(500);

/// A client of one running process.
pub struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    /// A client of the process; connects to nothing yet.
    pub fn new(instance: &Instance) -> Result<Self> {
        // Whatever proxy is set is not for loopback.
        let http = wikisentry_http::client_builder()
            .no_proxy()
            .connect_timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            http,
            base: instance.api.clone(),
        })
    }

    /// How the platform does.
    ///
    /// # Errors
    /// With exit code 5 if the process is there and says nothing, 4 if it has ended meanwhile.
    pub async fn status(&self) -> Result<Status> {
        let answer = self.get("/v1/status", &[]).await?;
        let read = tokio::time::timeout(TIMEOUT, answer.json()).await;
        let read = read.map_err(|_| self.hangs())?;
        read.map_err(|error| self.silent(&error.to_string()).into())
    }

    /// Any other answer, such as the records of a topic as a stream of lines.
    pub(super) async fn get(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<reqwest::Response> {
        let mut url = url::Url::parse(&self.base)?.join(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let begun = Instant::now();
        loop {
            let answer = tokio::time::timeout(TIMEOUT, self.http.get(url.clone()).send()).await;
            let answer = answer.map_err(|_| self.hangs())?;
            let answer = answer.map_err(|error| self.silent(&error.to_string()))?;
            let status = answer.status();
            if status.is_success() {
                return Ok(answer);
            }
            let said = answer.text().await.unwrap_or_default();
            if status != StatusCode::SERVICE_UNAVAILABLE {
                return ExpectedError::usage(format!("the platform answered {status}"))
                    .because(said)
                    .fail();
            }
            // Others have all its connections, or all streams of a topic.
            if begun.elapsed() > TIMEOUT {
                return ExpectedError::timed_out("the platform has too many clients")
                    .because(format!("{url} answered {status}: {said}"))
                    .help("end those that are not needed, then try again")
                    .fail();
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// The refusal if the process is there and says nothing.
    pub(super) fn hangs(&self) -> ExpectedError {
        let why = format!("nothing came within {} s", TIMEOUT.as_secs());
        self.unanswered(ExitStatus::Degraded, &why)
    }

    /// The refusal if it cannot be reached, or was cut off: most likely it ends.
    fn silent(&self, why: &str) -> ExpectedError {
        self.unanswered(ExitStatus::NotRunning, why)
    }

    fn unanswered(&self, status: ExitStatus, why: &str) -> ExpectedError {
        ExpectedError::new(status, "the platform does not answer")
            .because(format!("{}: {why}", self.base))
            .help("look at `wikisentry logs`, then `wikisentry down` and `wikisentry up`")
    }
}
