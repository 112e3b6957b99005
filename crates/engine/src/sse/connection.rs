//! One connection to the feed, from the request to its end. It does not know of the next one.

use super::error::{ConnectionError, SetupError};
use super::frame::{Decoder, Frame};
use super::redirection;
use super::target::Target;
use crate::settings::SourceSettings;
use bytes::Bytes;
use futures_util::FutureExt;
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Response, StatusCode};
use std::time::Duration;
use tokio::time::timeout;
use wikisentry_core::bookmark::Resume;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Chunks that are there already are taken together up to this size, in bytes.
const BATCH_BYTES: usize = 256 * 1024;

/// How much of an error's body is read, in bytes, and shown, in characters.
const BODY_BYTES: usize = 4096;
const BODY_SHOWN: usize = 300;

const EVENT_STREAM: &[u8] = b"text/event-stream";

/// Opens connections to the source.
pub(super) struct Dialer {
    pub target: Target,
    client: Client,
    heartbeat_timeout: Duration,
    max_event_bytes: usize,
}

/// An open event stream.
pub(super) struct Connection {
    response: Response,
    decoder: Decoder,
    heartbeat_timeout: Duration,
}

/// What came in one go.
pub(super) struct Arrived {
    /// Events completed by it; none if it was a heartbeat or a part of an event.
    pub frames: Vec<Frame>,
    /// Received since the last call, after decompression.
    pub bytes: usize,
}

/// The HTTP client for a target: gzip, no proxy on the way to this machine.
fn client(target: &Target) -> Result<Client, reqwest::Error> {
    let mut builder = wikisentry_http::client_builder()
        .connect_timeout(CONNECT_TIMEOUT)
        // A kept HTTP/2 connection would be shared with the next request even if it hangs.
        .pool_max_idle_per_host(0)
        .referer(false)
        .redirect(redirection::policy());
    if target.loopback {
        builder = builder.no_proxy();
    }
    builder.build()
}

impl Dialer {
    /// Checks the settings. An age in `source.since` counts from now.
    pub fn new(settings: &SourceSettings) -> Result<Self, SetupError> {
        let target = Target::new(settings, Timestamp::now())?;
        Ok(Self {
            client: client(&target)?,
            target,
            heartbeat_timeout: settings.heartbeat_timeout,
            max_event_bytes: settings.max_event_bytes,
        })
    }

    /// Subscribes to the source.
    pub async fn open(&self, resume: &Resume) -> Result<Connection, ConnectionError> {
        let heartbeat_timeout = self.heartbeat_timeout;
        let mut request = self
            .client
            .get(self.target.url(resume))
            .header(USER_AGENT, &self.target.user_agent)
            .header(ACCEPT, "text/event-stream");
        if let Resume::At(id) = resume {
            request = request.header("Last-Event-ID", id);
        }
        let response = timeout(heartbeat_timeout, request.send())
            .await
            .map_err(|_| ConnectionError::Silent(heartbeat_timeout))?
            .map_err(|error| ConnectionError::Unreachable(wikisentry_http::root_cause(error)))?;
        if response.status() != StatusCode::OK {
            return Err(refusal(response, heartbeat_timeout).await);
        }
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.map_or(&b"nothing"[..], HeaderValue::as_bytes);
        // Its letters may be of any case.
        let kind = content_type.get(..EVENT_STREAM.len());
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case(EVENT_STREAM)) {
            let content_type = String::from_utf8_lossy(content_type).into_owned();
            return Err(ConnectionError::NotEventStream(content_type));
        }
        Ok(Connection {
            response,
            decoder: Decoder::new(self.max_event_bytes),
            heartbeat_timeout,
        })
    }
}

impl Connection {
    /// Waits for the next bytes and takes with them what else is there.
    pub async fn read(&mut self) -> Result<Arrived, ConnectionError> {
        let first = timeout(self.heartbeat_timeout, self.response.chunk())
            .await
            .map_err(|_| ConnectionError::Silent(self.heartbeat_timeout))?;
        let mut batch = Arrived {
            frames: Vec::new(),
            bytes: 0,
        };
        self.take(first, &mut batch)?;
        while batch.bytes < BATCH_BYTES {
            // An end or error is found again by the next read, once this batch was delivered.
            let Some(Ok(Some(chunk))) = self.response.chunk().now_or_never() else {
                break;
            };
            self.take(Ok(Some(chunk)), &mut batch)?;
        }
        Ok(batch)
    }

    /// The reconnection time that the server asked for.
    pub fn retry(&self) -> Option<Duration> {
        self.decoder.retry()
    }

    fn take(
        &mut self,
        chunk: reqwest::Result<Option<Bytes>>,
        batch: &mut Arrived,
    ) -> Result<(), ConnectionError> {
        let chunk =
            chunk.map_err(|error| ConnectionError::Broken(wikisentry_http::reason(error)))?;
        let chunk = chunk.ok_or(ConnectionError::Closed)?;
        batch.bytes += chunk.len();
        self.decoder.feed(&chunk, &mut batch.frames);
        Ok(())
    }
}

/// What the server says instead of a stream.
async fn refusal(mut response: Response, patience: Duration) -> ConnectionError {
    let status = response.status();
    let retry_after = retry_after(response.headers(), Timestamp::now());
    if let Some(body) = redirection::not_followed(&response) {
        return ConnectionError::Status {
            status,
            retry_after,
            body,
        };
    }
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await
            && body.len() < BODY_BYTES
        {
            body.extend_from_slice(&chunk);
        }
    };
    // A body that does not end is cut off: what came of it is enough.
    let _ = timeout(patience.min(CONNECT_TIMEOUT), read).await;
    body.truncate(BODY_BYTES);
    let text = String::from_utf8_lossy(&body);
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    ConnectionError::Status {
        status,
        retry_after,
        body: words.join(" ").chars().take(BODY_SHOWN).collect(),
    }
}

/// Seconds or a date, as <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after> says.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let now = "1994-11-06T08:49:07Z".parse().unwrap();
        for (text, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:48:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            let expected = expected.map(Duration::from_secs);
            assert_eq!(retry_after(&headers, now), expected, "{text:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
