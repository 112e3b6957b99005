//! HTTP clients with TLS: one provider, one way to build them, one way to say why a request failed.
//! Time limits, redirects and proxies are set by the caller, for each client. And the server of all our
//! endpoints, which bounds its connections.

mod server;

pub use server::{ConnectionLimits, serve};

use std::error::Error;
use std::sync::Once;
use url::Url;

/// This program and its version, as User-Agents name them.
pub const PRODUCT: &str = concat!("wikisentry/", env!("CARGO_PKG_VERSION"));

/// A client builder whose TLS works: certificates are checked against the system's trust store.
///
/// reqwest is built without a crypto provider of its own (it would bring aws-lc, which builds far
/// longer than ring): `reqwest::Client::new` panics where no client was made here before.
pub fn client_builder() -> reqwest::ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that the embedding program chose a provider already: its choice stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
}

/// A client builder for one address and no other. For plain HTTP the system's certificates are
/// not read: that saves time and memory, and works on systems that have none.
pub fn client_builder_for(url: &Url) -> reqwest::ClientBuilder {
    match url.scheme() {
        "http" => client_builder().tls_certs_only([]),
        _ => client_builder(),
    }
}

/// A URL as it may be shown and stored: `***` stands for a password, and for a user name without one, which
/// may be a token.
pub fn without_secret(url: &Url) -> String {
    let mut shown = url.clone();
    // These fail for addresses without a host only, which have neither.
    if url.password().is_some() {
        _ = shown.set_password(Some("***"));
    } else if !url.username().is_empty() {
        _ = shown.set_username("***");
    }
    shown.into()
}

/// Why a request failed, with its causes in one line. The address is left out: it comes first, may
/// be long, and may hold a secret.
pub fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Why a request failed, in the words of its innermost cause: the name, the connection, the certificate.
/// Without the address, as [`reason`].
pub fn root_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_can_be_built_more_than_once() {
        for _ in 0..2 {
            client_builder().build().expect("a client with TLS");
        }
    }

    #[test]
    fn passwords_and_tokens_are_not_shown() {
        for (url, shown) in [
            ("https://example.org/v2", "https://example.org/v2"),
            (
                "https://me:pw@example.org/v2",
                "https://me:***@example.org/v2",
            ),
            ("https://:pw@example.org/v2", "https://:***@example.org/v2"),
            ("https://token@example.org/v2", "https://***@example.org/v2"),
            ("data:text/plain,a@b", "data:text/plain,a@b"),
        ] {
            assert_eq!(without_secret(&Url::parse(url).expect("a URL")), shown);
        }
    }

    #[tokio::test]
    async fn reasons_for_failure_name_no_address() {
        let url = "http://user:s3cret@127.0.0.1:1/s3cret?key=s3cret";
        for told in [super::reason, super::root_cause] {
            let error = client_builder()
                .build()
                .unwrap()
                .post(url)
                .send()
                .await
                .expect_err("nobody listens on port 1");
            let told = told(error);
            assert!(
                !told.contains("s3cret") && told.contains("refused"),
                "{told}"
            );
        }
    }
}
