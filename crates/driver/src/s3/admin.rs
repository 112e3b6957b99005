//! Requests to MinIO's administration, as `mc admin` sends them: signed like those of S3, with
//! answers in JSON. They need the root user's credentials.

use super::client::REGION;
use super::{S3, S3Error};
use crate::http;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::time::SystemTime;

/// Where the administration answers; the commands of `mc` follow.
const ADMIN: [&str; 3] = ["minio", "admin", "v3"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AdminRefusal {
    code: String,
    #[serde(default)]
    message: String,
}

impl S3 {
    /// Asks for something and reads the answer.
    pub(super) async fn ask_admin<T: DeserializeOwned>(
        &self,
        what: &str,
        command: &str,
        query: &[(&str, &str)],
    ) -> Result<T, S3Error> {
        let answer = self.send_admin(what, Method::GET, command, query, Vec::new());
        serde_json::from_slice(&answer.await?).map_err(|error| S3Error::answer(what, error))
    }

    /// Tells it to change something; the answer has no body that matters.
    pub(super) async fn tell_admin(
        &self,
        what: &str,
        command: &str,
        query: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<(), S3Error> {
        let answer = self.send_admin(what, Method::PUT, command, query, body);
        answer.await.map(|_| ())
    }

    /// Sends a signed request and returns the body of the answer.
    pub(super) async fn send_admin(
        &self,
        what: &str,
        method: Method,
        command: &str,
        query: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Vec<u8>, S3Error> {
        let mut url = self.endpoint.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(ADMIN).push(command);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let signed = self.signature(method.as_str(), url.as_str(), &body);
        let signed = signed.map_err(|error| S3Error::Refused {
            what: what.to_owned(),
            code: "Signature".to_owned(),
            message: error.to_string(),
        })?;
        let mut request = self.http.request(method, url).body(body);
        for (name, value) in signed {
            request = request.header(name, value);
        }
        let unreachable = |error| self.unreachable(http::reason(error));
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(unreachable)?;
        if status.is_success() {
            return Ok(body.to_vec());
        }
        let refusal: Option<AdminRefusal> = serde_json::from_slice(&body).ok();
        let code = refusal.as_ref().map(|refusal| refusal.code.as_str());
        let message = refusal.as_ref().map(|refusal| refusal.message.as_str());
        Err(self.refused(what, status.as_u16(), code, message))
    }

    /// The headers that sign a request, as S3 wants them.
    fn signature(
        &self,
        method: &str,
        url: &str,
        body: &[u8],
    ) -> Result<Vec<(String, String)>, Box<dyn Error>> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let identity = self.credentials.for_sdk().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
            .build()?
            .into();
        let headers = std::iter::empty();
        let request = SignableRequest::new(method, url, headers, SignableBody::Bytes(body))?;
        let (instructions, _signature) = sign(request, &parameters)?.into_parts();
        let headers = instructions.headers();
        Ok(headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }
}
