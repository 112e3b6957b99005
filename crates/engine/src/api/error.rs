//! Errors of the API: a status code and `{"error": …, "help": …}`.

use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error as clients see it.
#[derive(Debug, Serialize)]
pub(super) struct ApiError {
    #[serde(skip)]
    pub status: StatusCode,
    pub error: String,
    /// What to send instead, or where to look.
    pub help: &'static str,
}

impl ApiError {
    pub fn new(status: StatusCode, error: impl Into<String>, help: &'static str) -> Self {
        Self {
            status,
            error: error.into(),
            help,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let is_for_now = self.status == StatusCode::SERVICE_UNAVAILABLE;
        let mut answer = (self.status, Json(self)).into_response();
        if is_for_now {
            let seconds = HeaderValue::from_static("1");
            answer.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        answer
    }
}

const ROUTES: &str = "POST /predict, GET /health/live, /health/ready, /metrics, /v1/status, \
                      /v1/topics/{topic}";

pub(super) async fn not_found(uri: Uri) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        format!("there is no `{}`", uri.path()),
        ROUTES,
    )
}

pub(super) async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    let error = format!("`{}` does not take {method}", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, error, ROUTES)
}
