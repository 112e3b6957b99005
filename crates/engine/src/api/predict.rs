//! `POST /predict`: one raw event, or an array of them.

use super::error::ApiError;
use super::state::ApiState;
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
) -> Response {
    let body = match body {
        Ok(body) => body,
        // Mostly a body larger than `api.max_body_bytes`.
        Err(refused) => {
            return ApiError::new(refused.status(), refused.body_text(), HELP).into_response();
        }
    };
    let champion = Arc::clone(&state.champion.borrow());
    let mut scoring = Scoring::new();
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'[') => {
            let events: Vec<&RawValue> = match serde_json::from_slice(&body) {
                Ok(events) => events,
                Err(error) => return bad_request(format!("not a JSON array: {error}")),
            };
            let payloads = events.iter().map(|event| event.get().as_bytes());
            let answers =
                predict_events(&mut scoring, &champion.scorer, payloads, state.score_bots);
            Json(answers).into_response()
        }
        Some(_) => {
            let payload = std::iter::once(body.as_ref());
            let answers = predict_events(&mut scoring, &champion.scorer, payload, state.score_bots);
            match answers.into_iter().next() {
                Some(answer @ Prediction::Scored { .. }) => Json(answer).into_response(),
                Some(Prediction::Refused { error, .. }) => {
                    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error, HELP).into_response()
                }
                None => bad_request("the body is empty".to_owned()),
            }
        }
        None => bad_request("the body is empty".to_owned()),
    }
}

fn bad_request(error: String) -> Response {
    ApiError::new(StatusCode::BAD_REQUEST, error, HELP).into_response()
}
