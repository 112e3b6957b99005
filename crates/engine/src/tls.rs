//! HTTP clients with TLS. reqwest is built without a crypto provider of its own (it would bring
//! aws-lc, which builds far longer than ring), so ring is installed before the first client is made.

use std::sync::Once;

static PROVIDER: Once = Once::new();

/// A client builder whose TLS works: certificates are checked against the system's trust store.
///
/// Every HTTP client of the engine starts here; `reqwest::Client::new` panics without a provider.
pub fn client_builder() -> reqwest::ClientBuilder {
    PROVIDER.call_once(|| {
        // An error means that the embedding program chose a provider already: its choice stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
}

/// A client builder for one address and no other. For plain HTTP the system's certificates are
/// not read: that saves time and memory, and works on systems that have none.
pub fn client_builder_for(url: &url::Url) -> reqwest::ClientBuilder {
    match url.scheme() {
        "http" => client_builder().tls_certs_only([]),
        _ => client_builder(),
    }
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
}
