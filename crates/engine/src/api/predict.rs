//! `POST /predict`: one raw event, or an array of them.

use super::ApiState;
use super::error::ApiError;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::value::RawValue;
use std::sync::Arc;
use wikisentry_core::predict::{Prediction, predict as predict_events};
use wikisentry_core::scoring::Scoring;

const HELP: &str =
    "send one recentchange or page_change event as a JSON object, or an array of them";

pub(super) async fn predict(
    State(state): State<ApiState>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    // Mostly a body larger than `api.max_body_bytes`.
    let body =
        body.map_err(|refused| ApiError::new(refused.status(), refused.body_text(), HELP))?;
    let champion = Arc::clone(&state.champion.borrow());
    let mut scoring = Scoring::new();
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'[') => {
            let events: Vec<&RawValue> = serde_json::from_slice(&body)
                .map_err(|error| bad_request(format!("not a JSON array: {error}")))?;
            let payloads = events.iter().map(|event| event.get().as_bytes());
            let answers =
                predict_events(&mut scoring, &champion.scorer, payloads, state.score_bots);
            Ok(Json(answers).into_response())
        }
        Some(_) => {
            let payload = std::iter::once(body.as_ref());
            let answers = predict_events(&mut scoring, &champion.scorer, payload, state.score_bots);
            match answers.into_iter().next() {
                Some(answer @ Prediction::Scored { .. }) => Ok(Json(answer).into_response()),
                Some(Prediction::Refused { error, .. }) => {
                    let status = StatusCode::UNPROCESSABLE_ENTITY;
                    Err(ApiError::new(status, error, HELP))
                }
                None => Err(bad_request("the body is empty".to_owned())),
            }
        }
        None => Err(bad_request("the body is empty".to_owned())),
    }
}

fn bad_request(error: String) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, error, HELP)
}
