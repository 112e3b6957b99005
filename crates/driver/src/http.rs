//! The HTTP client of the drivers: for servers of the platform, not for those of others.

use std::time::Duration;
use url::Url;

pub(crate) use wikisentry_http::reason;

/// A client for the server at `url`; a request that takes longer than `timeout` fails.
pub(crate) fn client(url: &Url, timeout: Duration) -> reqwest::Result<reqwest::Client> {
    wikisentry_http::client_builder_for(url)
        .timeout(timeout)
        // A signature holds for one address only, and none of these servers redirects.
        .redirect(reqwest::redirect::Policy::none())
        // A proxy of the environment is for the internet; these servers are local.
        .no_proxy()
        .build()
}
