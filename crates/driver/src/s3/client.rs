//! The store and the ways to it: S3's own requests through the AWS SDK, MinIO's administration
//! through [`super::admin`]. Both report failures in the same form.

use super::connector::Connector;
use super::{Credentials, S3Error, StoreAddress};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Config, IdentityCache, Region, RequestChecksumCalculation,
    ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use reqwest::StatusCode;
use std::error::Error;
use std::time::Duration;
use url::Url;

/// Codes by which a store says that it knows no such key, or has switched it off, or has another
/// secret for it.
const WRONG_KEYS: [&str; 2] = ["InvalidAccessKeyId", "SignatureDoesNotMatch"];

/// Where requests are signed for, of a store of our own: MinIO has one region.
pub const REGION: &str = "us-east-1";

/// An object store that speaks S3.
#[derive(Debug, Clone)]
pub struct S3 {
    pub(super) sdk: Client,
    pub(super) http: reqwest::Client,
    pub(super) endpoint: Url,
    pub(super) credentials: Credentials,
}

impl S3 {
    /// The store at `address`, as the user of `credentials`. A request
    /// that takes longer than `timeout` fails; none is sent twice.
    ///
    /// # Errors
    /// If the address has no host, or no client can be made for it.
    pub fn new(
        address: &StoreAddress,
        credentials: Credentials,
        timeout: Duration,
    ) -> Result<Self, S3Error> {
        let endpoint = address.url.clone();
        if !endpoint.has_host() {
            return Err(address.unreachable("the address has no host".to_owned()));
        }
        let http = address.client(timeout)?;
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(Connector(http.clone()))
            .endpoint_url(endpoint.as_str())
            .force_path_style(address.path_style)
            .region(Region::new(address.region.clone()))
            .credentials_provider(credentials.for_sdk())
            .identity_cache(IdentityCache::no_cache())
            // The HTTP client has a timeout for each request as a whole.
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            // The caller decides whether to try again.
            .retry_config(RetryConfig::disabled())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .build();
        Ok(Self {
            sdk: Client::from_conf(config),
            http,
            endpoint,
            credentials,
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
        let config = self.sdk.config().to_builder();
        let config = config.credentials_provider(credentials.for_sdk()).build();
        Self {
            sdk: Client::from_conf(config),
            credentials,
            ..self.clone()
        }
    }

    /// For `map_err` after a request of the SDK: what the store was asked, after "did not".
    pub(super) fn failed<E>(&self, what: &str) -> impl FnOnce(SdkError<E>) -> S3Error
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        move |error| match &error {
            // The SDK also reports an answer that it cannot read in this way.
            SdkError::ServiceError(answer) if answer.raw().status().is_success() => {
                S3Error::answer(what, innermost(&error))
            }
            SdkError::ServiceError(refused) => {
                let (code, message) = (refused.err().code(), refused.err().message());
                self.refused(what, refused.raw().status().as_u16(), code, message)
            }
            SdkError::ResponseError(_) => S3Error::answer(what, innermost(&error)),
            _ => self.unreachable(innermost(&error)),
        }
    }

    /// A refusal by its code, or by its HTTP status if the store gave none.
    pub(super) fn refused(
        &self,
        what: &str,
        status: u16,
        code: Option<&str>,
        message: Option<&str>,
    ) -> S3Error {
        let code = code.map_or_else(|| status.to_string(), str::to_owned);
        if WRONG_KEYS.contains(&code.as_str()) {
            return S3Error::Credentials {
                endpoint: self.endpoint.to_string(),
                access_key: self.credentials.access_key.clone(),
                code,
            };
        }
        let reason = || StatusCode::from_u16(status).ok()?.canonical_reason();
        S3Error::Refused {
            what: what.to_owned(),
            code,
            message: message.or_else(reason).unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn unreachable(&self, reason: String) -> S3Error {
        S3Error::Unreachable {
            endpoint: self.endpoint.to_string(),
            reason,
        }
    }
}

/// The innermost cause of an error: the SDK puts several layers around it.
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
