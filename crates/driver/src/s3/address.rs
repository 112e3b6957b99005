//! Where a store is, and how it is spoken to.

use super::S3Error;
use super::client::REGION;
use crate::http;
use std::time::Duration;
use url::Url;

/// A store's address with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreAddress {
    /// Without a path; its scheme says whether requests are encrypted.
    pub url: Url,
    /// Where requests are signed for.
    pub region: String,
    /// Whether the bucket stands in the path; else it is a part of the host's name.
    pub path_style: bool,
    /// Certificates (PEM) of who signs the store's, besides those that the system trusts.
    pub ca: Option<String>,
}

impl StoreAddress {
    /// A store of our own: of one region, by path.
    pub fn own(url: Url) -> Self {
        Self {
            url,
            region: REGION.to_owned(),
            path_style: true,
            ca: None,
        }
    }

    /// The address of a bucket's objects, for clients that do not put the bucket into the host's name
    /// themselves.
    pub fn of_bucket(&self, bucket: &str) -> String {
        let mut url = self.url.clone();
        if let (false, Some(host)) = (self.path_style, self.url.host_str()) {
            // A name of a bucket and a host make a host.
            _ = url.set_host(Some(&format!("{bucket}.{host}")));
        }
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// A client for it; a request that takes longer than `timeout` fails.
    pub(super) fn client(&self, timeout: Duration) -> Result<reqwest::Client, S3Error> {
        let client = http::client(&self.url, self.ca.as_deref(), timeout);
        client.map_err(|error| self.unreachable(http::reason(error)))
    }

    pub(super) fn unreachable(&self, reason: String) -> S3Error {
        S3Error::Unreachable {
            endpoint: self.url.to_string(),
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_is_part_of_the_host_where_it_is_not_in_the_path() {
        let url = |text: &str| Url::parse(text).expect("a URL");
        let own = StoreAddress::own(url("http://127.0.0.1:9000"));
        assert_eq!(own.of_bucket("lake"), "http://127.0.0.1:9000");
        let other = StoreAddress {
            path_style: false,
            ..StoreAddress::own(url("https://s3.example.org:8443"))
        };
        assert_eq!(other.of_bucket("lake"), "https://lake.s3.example.org:8443");
    }

    #[test]
    fn what_is_no_certificate_is_an_address_that_cannot_be_used() {
        let address = StoreAddress {
            ca: Some("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n".to_owned()),
            ..StoreAddress::own(Url::parse("https://s3.example.org").expect("a URL"))
        };
        let refused = address.client(Duration::from_secs(1));
        assert!(matches!(refused, Err(S3Error::Unreachable { .. })));
    }
}
