//! Kafka: one broker that is its own controller (KRaft). It keeps the topics.

mod advice;
mod probe;
mod records;
mod settings;
mod topics;

pub use settings::KafkaSettings;
pub use topics::topic_name;

use super::{Component, ForeignKafka, Image, Port, Publishing, REQUEST, Site, Variable};
use crate::config::Size;
use crate::error::Result;
use serde_json::{Value, json};
use wikisentry_driver::Account;
use wikisentry_driver::kafka::Kafka;

const GIB: i64 = 1 << 30;

/// The administrator: this program itself.
const ROOT: &str = "wikisentry";

/// Kafka's own name for who comes without a user.
const ANYBODY: &str = "ANONYMOUS";

/// What each user may do; the image brings the broker to it.
const RIGHTS: &str = include_str!("../../../images/kafka/access/access");

pub(super) static KAFKA: Component = Component {
    name: "kafka",
    purpose: "the topics",
    image: Some(Image {
        parent: Some("base"),
        bytes: 220_000_000,
        ..Image::EMBEDDED
    }),
    ports: &[
        Port {
            name: "kafka",
            key: "port",
            publishing: Publishing::Variable("WIKISENTRY_KAFKA_PORT"),
            url: "{}",
        },
        Port {
            name: "kafka-sasl",
            key: "sasl_port",
            publishing: Publishing::Variable("WIKISENTRY_KAFKA_SASL_PORT"),
            url: "{}",
        },
    ],
    variables: &[
        Variable::mib("WIKISENTRY_KAFKA_MEMORY", "memory_mib"),
        Variable::mib("WIKISENTRY_KAFKA_HEAP", "heap_mib"),
        Variable {
            name: "WIKISENTRY_KAFKA_TOPIC_PREFIX",
            key: "topic_prefix",
            unit: "",
        },
    ],
    compose: include_str!("compose.yaml"),
    defaults: include_str!("defaults.toml"),
    of_size: &[
        (Size::Small, "partitions", 2),
        (Size::Small, "retention_bytes", GIB),
        (Size::Large, "partitions", 8),
        (Size::Large, "retention_bytes", 16 * GIB),
    ],
    measured: include_str!("measured.toml"),
    check: settings::check,
    accounts,
    provisions: |site| vec![Box::new(topics::Topics::of(site))],
    probe: || Box::new(probe::TopicProbe::default()),
    records: Some(records::read),
    arrivals: Some(|site| Box::pin(topics::arrivals(site))),
    results: Some(|site| Box::pin(topics::results(site))),
    for_pods: Some(for_pods),
    reach: Some(|site, _| Box::pin(reach(site))),
    account: Some(|foreign| foreign.kafka.account.clone()),
    ..Component::PLAIN
};

/// The topics that the settings make.
#[cfg(test)]
pub(super) fn topic_specs(site: &Site) -> Vec<wikisentry_driver::kafka::TopicSpec> {
    topics::specs(site)
}

/// How pods reach it.
fn for_pods(site: &Site) -> Value {
    let prefix = KafkaSettings::of(&site.settings).topic_prefix;
    let Some(foreign) = &site.foreign else {
        return json!({
            "host": "kafka", "bootstrap": "kafka:9092", "port": 9092, "topic_prefix": prefix,
            "has_ca": false,
        });
    };
    let ForeignKafka {
        bootstrap,
        security,
        account,
    } = &foreign.kafka;
    json!({
        "bootstrap": bootstrap,
        "topic_prefix": prefix,
        "security": security.protocol(account.is_some()),
        "mechanism": security.mechanism.name(),
        "user": account.as_ref().map_or("", |account| &account.user),
        "has_ca": security.ca.is_some(),
    })
}

/// Whether a Kafka of others takes us.
async fn reach(site: &Site) -> Result<String> {
    let kafka = client(site);
    let found = kafka.topics(&[]).await;
    found.map_err(advice::of(site))?;
    let account = site.foreign.as_ref();
    let account = account.and_then(|foreign| foreign.kafka.account.as_ref());
    Ok(match account {
        Some(account) => format!("it takes {}", account.user),
        None => "it asks for no user".to_owned(),
    })
}

/// The administrator, then everybody who has rights and a password.
fn accounts() -> Vec<&'static str> {
    let lines = RIGHTS.lines().filter(|line| !line.starts_with('#'));
    let users = lines.filter_map(|line| line.split_whitespace().next());
    let mut accounts = vec![ROOT];
    for user in users.filter(|user| *user != ANYBODY) {
        if !accounts.contains(&user) {
            accounts.push(user);
        }
    }
    accounts
}

/// The broker as its administrator, as this machine reaches it.
fn client(site: &Site) -> Kafka {
    if let Some(foreign) = &site.foreign {
        return foreign.kafka.client(REQUEST);
    }
    let port = KafkaSettings::of(&site.settings).sasl_port;
    let account = Account {
        user: ROOT.to_owned(),
        password: site.secrets.password("kafka", ROOT).to_owned(),
    };
    Kafka::new(format!("127.0.0.1:{port}"), REQUEST).with_account(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_with_rights_has_a_password_of_his_own() {
        let accounts = accounts();
        assert!(
            accounts.len() > 2 && !accounts.contains(&ANYBODY),
            "{accounts:?}"
        );
        for user in &accounts[1..] {
            let user = user.to_uppercase();
            let variable = format!("WIKISENTRY_KAFKA_{user}_PASSWORD");
            let line = format!("KAFKA_{user}_PASSWORD: ${{{variable}:-wikisentry-development}}\n");
            assert!(KAFKA.compose.contains(&line), "{line}");
        }
    }

    #[test]
    fn nobody_without_a_user_changes_anything() {
        let rights = RIGHTS.lines().filter(|line| line.starts_with(ANYBODY));
        for line in rights {
            let operations = line.split_whitespace().nth(1).unwrap();
            for operation in operations.split(',') {
                let allowed = ["read", "describe-configs", "not-read"];
                assert!(allowed.contains(&operation), "{line}");
            }
        }
    }
}
