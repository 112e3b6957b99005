//! How a client proves who it is to a cluster, and what keeps others from listening.

/// How passwords reach a broker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mechanism {
    /// As they are: for TLS, or for this machine alone.
    #[default]
    Plain,
    ScramSha256,
    ScramSha512,
}

/// How connections are made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Security {
    pub tls: bool,
    /// Certificates (PEM) of who signs the brokers', with TLS; none for those that the system trusts.
    pub ca: Option<String>,
    /// Without an account nothing is proven.
    pub mechanism: Mechanism,
}

/// Whether librdkafka was built with OpenSSL, which TLS and SCRAM need: feature `kafka-tls`.
pub const HAS_TLS: bool = cfg!(feature = "kafka-tls");

impl Mechanism {
    /// As Kafka names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl Security {
    /// `security.protocol` of a client.
    pub fn protocol(&self, has_account: bool) -> &'static str {
        match (has_account, self.tls) {
            (true, true) => "SASL_SSL",
            (true, false) => "SASL_PLAINTEXT",
            (false, true) => "SSL",
            (false, false) => "PLAINTEXT",
        }
    }

    /// Whether [`HAS_TLS`] is needed for it.
    pub fn needs_tls(&self, has_account: bool) -> bool {
        self.tls || (has_account && self.mechanism != Mechanism::Plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_passwords_without_tls_go_without_openssl() {
        let of = |tls, mechanism| Security {
            tls,
            mechanism,
            ca: None,
        };
        for (security, has_account, protocol, needs) in [
            (of(false, Mechanism::Plain), false, "PLAINTEXT", false),
            (of(false, Mechanism::Plain), true, "SASL_PLAINTEXT", false),
            (
                of(false, Mechanism::ScramSha512),
                true,
                "SASL_PLAINTEXT",
                true,
            ),
            (of(false, Mechanism::ScramSha512), false, "PLAINTEXT", false),
            (of(true, Mechanism::Plain), true, "SASL_SSL", true),
            (of(true, Mechanism::ScramSha256), false, "SSL", true),
        ] {
            assert_eq!(security.protocol(has_account), protocol);
            assert_eq!(security.needs_tls(has_account), needs, "{security:?}");
        }
    }
}
