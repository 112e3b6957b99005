//! The Connect driver held to a real worker, whose address is in TEST_CONNECT. It
//! uses MirrorMaker's heartbeat (`connect-mirror`), which needs nothing but its own cluster.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use wikisentry_driver::connect::{Connect, ConnectError, ConnectorState, ConnectorStatus};
use wikisentry_driver::converge::{Change, Verb};

const TIMEOUT: Duration = Duration::from_secs(30);

/// The worker and the address its connectors find Kafka at; `None`, and says so, if there is none
/// to test with.
async fn worker() -> Option<(Connect, String)> {
    let variable = |name| std::env::var(name).ok();
    let (Some(url), Some(kafka)) = (variable("TEST_CONNECT"), variable("TEST_CONNECT_KAFKA"))
    else {
        println!("not run: TEST_CONNECT and _KAFKA name no worker of Kafka Connect");
        return None;
    };
    let connect = Connect::new(url.parse().unwrap(), TIMEOUT).unwrap();
    match connect.validate("test", &heartbeat(&kafka)).await {
        Err(ConnectError::Refused { message, .. }) if message.contains("Failed to find") => {
            println!("not run: the worker has no MirrorHeartbeatConnector");
            None
        }
        _ => Some((connect, kafka)),
    }
}

fn heartbeat(kafka: &str) -> BTreeMap<String, String> {
    [
        (
            "connector.class",
            "org.apache.kafka.connect.mirror.MirrorHeartbeatConnector",
        ),
        ("tasks.max", "1"),
        ("source.cluster.alias", "a"),
        ("target.cluster.alias", "b"),
        ("source.cluster.bootstrap.servers", kafka),
        ("target.cluster.bootstrap.servers", kafka),
        ("heartbeats.topic.replication.factor", "1"),
        ("emit.heartbeats.interval.seconds", "1"),
        (
            "key.converter",
            "org.apache.kafka.connect.converters.ByteArrayConverter",
        ),
        (
            "value.converter",
            "org.apache.kafka.connect.converters.ByteArrayConverter",
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
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
async fn a_connector_is_created_changed_kept_paused_and_deleted() {
    let Some((connect, kafka)) = worker().await else {
        return;
    };
    let name = format!("test-heartbeat {}", jiff::Timestamp::now().as_nanosecond());
    assert!(!connect.worker().await.unwrap().kafka_cluster_id.is_empty());
    let mut config = heartbeat(&kafka);
    assert_eq!(connect.validate(&name, &config).await.unwrap(), []);
    let change = |verb| Change::new(verb, "connector", name.clone());
    let create = change(Verb::Create);
    assert_eq!(connect.diff(&name, &config).await.unwrap(), create);
    assert_eq!(connect.ensure(&name, &config).await.unwrap(), create);
    let keep = change(Verb::Keep);
    assert_eq!(connect.ensure(&name, &config).await.unwrap(), keep);
    until(&connect, &name, ConnectorStatus::is_running).await;
    assert!(connect.connectors().await.unwrap().contains(&name));

    config.insert("emit.heartbeats.interval.seconds".into(), "2".into());
    let changed = change(Verb::Change).because("emit.heartbeats.interval.seconds");
    assert_eq!(connect.ensure(&name, &config).await.unwrap(), changed);
    assert_eq!(connect.ensure(&name, &config).await.unwrap(), keep);

    connect.pause(&name).await.unwrap();
    until(&connect, &name, |status| {
        status.state == ConnectorState::Paused
    })
    .await;
    connect.resume(&name).await.unwrap();
    until(&connect, &name, ConnectorStatus::is_running).await;
    connect.restart_failed(&name).await.unwrap();

    let deadline = Instant::now() + Duration::from_secs(60);
    while connect.offsets(&name).await.unwrap().is_empty() {
        assert!(Instant::now() < deadline, "no offset was committed");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    connect.delete(&name).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while connect.status(&name).await.is_ok() {
        assert!(Instant::now() < deadline, "it is still there");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let gone = connect.status(&name).await.unwrap_err();
    assert!(matches!(gone, ConnectError::NoConnector { .. }), "{gone}");
}

#[tokio::test]
async fn settings_that_are_not_accepted_are_named() {
    let Some((connect, kafka)) = worker().await else {
        return;
    };
    let mut config = heartbeat(&kafka);
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
async fn a_worker_that_does_not_answer_is_named_with_the_reason() {
    // A port that was free a moment ago.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let url = format!("http://127.0.0.1:{port}/");
    let connect = Connect::new(url.parse().unwrap(), TIMEOUT).unwrap();
    let error = connect.worker().await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ConnectError::Unreachable { .. }), "{text}");
    assert!(text.contains(&url) && text.contains("refused"), "{text}");
}
