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
    /// Percent-encoded, without the question mark.
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
            let refusals = [
                StatusCode::UNAUTHORIZED,
                StatusCode::FORBIDDEN,
                StatusCode::NOT_FOUND,
            ];
            let is_refused = refusals.contains(&status);
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
    let tls = tls_error(error)?;
    is_about_certificates(tls).then(|| tls.to_string())
}

/// The failure of TLS among an error's causes. An I/O error that wraps another does not tell it as its
/// source, and one may wrap the next.
fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls);
    }
    let io = error.downcast_ref::<std::io::Error>();
    match io.and_then(std::io::Error::get_ref) {
        Some(wrapped) => tls_error(wrapped),
        None => tls_error(error.source()?),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    async fn kube() -> Kube {
        let text = "{current-context: a, contexts: [{name: a, context: {cluster: a}}], clusters: [{name: a, cluster: {server: 'https://h'}}]}";
        let timeout = Duration::from_secs(1);
        Kube::from_kubeconfig(text.as_bytes(), "x", None, timeout)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn refusals_of_the_api_are_told_apart() {
        let kube = kube().await;
        let refusal = |code: u16, body: &str| {
            let code = StatusCode::from_u16(code).unwrap();
            kube.refusal("do it".to_owned(), code, body.as_bytes())
        };
        let rights = r#"{"kind":"Status","status":"Failure","message":"pods is forbidden: User \"u\" cannot list resource \"pods\" in API group \"\"","reason":"Forbidden","code":403}"#;
        assert!(matches!(refusal(403, rights), KubeError::Forbidden { .. }));
        let quota = r#"{"kind":"Status","status":"Failure","message":"pods \"x\" is forbidden: exceeded quota: q","reason":"Forbidden","code":403}"#;
        assert_eq!(
            refusal(403, quota).to_string(),
            "Kubernetes did not do it: pods \"x\" is forbidden: exceeded quota: q"
        );
        assert!(matches!(refusal(401, "{}"), KubeError::Unauthorized { .. }));
        let missing = r#"{"kind":"Status","status":"Failure","message":"secrets \"s\" not found","reason":"NotFound","details":{"name":"s","kind":"secrets"},"code":404}"#;
        assert_eq!(
            refusal(404, missing).to_string(),
            "Kubernetes has no secrets s"
        );
        // What is no Kubernetes says so in its own way, at any length.
        let page = format!("<html>{}", "x".repeat(100_000));
        let said = refusal(502, &page).to_string();
        assert!(
            said.starts_with("Kubernetes did not do it: 502 Bad Gateway <html>xxx"),
            "{said}"
        );
        assert!(said.len() < 600);
    }

    #[tokio::test]
    async fn certificates_are_told_from_other_failures() {
        let kube = kube().await;
        let expired = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        let unknown = rustls::Error::AlertReceived(rustls::AlertDescription::UnknownCA);
        for tls in [expired, unknown] {
            let words = tls.to_string();
            let error = std::io::Error::new(std::io::ErrorKind::InvalidData, tls);
            let error = kube.failure(&std::io::Error::other(error));
            assert!(
                matches!(&error, KubeError::Certificate { reason, .. } if *reason == words),
                "{error}"
            );
        }
        // A server without TLS.
        let plain = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        for error in [
            std::io::Error::other(plain),
            std::io::ErrorKind::ConnectionRefused.into(),
        ] {
            let error = kube.failure(&error);
            assert!(matches!(&error, KubeError::Unreachable { .. }), "{error}");
        }
    }

    #[test]
    fn parameters_are_encoded() {
        let ask = Ask::get("", "/x")
            .with("labelSelector", "a=b,c in (d)")
            .with("limit", "5");
        assert_eq!(ask.query, "labelSelector=a%3Db%2Cc+in+%28d%29&limit=5");
    }
}
