//! `GET /v1/topics/{topic}`: a topic's records as newline-delimited JSON, for `tail`.

use super::ApiState;
use super::error::ApiError;
use crate::log::LogError;
use crate::tail::{Clock, Tail, TailRecord, Wanted, parameters};
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use wikisentry_core::topic::Topic;

/// Streams at a time. Each holds a batch of records at most, of about 1 MiB, while its reader is slow.
pub(super) const MAX_FOLLOWERS: usize = 64;

/// What a query may hold.
static PARAMETERS: LazyLock<String> = LazyLock::new(|| {
    let all: Vec<&str> = parameters().collect();
    format!(
        "parameters are {}; GET /openapi.json describes them",
        all.join(", ")
    )
});

pub(super) async fn records(
    State(state): State<ApiState>,
    Path(topic): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let topic: Topic = topic.parse().map_err(|_| {
        let help = "GET /v1/status lists the topics";
        let error = format!("there is no topic `{topic}`");
        ApiError::new(StatusCode::NOT_FOUND, error, help)
    })?;
    let query = query.unwrap_or_default();
    let wanted = Wanted::of_query(topic, &query, &Clock::utc()).map_err(|error| {
        let status = StatusCode::BAD_REQUEST;
        ApiError::new(status, error.to_string(), PARAMETERS.as_str())
    })?;
    let Ok(seat) = Arc::clone(&state.followers).try_acquire_owned() else {
        let error = format!("{MAX_FOLLOWERS} streams of topics are read already");
        let help = "end one of them, such as a `wikisentry tail --follow`";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, error, help));
    };
    let log = state.log.clone();
    let (left, follow) = (wanted.max.unwrap_or(u64::MAX), wanted.follow);
    let opened = spawn_blocking(move || Tail::of(&log, &wanted));
    let opened = opened.await.expect("opening does not panic");
    let tail = opened.map_err(|error| {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        ApiError::new(status, error.to_string(), "see `wikisentry logs`")
    })?;
    let follower = Follower {
        tail,
        left,
        follow,
        stop: state.stop.clone(),
        _seat: seat,
    };
    let lines = futures_util::stream::unfold(follower, |follower| follower.next());
    let body = lines.map(Ok::<_, Infallible>);
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(body)).into_response())
}

/// A stream to one reader. It is asked for more once the reader has taken what it got, and holds a
/// thread only while it reads from disk.
struct Follower {
    tail: Tail,
    /// Records that may still be sent.
    left: u64,
    follow: bool,
    stop: CancellationToken,
    _seat: OwnedSemaphorePermit,
}

impl Follower {
    /// The lines of the next batch; `None` at the end, and once the process stops.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        while self.left > 0 && !self.stop.is_cancelled() {
            let read = spawn_blocking(move || {
                let read = self.read();
                (self, read)
            });
            let (follower, read) = read.await.ok()?;
            self = follower;
            match read {
                Ok((lines, _)) if !lines.is_empty() => return Some((lines.into(), self)),
                // Nothing that is wanted was in what was read.
                Ok((_, true)) => {}
                Ok(_) if !self.follow => return None,
                Ok(_) => tokio::select! {
                    () = self.tail.more() => {}
                    () = self.stop.cancelled() => return None,
                },
                Err(error) => {
                    tracing::error!("tail: {error}");
                    return None;
                }
            }
        }
        None
    }

    /// Lines of the records that are wanted, and whether there is more to read.
    fn read(&mut self) -> Result<(Vec<u8>, bool), LogError> {
        let mut lines = Vec::new();
        let more = self.tail.read(&mut self.left, |record| {
            TailRecord::write_line(&record, &mut lines);
            true
        })?;
        Ok((lines, more))
    }
}
