//! Whether it is alive, whether it is ready, and its whole state.

use super::ApiState;
use super::error::NoQuery;
use crate::status::{Health, Status};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// A process that answers is alive.
pub(super) async fn live(_: NoQuery) -> Json<Value> {
    Json(json!({ "live": true }))
}

/// The status as of now. Parts of it lie on disk: not on a thread that the feed waits for.
pub(super) async fn current(state: &ApiState) -> Status {
    let status = Arc::clone(&state.status);
    let put_together = spawn_blocking(move || status());
    put_together.await.expect("the status does not panic")
}

/// Edits are scored and kept. A feed that is away does not count: predictions still work; nor does a
/// file of the past that cannot be read.
pub(super) async fn ready(_: NoQuery, State(state): State<ApiState>) -> (StatusCode, Json<Value>) {
    let status = current(&state).await;
    let held: Vec<_> = status
        .problems
        .iter()
        .filter(|problem| !["feed", "lake"].contains(&problem.component.as_str()))
        .collect();
    let model = state.champion.borrow().scorer.version().to_owned();
    if held.is_empty() {
        (
            StatusCode::OK,
            Json(json!({ "ready": true, "model_version": model })),
        )
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "ready": false, "problems": held })),
        )
    }
}

/// 503 with the status of what was last committed, where nothing runs; else 200.
pub(super) async fn status(
    _: NoQuery,
    State(state): State<ApiState>,
) -> (StatusCode, Json<Status>) {
    let status = current(&state).await;
    let code = match status.health {
        Health::NotRunning => StatusCode::SERVICE_UNAVAILABLE,
        Health::Healthy | Health::Degraded => StatusCode::OK,
    };
    (code, Json(status))
}
