//! `POST /predict`: one raw event, or an array of them.

use super::ApiState;
use super::error::ApiError;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt::Formatter;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use wikisentry_core::predict::{Prediction, predict as predict_events};
use wikisentry_core::scoring::Scoring;
use wikisentry_lake::registry::Champion;

const HELP: &str =
    "send one recentchange or page_change event as a JSON object, or an array of them";

const TYPE_HELP: &str =
    "send it with the header `Content-Type: application/json` (`curl --json @event.json`)";

/// Events in one request, at most.
const MAX_EVENTS: usize = 1_000;

pub(super) async fn predict(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    // A browser sends this type across sites only after a CORS preflight, which is not answered.
    if !is_json(&headers) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let error = "the content type is not application/json";
        return Err(ApiError::new(status, error, TYPE_HELP));
    }
    // Mostly a body larger than `api.max_body_bytes`.
    let body =
        body.map_err(|refused| ApiError::new(refused.status(), refused.body_text(), HELP))?;
    let champion = Arc::clone(&state.champion.borrow());
    let score_bots = state.score_bots;
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => {
            // Many events take a while: not on a thread that others' requests wait for.
            let scored = spawn_blocking(move || all(&body, &champion, score_bots));
            scored.await.expect("scoring does not panic")
        }
        Some(_) => one(&body, &champion, score_bots),
        None => Err(bad_request("the body is empty".to_owned())),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn one(body: &[u8], champion: &Champion, score_bots: bool) -> Result<Response, ApiError> {
    let (mut scoring, payload) = (Scoring::new(), std::iter::once(body));
    let answers = predict_events(&mut scoring, &champion.scorer, payload, score_bots);
    match answers.into_iter().next() {
        Some(answer @ Prediction::Scored { .. }) => Ok(Json(answer).into_response()),
        Some(Prediction::Refused { error, .. }) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Err(ApiError::new(status, error, HELP))
        }
        None => Err(bad_request("the body is empty".to_owned())),
    }
}

fn all(body: &[u8], champion: &Champion, score_bots: bool) -> Result<Response, ApiError> {
    let Events(events) = serde_json::from_slice(body)
        .map_err(|error| bad_request(format!("not a JSON array of events: {error}")))?;
    if events.len() > MAX_EVENTS {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        let error = format!("the array has more than {MAX_EVENTS} events");
        return Err(ApiError::new(status, error, "send several requests"));
    }
    let payloads = events.iter().map(|event| event.get().as_bytes());
    let mut scoring = Scoring::new();
    let answers = predict_events(&mut scoring, &champion.scorer, payloads, score_bots);
    Ok(Json(answers).into_response())
}

/// The events of an array, and at most one more than is allowed: the rest is not looked at.
struct Events<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Events<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Events<'de>;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an array of events")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
                let mut events = Vec::new();
                while let Some(event) = all.next_element()? {
                    if events.len() <= MAX_EVENTS {
                        events.push(event);
                    }
                }
                Ok(Events(events))
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

fn bad_request(error: String) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, error, HELP)
}
