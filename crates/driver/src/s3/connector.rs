//! Carries the requests of the AWS SDK over the HTTP client of the drivers, so that there is one
//! TLS, one timeout and no second pool of connections.

use crate::http;
use aws_sdk_s3::config::http::{HttpRequest, HttpResponse};
use aws_sdk_s3::config::{HttpClient, RuntimeComponents};
use aws_sdk_s3::error::{BoxError, ConnectorError};
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::http::{Headers, StatusCode};
use bytes::Bytes;

/// The client of the drivers in the form that the SDK takes. Its settings are the client's own;
/// those of the SDK's configuration are switched off.
#[derive(Debug, Clone)]
pub(super) struct Connector(pub(super) reqwest::Client);

impl HttpClient for Connector {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move { send(&client, request).await })
    }
}

async fn send(
    client: &reqwest::Client,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let not_sent = |why: BoxError| ConnectorError::user(why);
    let body = request.body().bytes().map(Bytes::copy_from_slice);
    let body = body.ok_or_else(|| not_sent("its body is not in memory".into()))?;
    let request = request.try_into_http1x();
    let request = request.map_err(|error| not_sent(error.into()))?;
    let request = reqwest::Request::try_from(request.map(|_| body));
    let request = request.map_err(|error| not_sent(http::reason(error).into()))?;

    let lost = |error| ConnectorError::io(http::reason(error).into());
    let answer = client.execute(request).await.map_err(lost)?;
    let unreadable = |why: BoxError| ConnectorError::other(why, None);
    let status = StatusCode::try_from(answer.status().as_u16());
    let status = status.map_err(|error| unreadable(error.into()))?;
    let mut headers = Headers::new();
    for (name, value) in answer.headers() {
        // The SDK takes text only, and reads no header that is not text.
        if let Ok(value) = value.to_str() {
            headers
                .try_append(name.as_str().to_owned(), value.to_owned())
                .map_err(|error| unreadable(error.into()))?;
        }
    }
    let body = answer.bytes().await.map_err(lost)?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    *response.headers_mut() = headers;
    Ok(response)
}
