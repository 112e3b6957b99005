//! `GET /v1/topics/{topic}`: a topic's records as newline-delimited JSON, for `tail`.

use super::ApiState;
use super::error::ApiError;
use crate::tail::{From, Tail, TailRecord};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use wikisentry_core::topic::Topic;

/// Records go out in pieces of about this size.
const CHUNK_BYTES: usize = 64 * 1024;
/// Pieces on the way to a slow reader at most.
const CHUNKS_WAITING: usize = 4;
/// Looks at least this often whether the reader has gone.
const IDLE: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    from: Option<String>,
    max: Option<u64>,
    #[serde(default)]
    follow: bool,
}

pub(super) async fn records(
    State(state): State<ApiState>,
    Path(topic): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ApiError> {
    let topic: Topic = topic.parse().map_err(|_| {
        let help = "GET /v1/status lists the topics";
        let error = format!("there is no topic `{topic}`");
        ApiError::new(StatusCode::NOT_FOUND, error, help)
    })?;
    let from = wanted.from.as_deref().map_or(Ok(From::End), str::parse);
    let from = from.map_err(|error| {
        let help = "from is `beginning`, `end`, a number of records, or an RFC 3339 time";
        ApiError::new(StatusCode::BAD_REQUEST, format!("from: {error}"), help)
    })?;
    let tail = Tail::open(&state.log, topic, from).map_err(|error| {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        ApiError::new(status, error.to_string(), "see `wikisentry logs`")
    })?;
    let (sender, mut receiver) = mpsc::channel::<Bytes>(CHUNKS_WAITING);
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || send(tail, &wanted, &sender, &runtime, &state));
    let chunks = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
    let body = chunks.map(Ok::<_, Infallible>);
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(body)).into_response())
}

/// Reads on while there is more, and while someone listens.
fn send(
    mut tail: Tail,
    wanted: &Wanted,
    sender: &mpsc::Sender<Bytes>,
    runtime: &tokio::runtime::Handle,
    state: &ApiState,
) {
    let mut left = wanted.max.unwrap_or(u64::MAX);
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    while left > 0 && !state.stop.is_cancelled() && !sender.is_closed() {
        let took = tail.read(&mut left, |record| {
            TailRecord::write_line(&record, &mut chunk);
            chunk.len() < CHUNK_BYTES || flush(&mut chunk, sender)
        });
        match took {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::error!("tail: {error}");
                return;
            }
        }
        if !flush(&mut chunk, sender) || !wanted.follow {
            return;
        }
        tail.wait(runtime, &state.stop, IDLE);
    }
    // The reader may have gone; nothing is owed to it then.
    flush(&mut chunk, sender);
}

/// Sends what there is; `false` if the reader has gone.
fn flush(chunk: &mut Vec<u8>, sender: &mpsc::Sender<Bytes>) -> bool {
    let full = std::mem::replace(chunk, Vec::with_capacity(CHUNK_BYTES));
    full.is_empty() || sender.blocking_send(full.into()).is_ok()
}
