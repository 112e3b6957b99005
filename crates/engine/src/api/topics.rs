//! `GET /v1/topics/{topic}`: a topic's records as newline-delimited JSON, for `tail`.

use super::ApiState;
use super::error::ApiError;
use crate::log::LogError;
use crate::tail::{BadQuery, Clock, Tail, TailRecord, Wanted, parameters};
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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
    let wanted = Wanted::of_query(topic, &query, &Clock::utc()).map_err(bad_query)?;
    let Ok(seat) = Arc::clone(&state.limits.topics.seats).try_acquire_owned() else {
        let error = format!("{MAX_FOLLOWERS} streams of topics are read already");
        let help = "end one of them, such as a `wikisentry tail --follow`";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, error, help));
    };
    let log = state.log.clone();
    let registry = state.registry.clone();
    let (left, follow) = (wanted.max.unwrap_or(u64::MAX), wanted.follow);
    let scanning = state.limits.topics.working;
    let turn = Arc::clone(&scanning).acquire_owned().await;
    let turn = turn.expect("the semaphore is never closed");
    let opened = spawn_blocking(move || {
        let _turn = turn;
        // Where they are not known, none is refused.
        if let (false, Ok(known)) = (wanted.filter.classes.is_empty(), registry.classes()) {
            wanted.check_classes(&known).map_err(bad_query)?;
        }
        Tail::of(&log, &wanted).map_err(|error| {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            ApiError::new(status, error.to_string(), "see `wikisentry logs`")
        })
    });
    let tail = opened.await.expect("opening does not panic")?;
    let follower = Follower {
        tail,
        left,
        follow,
        scanning,
        stop: state.stop.clone(),
        _seat: seat,
    };
    let lines = futures_util::stream::unfold(follower, |follower| follower.next());
    let body = lines.map(Ok::<_, Infallible>);
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(body)).into_response())
}

fn bad_query(error: BadQuery) -> ApiError {
    let status = StatusCode::BAD_REQUEST;
    ApiError::new(status, error.to_string(), PARAMETERS.as_str())
}

/// A stream to one reader. It is asked for more once the reader has taken what it got, and holds a
/// thread only while it reads the log, as one of as many as there are cores.
struct Follower {
    tail: Tail,
    /// Records that may still be sent.
    left: u64,
    follow: bool,
    scanning: Arc<Semaphore>,
    stop: CancellationToken,
    _seat: OwnedSemaphorePermit,
}

impl Follower {
    /// The lines of the next batch; `None` at the end, and once the process stops.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        while self.left > 0 && !self.stop.is_cancelled() {
            let turn = tokio::select! {
                turn = Arc::clone(&self.scanning).acquire_owned() => turn.ok()?,
                () = self.stop.cancelled() => return None,
            };
            let read = spawn_blocking(move || {
                let _turn = turn;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Limits;
    use crate::log::{Log, LogOptions, Record, Transaction};
    use crate::tail::Start;
    use futures_util::FutureExt;
    use serde_json::json;
    use wikisentry_core::time::EventTime;

    #[test]
    fn only_as_many_streams_read_at_a_time_as_there_are_cores() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        assert_eq!(Limits::default().topics.working.available_permits(), cores);
        let dir = tempfile::tempdir().unwrap();
        let log = Log::open(dir.path(), LogOptions::default()).unwrap();
        let mut tx = Transaction::new();
        let record = Record::json(
            EventTime::default(),
            b"A".to_vec(),
            &json!({"error": "odd"}),
        );
        tx.append(Topic::DeadLetter, record);
        log.commit(tx).unwrap();
        let follower = |scanning: &Arc<Semaphore>, stop: &CancellationToken| Follower {
            tail: Tail::open(&log, Topic::DeadLetter, Start::Beginning).unwrap(),
            left: 1,
            follow: false,
            scanning: Arc::clone(scanning),
            stop: stop.clone(),
            _seat: Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap(),
        };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let (scanning, stop) = (Arc::new(Semaphore::new(1)), CancellationToken::new());
            let other = Arc::clone(&scanning).acquire_owned().await.unwrap();
            let mut next = Box::pin(follower(&scanning, &stop).next());
            assert!((&mut next).now_or_never().is_none());
            // What it had given to the only thread would be done before this.
            spawn_blocking(|| ()).await.unwrap();
            assert!((&mut next).now_or_never().is_none());
            drop(other);
            let (lines, _) = next.await.expect("a record");
            assert!(lines.starts_with(b"{\"offset\":0,"));
            assert_eq!(scanning.available_permits(), 1);
            // Who waits for a turn is let go once the process stops.
            let _other = Arc::clone(&scanning).acquire_owned().await.unwrap();
            let mut next = Box::pin(follower(&scanning, &stop).next());
            assert!((&mut next).now_or_never().is_none());
            stop.cancel();
            assert!(next.await.is_none());
        });
    }
}
