//! The objects of a bucket, for the crates that read and write them: lake and registry.

use super::{Credentials, S3Error, StoreAddress};
use object_store::ClientOptions;
use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::client::{HttpClient, HttpConnector};
use std::sync::Arc;
use std::time::Duration;

/// The HTTP client of the drivers in the form that `object_store` takes.
#[derive(Debug)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// The objects of `bucket` in the store at `address`, as a user sees them; nothing is asked yet. A
/// request takes `timeout` at most; one that fails for a cause that may pass is sent again for as
/// long. Requests are driven by the Tokio runtime that they are made in.
///
/// # Errors
/// If no client can be made for the address.
pub fn objects(
    address: &StoreAddress,
    credentials: &Credentials,
    bucket: &str,
    timeout: Duration,
) -> Result<Arc<dyn ObjectStore>, S3Error> {
    let http = address.client(timeout)?;
    let retry = object_store::RetryConfig {
        retry_timeout: timeout,
        ..Default::default()
    };
    let store = AmazonS3Builder::new()
        .with_http_connector(Connector(http))
        .with_endpoint(address.of_bucket(bucket))
        .with_virtual_hosted_style_request(!address.path_style)
        .with_allow_http(true)
        .with_region(&address.region)
        .with_bucket_name(bucket)
        .with_access_key_id(&credentials.access_key)
        .with_secret_access_key(&credentials.secret_key)
        .with_retry(retry)
        .build();
    let store = store.map_err(|error| address.unreachable(error.to_string()))?;
    Ok(Arc::new(store))
}
