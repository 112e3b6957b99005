//! `POST /predict`: one raw event, or an array of them.

use super::ApiState;
use super::error::{ApiError, NoQuery};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use wikisentry_core::predict::{REQUEST_HELP, RequestError, answer, is_array};
use wikisentry_lake::registry::Champion;

const TYPE_HELP: &str =
    "send it with the header `Content-Type: application/json` (`curl --json @event.json`)";

/// Requests at a time. Each holds its body, of `api.max_body_bytes` at most.
pub(super) const MAX_REQUESTS: usize = 64;

/// How long a body may be under way.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A larger body is scored apart from others' requests, in bytes.
const SMALL_BYTES: usize = 64 * 1024;

pub(super) async fn predict(
    _: NoQuery,
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    // A browser sends this type across sites only after a CORS preflight, which is not answered.
    if !is_json(request.headers()) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let error = "the content type is not application/json";
        return Err(ApiError::new(status, error, TYPE_HELP));
    }
    if !is_plain(request.headers()) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let error = "the body has a content encoding";
        let help = "send it as it is, without the header `Content-Encoding`";
        return Err(ApiError::new(status, error, help));
    }
    let Ok(_permit) = state.limits.predictions.seats.try_acquire() else {
        let error = format!("{MAX_REQUESTS} requests for predictions are under way");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return Err(ApiError::new(status, error, "ask again in a second"));
    };
    let body = read(request, BODY_TIME).await?;
    let champion = Arc::clone(&state.champion.borrow());
    let score_bots = state.score_bots;
    let is_array = is_array(&body).map_err(refused)?;
    if !is_array && body.len() <= SMALL_BYTES {
        return answered(&body, &champion, score_bots);
    }
    // Many events take a while: not on a thread that others' requests wait for, nor on all of them.
    let turn = Arc::clone(&state.limits.predictions.working)
        .acquire_owned()
        .await;
    let turn = turn.expect("the semaphore is never closed");
    let scored = spawn_blocking(move || {
        let _turn = turn;
        answered(&body, &champion, score_bots)
    });
    scored.await.expect("scoring does not panic")
}

/// The body of a request, within a time.
async fn read(request: Request, most: Duration) -> Result<Bytes, ApiError> {
    match timeout(most, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let error = "the body is larger than the setting `api.max_body_bytes` allows";
            Err(ApiError::new(
                refused.status(),
                error,
                "send several requests",
            ))
        }
        // Its sender cut it off.
        Ok(Err(refused)) => Err(ApiError::new(
            refused.status(),
            refused.body_text(),
            REQUEST_HELP,
        )),
        Err(_) => {
            let error = format!("the body took longer than {} s", most.as_secs());
            let status = StatusCode::REQUEST_TIMEOUT;
            Err(ApiError::new(status, error, "send it at once"))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Whether the body is as it is: no compression is undone here.
fn is_plain(headers: &HeaderMap) -> bool {
    let mut all = headers.get_all(CONTENT_ENCODING).iter();
    all.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn answered(body: &[u8], champion: &Champion, score_bots: bool) -> Result<Response, ApiError> {
    let scored = answer(body, &champion.scorer, score_bots).map_err(refused)?;
    Ok(Json(scored).into_response())
}

fn refused(error: RequestError) -> ApiError {
    let status = match error {
        RequestError::Empty | RequestError::NotAnArray(_) => StatusCode::BAD_REQUEST,
        RequestError::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
        RequestError::Event(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    ApiError::new(status, error.to_string(), error.help())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use std::io;

    #[tokio::test]
    async fn a_body_that_does_not_end_is_not_waited_for() {
        let start = futures_util::stream::iter([Ok::<_, io::Error>("[")]);
        let never = futures_util::StreamExt::chain(start, futures_util::stream::pending());
        let request = Request::new(Body::from_stream(never));
        let refused = read(request, Duration::from_millis(1)).await.unwrap_err();
        assert_eq!(refused.status, StatusCode::REQUEST_TIMEOUT);
        let request = Request::new(Body::from("[]"));
        assert_eq!(read(request, BODY_TIME).await.unwrap(), "[]");
    }
}
