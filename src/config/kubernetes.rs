//! Settings of a cluster, a Kafka and an object store of others; `defaults.toml` says what each is for.

use super::{Invalid, is_dns_label, is_plain_name};
use serde::{Deserialize, Serialize};
use url::Url;

/// Settings that are secret: their values are never shown, and no flag takes them, as every program of
/// the machine sees the arguments of all.
pub(super) const SECRETS: [&str; 2] = ["kubernetes.kafka.password", "kubernetes.s3.secret_key"];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubernetesSettings {
    pub context: String,
    pub kubeconfig: String,
    pub namespace: String,
    pub create_namespace: bool,
    pub network_policies: bool,
    /// Networks in CIDR notation that pods may reach besides DNS and each other.
    pub egress: Vec<String>,
    pub images: RegistrySettings,
    pub kafka: ForeignKafkaSettings,
    pub s3: ForeignStoreSettings,
}

/// Where pods pull images from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrySettings {
    pub prefix: String,
    pub tag: String,
    pub pull_secret: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKafkaSettings {
    pub bootstrap: String,
    pub security: KafkaSecurity,
    pub mechanism: SaslMechanism,
    pub user: String,
    pub password_file: String,
    pub password: String,
    pub ca_file: String,
    pub replication: u16,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignStoreSettings {
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub path_style: bool,
    pub access_key: String,
    pub secret_key_file: String,
    pub secret_key: String,
    pub ca_file: String,
}

/// `security.protocol` of Kafka's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KafkaSecurity {
    #[serde(rename = "PLAINTEXT")]
    Plaintext,
    #[serde(rename = "SSL")]
    Ssl,
    #[serde(rename = "SASL_PLAINTEXT")]
    SaslPlaintext,
    #[serde(rename = "SASL_SSL")]
    SaslSsl,
}

/// `sasl.mechanism` of Kafka's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SaslMechanism {
    #[serde(rename = "PLAIN")]
    Plain,
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

