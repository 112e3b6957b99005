//! On a worker that runs, whose address is in TEST_CONNECT; its broker is in TEST_KAFKA,
//! the broker's administrator in TEST_KAFKA_USER and TEST_KAFKA_PASSWORD. The connector
//! is the platform's own, and reads from a stand-in for the feed in this process.

use crate::TIMEOUT;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;
use wikisentry_driver::Account;
use wikisentry_driver::connect::{Connect, ConnectError, ConnectorStatus};
use wikisentry_driver::converge::{Change, Verb};
use wikisentry_driver::kafka::{Kafka, TopicSpec};

/// One event of the feed, and where the connector goes on after it.
const EVENT: &str = include_str!("../../../../testdata/events/recentchange-2026-new.json");
const NEXT_OFFSET: u64 = 6_524_210_952;

fn variable(name: &str) -> String {
    let value = std::env::var(name);
    value.unwrap_or_else(|_| panic!("{name} is not set: scripts/check_data_layer.sh does"))
}

fn worker() -> Connect {
    let url = variable("TEST_CONNECT").parse().unwrap();
    Connect::new(url, account(), TIMEOUT).unwrap()
}

fn account() -> Account {
    Account {
        user: variable("TEST_CONNECT_USER"),
        password: variable("TEST_CONNECT_PASSWORD"),
    }
}

/// An unused name, with a space: names of connectors may hold what addresses must encode.
fn unused_name() -> String {
    format!("test feed {}", jiff::Timestamp::now().as_nanosecond())
}

/// The settings of the connector; whatever it reads goes to one topic.
fn config(feed: &str, topic: &str) -> BTreeMap<String, String> {
    [
        (
            "connector.class",
            "org.wikisentry.connect.eventstreams.EventStreamsSourceConnector",
        ),
        ("tasks.max", "1"),
        ("url", feed),
        ("contact", "nobody@localhost"),
        ("compression", "identity"),
        ("topic.edits", topic),
        ("topic.label.facts", topic),
        ("topic.deadletter", topic),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Sends one event to each client that connects, and nothing more. Containers reach this machine at
/// more than 127.0.0.1.
async fn feed() -> String {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 8192];
            _ = stream.read(&mut request).await;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
            let answer = format!("{head}event: message\ndata: {}\n\n", EVENT.trim());
            _ = stream.write_all(answer.as_bytes()).await;
            open.push(stream);
        }
    });
    format!("http://host.docker.internal:{port}/v2/stream")
}

/// Waits until the connector is as wanted.
async fn until(
    connect: &Connect,
    name: &str,
    wanted: impl Fn(&ConnectorStatus) -> bool,
) -> ConnectorStatus {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let status = connect.status(name).await;
        match &status {
            Ok(found) if wanted(found) => return status.unwrap(),
            _ => assert!(Instant::now() < deadline, "{status:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn a_connector_is_created_changed_and_kept_reads_and_is_found_missing() {
    let (connect, name) = (worker(), unused_name());
    // The worker may write such topics.
    let topic = format!("connect-{}", name.replace(' ', "-"));
    let administrator = Account {
        user: variable("TEST_KAFKA_USER"),
        password: variable("TEST_KAFKA_PASSWORD"),
    };
    let kafka = Kafka::new(variable("TEST_KAFKA"), TIMEOUT).with_account(administrator);
    let spec = TopicSpec {
        name: topic.clone(),
        partitions: 1,
        replication: 1,
        config: BTreeMap::new(),
    };
    kafka.ensure_topics(&[spec]).await.unwrap();

    let mut config = config(&feed().await, &topic);
    assert_eq!(connect.validate(&name, &config).await.unwrap(), []);
    let change = |verb| Change::new(verb, "connector", name.clone());
    let create = change(Verb::Create);
    assert_eq!(connect.diff(&name, &config).await.unwrap(), create);
    assert_eq!(connect.ensure(&name, &config).await.unwrap(), create);
    let keep = change(Verb::Keep);
    assert_eq!(connect.ensure(&name, &config).await.unwrap(), keep);
    until(&connect, &name, ConnectorStatus::is_running).await;

    config.insert("batch.linger.ms".into(), "10".into());
    let changed = change(Verb::Change).because("batch.linger.ms");
    assert_eq!(connect.ensure(&name, &config).await.unwrap(), changed);
    assert_eq!(connect.ensure(&name, &config).await.unwrap(), keep);
    until(&connect, &name, ConnectorStatus::is_running).await;
    connect.restart_failed(&name).await.unwrap();

    // The bookmark is committed with the record that it covers.
    let deadline = Instant::now() + Duration::from_secs(60);
    let offset = loop {
        match connect.offsets(&name).await.unwrap().pop() {
            Some(offset) => break offset,
            None => assert!(Instant::now() < deadline, "no offset was committed"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let offset = serde_json::to_string(&offset.offset).unwrap();
    assert!(offset.contains(&NEXT_OFFSET.to_string()), "{offset}");
    let records = kafka.topics(std::slice::from_ref(&topic)).await.unwrap();
    assert!(records[0].records() >= 1, "{records:?}");

    let mut url: Url = variable("TEST_CONNECT").parse().unwrap();
    url.path_segments_mut()
        .unwrap()
        .extend(["connectors", &name]);
    let Account { user, password } = account();
    let delete = reqwest::Client::new().delete(url);
    let deleted = delete
        .basic_auth(user, Some(password))
        .send()
        .await
        .unwrap();
    assert!(deleted.status().is_success(), "{deleted:?}");
    let deadline = Instant::now() + Duration::from_secs(60);
    while connect.status(&name).await.is_ok() {
        assert!(Instant::now() < deadline, "it is still there");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let gone = connect.status(&name).await.unwrap_err();
    assert!(matches!(gone, ConnectError::NoConnector { .. }), "{gone}");
    let mut admin = ClientConfig::new();
    admin
        .set("bootstrap.servers", variable("TEST_KAFKA"))
        .set("security.protocol", "sasl_plaintext")
        .set("sasl.mechanism", "PLAIN")
        .set("sasl.username", variable("TEST_KAFKA_USER"))
        .set("sasl.password", variable("TEST_KAFKA_PASSWORD"));
    let admin: AdminClient<DefaultClientContext> = admin.create().unwrap();
    let deleted = admin.delete_topics(&[&topic], &AdminOptions::new()).await;
    deleted.unwrap()[0].as_ref().unwrap();
}

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn settings_that_are_not_accepted_are_named() {
    let connect = worker();
    let mut config = config("http://localhost/v2/stream", "test-refused");
    config.insert("tasks.max".into(), "none".into());
    let problems = connect.validate("test", &config).await.unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].name, "tasks.max");
    let refused = connect.ensure("test-refused", &config).await.unwrap_err();
    assert!(
        matches!(&refused, ConnectError::Refused { status: 400, message, .. } if message.contains("tasks.max")),
        "{refused}"
    );
}

#[tokio::test]
#[ignore = "needs a data layer: scripts/check_data_layer.sh"]
async fn a_wrong_password_is_told_from_a_worker_that_is_not_there() {
    let mut wrong = account();
    wrong.password.push('x');
    let url = variable("TEST_CONNECT").parse().unwrap();
    let connect = Connect::new(url, wrong.clone(), TIMEOUT).unwrap();
    let error = connect.status("any").await.unwrap_err();
    let text = format!("{error} {error:?} {connect:?}");
    assert!(matches!(error, ConnectError::Account { .. }), "{text}");
    assert!(!text.contains(&wrong.password), "{text}");
}
