//! Errors of the API: a status code and `{"error": …, "help": …}`.

use super::routes;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::LazyLock;

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

/// All routes in one line.
static ROUTES: LazyLock<String> = LazyLock::new(|| {
    let routes = routes().into_iter();
    let routes: Vec<String> = routes
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    routes.join(", ")
});

/// For routes without parameters: a query is refused.
pub(super) struct NoQuery;

impl<S: Sync> FromRequestParts<S> for NoQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match parts.uri.query().unwrap_or_default() {
            "" => Ok(Self),
            _ => {
                let error = format!("`{}` takes no parameters", parts.uri.path());
                let help = "leave out what follows the `?`; GET /openapi.json describes all routes";
                Err(ApiError::new(StatusCode::BAD_REQUEST, error, help))
            }
        }
    }
}

pub(super) async fn not_found(uri: Uri) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        format!("there is no `{}`", uri.path()),
        ROUTES.as_str(),
    )
}

pub(super) async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    let error = format!("`{}` does not take {method}", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, error, ROUTES.as_str())
}