impl KafkaSecurity {
    pub fn has_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    /// Whether clients say who they are, with a password.
    pub fn has_user(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

impl std::fmt::Debug for ForeignKafkaSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("ForeignKafkaSettings");
        shown
            .field("bootstrap", &self.bootstrap)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ForeignStoreSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("ForeignStoreSettings");
        shown
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// What of this has no default, with an example of it, and must be given before anything is done with
/// the profile kubernetes.
pub const REQUIRED: [(&str, &str); 6] = [
    ("kubernetes.context", "prod"),
    (
        "kubernetes.images.prefix",
        "registry.example.org/wikisentry",
    ),
    ("kubernetes.kafka.bootstrap", "broker-1.example.org:9093"),
    ("kubernetes.s3.endpoint", "https://s3.example.org"),
    ("kubernetes.s3.bucket", "wikisentry"),
    ("kubernetes.s3.access_key", "wikisentry"),
];

impl KubernetesSettings {
    /// The first of [`REQUIRED`] that is not given, with its example; a registry only if images come
    /// from one.
    pub fn missing(&self, needs_registry: bool) -> Option<(&'static str, &'static str)> {
        let given = [
            &self.context,
            &self.images.prefix,
            &self.kafka.bootstrap,
            &self.s3.endpoint,
            &self.s3.bucket,
            &self.s3.access_key,
        ];
        let mut pairs = REQUIRED.into_iter().zip(given);
        let is_needed = |key: &str| needs_registry || key != "kubernetes.images.prefix";
        let found = pairs.find(|((key, _), value)| value.is_empty() && is_needed(key));
        let found = found.map(|(required, _)| required);
        let has_user = self.kafka.security.has_user();
        found.or_else(|| {
            let lacks_user = has_user && self.kafka.user.is_empty();
            lacks_user.then_some(("kubernetes.kafka.user", "wikisentry"))
        })
    }
}

/// What is wrong with them. Nothing is missing yet: another profile needs none of it.
pub(super) fn check(own: &KubernetesSettings) -> Vec<Invalid> {
    let mut invalid = Vec::new();
    let mut require = |holds, key: &str, why: &str| {
        super::require(&mut invalid, holds, key, why);
    };
    require(
        is_dns_label(&own.namespace, 1..=63),
        "kubernetes.namespace",
        "it has 1 to 63 small letters, digits and \"-\", and begins and ends without \"-\"",
    );
    require(
        own.egress.iter().all(|network| is_network(network)),
        "kubernetes.egress",
        "it is a list of networks, such as \"10.0.0.0/8\"",
    );
    let RegistrySettings {
        prefix,
        tag,
        pull_secret,
    } = &own.images;
    require(
        prefix.is_empty() || is_prefix(prefix),
        "kubernetes.images.prefix",
        "it is a registry and a folder, such as \"registry.example.org/wikisentry\"",
    );
    require(
        tag.is_empty() || (is_plain_name(tag) && tag.len() <= 128),
        "kubernetes.images.tag",
        "a tag has letters, digits, \"-\", \"_\" and \".\"",
    );
    require(
        pull_secret.is_empty() || is_object_name(pull_secret),
        "kubernetes.images.pull_secret",
        "it is the name of a secret: small letters, digits, \"-\" and \".\"",
    );
    require(
        own.kafka.bootstrap.is_empty() || own.kafka.bootstrap.split(',').all(is_address),
        "kubernetes.kafka.bootstrap",
        "it is host:port, several with commas, such as \"broker-1.example.org:9093\"",
    );
    require(
        [&own.kafka.user, &own.kafka.password]
            .iter()
            .all(|text| !text.contains(['"', '\\', '\n'])),
        "kubernetes.kafka.user",
        "user and password have no quotation mark, no backslash and one line",
    );
    require(
        (1..=32).contains(&own.kafka.replication),
        "kubernetes.kafka.replication",
        "it lies between 1 and 32",
    );
    require(
        own.s3.endpoint.is_empty() || is_store(&own.s3.endpoint),
        "kubernetes.s3.endpoint",
        "it is https://HOST or http://HOST, with a port if it has one of its own, and no path",
    );
    require(
        own.s3.bucket.is_empty() || is_dns_label(&own.s3.bucket, 3..=63),
        "kubernetes.s3.bucket",
        "a bucket has 3 to 63 small letters, digits and \"-\", and begins and ends without \"-\"",
    );
    require(
        is_plain_name(&own.s3.region),
        "kubernetes.s3.region",
        "a region has letters, digits and \"-\", such as \"eu-central-1\"",
    );
    invalid
}

/// An address with the length of its prefix.
fn is_network(text: &str) -> bool {
    let parsed = text.split_once('/').and_then(|(address, length)| {
        let address: std::net::IpAddr = address.parse().ok()?;
        let length: u8 = length.parse().ok()?;
        Some((address, length))
    });
    parsed.is_some_and(|(address, length)| length <= if address.is_ipv4() { 32 } else { 128 })
}

/// `host[:port]/folder…`, in small letters, as references of images begin.
fn is_prefix(text: &str) -> bool {
    let is_part = |part: &str| {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-:".contains(c);
        part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && part.chars().all(allowed)
    };
    text.split('/').all(is_part)
}

fn is_object_name(text: &str) -> bool {
    text.split('.').all(|part| is_dns_label(part, 1..=63))
}

fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once(':');
    parts.is_some_and(|(host, port)| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-[]:".contains(c);
        !host.is_empty() && host.chars().all(allowed) && port.parse::<u16>().is_ok_and(|it| it > 0)
    })
}

fn is_store(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        ["http", "https"].contains(&url.scheme())
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
            && url.username().is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        type Is = fn(&str) -> bool;
        let table: [(Is, &[&str], &[&str]); 4] = [
            (
                is_network,
                &["10.0.0.0/8", "::/0", "192.0.2.7/32"],
                &["10.0.0.0", "10.0.0.0/33", "net/8", ""],
            ),
            (
                is_prefix,
                &[
                    "registry.example.org/wikisentry",
                    "127.0.0.1:5000/a/b",
                    "team",
                ],
                &["Registry/x", "a//b", "a/", " a"],
            ),
            (
                is_address,
                &["kafka:9092", "10.0.0.1:1", "[::1]:9092"],
                &["kafka", "kafka:0", "kafka:x", ":9092", "sasl://kafka:9092"],
            ),
            (
                is_store,
                &["https://s3.example.org", "http://192.0.2.2:9000"],
                &[
                    "s3.example.org",
                    "https://s3.example.org/bucket",
                    "https://k:s@s3.example.org",
                ],
            ),
        ];
        for (is, good, bad) in table {
            for text in good {
                assert!(is(text), "{text}");
            }
            for text in bad {
                assert!(!is(text), "{text}");
            }
        }
    }
}
