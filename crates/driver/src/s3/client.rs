//! Sends signed requests and reads refusals.

use super::sign::{Unsigned, encode, query_string, sha256_hex};
use super::{Credentials, S3Error};
use crate::http;
use base64::Engine as _;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// Codes by which a store says that it knows no such key, or has switched it off, or has another
/// secret for it.
const WRONG_KEYS: [&str; 2] = ["InvalidAccessKeyId", "SignatureDoesNotMatch"];

/// An object store that speaks S3, addressed by path (`endpoint/bucket`).
#[derive(Debug, Clone)]
pub struct S3 {
    endpoint: Url,
    host: String,
    region: String,
    credentials: Credentials,
    http: reqwest::Client,
}

/// A request before it is signed.
pub(super) struct Request<'a> {
    /// For messages: "did not …".
    pub(super) what: &'a str,
    pub(super) method: Method,
    /// Parts of the path.
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) body: Vec<u8>,
}

/// A refusal, in S3's XML or the administration's JSON.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal {
    code: String,
    #[serde(default)]
    message: String,
}

impl S3 {
    /// The store at `endpoint` (`http://host:port`), as the user of `credentials`. A request
    /// that takes longer than `timeout` fails.
    ///
    /// # Errors
    /// If `endpoint` has no host, or no client can be made for it.
    pub fn new(
        endpoint: Url,
        region: impl Into<String>,
        credentials: Credentials,
        timeout: Duration,
    ) -> Result<Self, S3Error> {
        let unreachable = |reason: String| S3Error::Unreachable {
            endpoint: endpoint.to_string(),
            reason,
        };
        let host = endpoint
            .host_str()
            .ok_or_else(|| unreachable("the address has no host".to_owned()))?;
        let host = match endpoint.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let http =
            http::client(&endpoint, timeout).map_err(|error| unreachable(http::reason(error)))?;
        Ok(Self {
            host,
            region: region.into(),
            credentials,
            http,
            endpoint,
        })
    }

    /// Asks the store something small that needs a valid key and no rights.
    ///
    /// # Errors
    /// [`S3Error::Credentials`] if the key or its secret is not accepted.
    pub async fn check(&self) -> Result<(), S3Error> {
        match self.bucket_names().await {
            Err(error) if error.is_code(&["AccessDenied"]) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// The same store as another user.
    pub(super) fn as_user(&self, credentials: Credentials) -> Self {
        Self {
            credentials,
            ..self.clone()
        }
    }

    pub(super) fn secret_key(&self) -> &str {
        &self.credentials.secret_key
    }

    /// Sends a request and returns the body of the answer.
    pub(super) async fn send(&self, request: Request<'_>) -> Result<Vec<u8>, S3Error> {
        let path: String = request
            .path
            .iter()
            .map(|part| format!("/{}", encode(part)))
            .collect();
        let path = if path.is_empty() { "/" } else { &path };
        let query = query_string(request.query);
        let sha256 = sha256_hex(&request.body);
        // S3 wants a checksum with some requests; with the others it does no harm.
        let checksum = ring::digest::digest(&ring::digest::SHA256, &request.body);
        let checksum = base64::engine::general_purpose::STANDARD.encode(checksum);
        let headers = match request.body.is_empty() {
            true => Vec::new(),
            false => vec![("x-amz-checksum-sha256", checksum)],
        };
        let time = jiff::Timestamp::now()
            .strftime("%Y%m%dT%H%M%SZ")
            .to_string();
        let authorization = Unsigned {
            method: request.method.as_str(),
            host: &self.host,
            path,
            query: &query,
            headers: &headers,
            body_sha256: &sha256,
            time: &time,
            region: &self.region,
        }
        .authorization(&self.credentials);
        let mut url = self.endpoint.clone();
        url.set_path(path);
        url.set_query((!query.is_empty()).then_some(&query));
        let mut sent = self
            .http
            .request(request.method, url)
            .header("authorization", authorization)
            .header("x-amz-content-sha256", sha256)
            .header("x-amz-date", time);
        for (name, value) in headers {
            sent = sent.header(name, value);
        }
        let unreachable = |error| S3Error::Unreachable {
            endpoint: self.endpoint.to_string(),
            reason: http::reason(error),
        };
        let answer = sent.body(request.body).send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(unreachable)?;
        if status.is_success() {
            return Ok(body.to_vec());
        }
        Err(self.refused(request.what, status, &body))
    }

    fn refused(&self, what: &str, status: StatusCode, body: &[u8]) -> S3Error {
        let text = String::from_utf8_lossy(body);
        let refusal = serde_json::from_slice(body)
            .ok()
            .or_else(|| quick_xml::de::from_str(&text).ok())
            .unwrap_or_else(|| Refusal {
                code: status.as_u16().to_string(),
                message: status.canonical_reason().unwrap_or_default().to_owned(),
            });
        if WRONG_KEYS.contains(&refusal.code.as_str()) {
            return S3Error::Credentials {
                endpoint: self.endpoint.to_string(),
                access_key: self.credentials.access_key.clone(),
                code: refusal.code,
            };
        }
        S3Error::Refused {
            what: what.to_owned(),
            code: refusal.code,
            message: refusal.message,
        }
    }
}
