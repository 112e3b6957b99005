//! Requests to the API, and what its refusals mean. All go through here: bounded in time and bytes,
//! and no answer is ever logged, as it may be a Secret.

use super::connect::Kube;
use super::error::KubeError;
use super::proxy::Proxied;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;
use std::error::Error;
use url::form_urlencoded;

/// The largest answer that is read: more than any list of a platform's objects.
const LARGEST_ANSWER: usize = 64 << 20;

/// A request in the making.
pub(super) struct Ask {
    /// What is asked, after "did not".
    what: String,
    method: Method,
    path: String,
    /// Encoded already.
    query: String,
    body: Option<(&'static str, Vec<u8>)>,
}

impl Ask {
    pub(super) fn new(what: impl Into<String>, method: Method, path: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            method,
            path: path.into(),
            query: String::new(),
            body: None,
        }
    }

    pub(super) fn get(what: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new(what, Method::GET, path)
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        let query = std::mem::take(&mut self.query);
        let mut query = form_urlencoded::Serializer::new(query);
        self.query = query.append_pair(name, value).finish();
        self
    }

    pub(super) fn sending(mut self, content_type: &'static str, body: Vec<u8>) -> Self {
        self.body = Some((content_type, body));
        self
    }
}

impl Kube {
    /// Sends a request and reads the answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, KubeError> {
        let what = ask.what.clone();
        let bytes = self.ask_bytes(ask).await?;
        serde_json::from_slice(&bytes).map_err(|error| KubeError::Answer {
            what,
            reason: error.to_string(),
        })
    }

    /// Sends a request; the bytes of the answer.
    pub(super) async fn ask_bytes(&self, ask: Ask) -> Result<Bytes, KubeError> {
        let what = ask.what.clone();
        let within = self.timeout;
        let answer = async {
            let response = self.response(ask).await?;
            self.read(&what, response).await
        };
        match tokio::time::timeout(within, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(KubeError::TimedOut { what, within }),
        }
    }

    /// Sends a request; the answer with its body unread. Only its head has a time limit.
    pub(super) async fn ask_stream(&self, ask: Ask) -> Result<Response<Body>, KubeError> {
        let what = ask.what.clone();
        let within = self.timeout;
        match tokio::time::timeout(within, self.response(ask)).await {
            Ok(response) => response,
            Err(_) => Err(KubeError::TimedOut { what, within }),
        }
    }

    /// Sends a request; the answer, whatever its status. Only a refusal by the API itself, not by
    /// the server that it passes the request on to, is an error.
    pub(super) async fn ask_any(&self, ask: Ask) -> Result<Proxied, KubeError> {
        let what = ask.what.clone();
        let within = self.timeout;
        let answer = async {
            let response = self.raw(ask).await?;
            let status = response.status();
            let body = self.read(&what, response).await?;
            let is_refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status);
            let is_api = serde_json::from_slice::<Status>(&body).is_ok_and(|it| it.is_failure());
            if is_refused && is_api {
                return Err(self.refusal(what.clone(), status, &body));
            }
            let status = status.as_u16();
            Ok(Proxied { status, body })
        };
        match tokio::time::timeout(within, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(KubeError::TimedOut { what, within }),
        }
    }

    /// Sends a request; anything but success is an error.
    async fn response(&self, ask: Ask) -> Result<Response<Body>, KubeError> {
        let what = ask.what.clone();
        let response = self.raw(ask).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = self.read(&what, response).await?;
        Err(self.refusal(what, status, &body))
    }

    async fn raw(&self, ask: Ask) -> Result<Response<Body>, KubeError> {
        let Ask {
            what,
            method,
            path,
            query,
            body,
        } = ask;
        let uri = match query.is_empty() {
            true => path,
            false => format!("{path}?{query}"),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::ACCEPT, "application/json, */*");
        let mut bytes = Vec::new();
        if let Some((content_type, body)) = body {
            request = request.header(header::CONTENT_TYPE, content_type);
            bytes = body;
        }
        let request = request.body(Body::from(bytes));
        let request = request.map_err(|error| KubeError::Answer {
            what,
            reason: error.to_string(),
        })?;
        let response = self.client.send(request).await;
        response.map_err(|error| self.failure(&error))
    }

    async fn read(&self, what: &str, response: Response<Body>) -> Result<Bytes, KubeError> {
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect();
        let body = body.await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                return KubeError::Answer {
                    what: what.to_owned(),
                    reason: format!("it is longer than {LARGEST_ANSWER} bytes"),
                };
            }
            self.failure(error.as_ref())
        })?;
        Ok(body.to_bytes())
    }

    /// What an answer other than success means.
    fn refusal(&self, what: String, code: StatusCode, body: &[u8]) -> KubeError {
        let mut status: Status = serde_json::from_slice(body).unwrap_or_default();
        status.code = code.as_u16();
        if status.message.is_empty() {
            // A proxied server's answer, or that of something that is no Kubernetes.
            let text = String::from_utf8_lossy(&body[..body.len().min(500)]);
            status.message = format!("{code} {}", text.trim()).trim().to_owned();
        }
        let message = status.message.clone();
        match code {
            StatusCode::UNAUTHORIZED => KubeError::Unauthorized {
                url: self.url.clone(),
                message,
            },
            StatusCode::FORBIDDEN if is_missing_right(&message) => {
                KubeError::Forbidden { what, message }
            }
            StatusCode::NOT_FOUND => KubeError::NotFound {
                what: not_found(&status).unwrap_or(message),
            },
            _ => KubeError::Refused {
                what,
                status: Box::new(status),
            },
        }
    }

    /// A failure on the way.
    fn failure(&self, error: &(dyn Error + 'static)) -> KubeError {
        let url = self.url.clone();
        let reason = chain(error);
        match tls_problem(error) {
            Some(reason) => KubeError::Certificate { url, reason },
            None => KubeError::Unreachable { url, reason },
        }
    }
}

/// Whether a 403 is about the user's rights; admission (quota, Pod Security) answers 403 too.
fn is_missing_right(message: &str) -> bool {
    message.contains("\" cannot ")
}

/// Kind and name of what does not exist.
fn not_found(status: &Status) -> Option<String> {
    let details = status.details.as_ref()?;
    let is_named = !details.kind.is_empty() && !details.name.is_empty();
    is_named.then(|| format!("{} {}", details.kind, details.name))
}

/// What is wrong with a certificate, if that is why a request failed.
fn tls_problem(error: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        let inner = io.and_then(std::io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(tls) = error.downcast_ref::<rustls::Error>().or(inner) {
            return is_about_certificates(tls).then(|| tls.to_string());
        }
        cause = error.source();
    }
    None
}

/// Whether one side did not take the other's certificate.
fn is_about_certificates(error: &rustls::Error) -> bool {
    use rustls::AlertDescription as Alert;
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => true,
        rustls::Error::AlertReceived(alert) => matches!(
            alert,
            Alert::BadCertificate
                | Alert::CertificateExpired
                | Alert::CertificateRequired
                | Alert::CertificateRevoked
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::UnsupportedCertificate
        ),
        _ => false,
    }
}

/// The error with its causes in one line, each said once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}
