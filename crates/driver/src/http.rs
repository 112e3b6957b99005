//! The HTTP client of the drivers: for servers of the platform, not for those of others.

use std::time::Duration;
use url::Url;

pub(crate) use wikisentry_http::reason;

/// A client for the server at `url`, whose certificate may also be signed by who is in `ca` (PEM); a
/// request that takes longer than `timeout` fails.
pub(crate) fn client(
    url: &Url,
    ca: Option<&str>,
    timeout: Duration,
) -> reqwest::Result<reqwest::Client> {
    let mut builder = wikisentry_http::client_builder_for(url);
    if let Some(ca) = ca {
        builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(ca.as_bytes())?);
    }
    builder
        .timeout(timeout)
        // A signature holds for one address only, and none of these servers redirects.
        .redirect(reqwest::redirect::Policy::none())
        // A proxy of the environment is for the internet; these servers are local.
        .no_proxy()
        .build()
}
