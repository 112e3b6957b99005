//! The HTTP client of the drivers: for servers of the platform, not for those of others.

use std::error::Error;
use std::sync::Once;
use std::time::Duration;
use url::Url;

static PROVIDER: Once = Once::new();

/// A client for the server at `url`; a request that takes longer than `timeout` fails.
pub(crate) fn client(url: &Url, timeout: Duration) -> reqwest::Result<reqwest::Client> {
    PROVIDER.call_once(|| {
        // reqwest is built without a provider of TLS. An error means that the program has
        // chosen one already: its choice stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let mut builder = reqwest::Client::builder()
        .timeout(timeout)
        // A signature holds for one address only, and none of these servers redirects.
        .redirect(reqwest::redirect::Policy::none())
        // A proxy of the environment is for the internet; these servers are local.
        .no_proxy();
    if url.scheme() == "http" {
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// An error of a request and what it was caused by, without the address, which may be long.
pub(crate) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
