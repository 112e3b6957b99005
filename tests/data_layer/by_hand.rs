//! What somebody changes by hand: `status` names it, `up` sets it right, and nothing is doubled.

use crate::fixture::{Fixture, docker};
use crate::outages::{assert_once, wait_for_status};
use reqwest::Method;
use serde_json::{Value, json};

/// Kafka's own tool in the broker's container.
fn topics(layer: &Fixture, arguments: &[&str]) {
    let kafka = layer.container("kafka");
    let done = docker(&[&["exec", &kafka, "kafka", "topics"][..], arguments].concat());
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {said}");
}

/// A request to the worker, as curl would send it; what it answers.
fn connect(layer: &Fixture, method: Method, path: &str, config: Option<&Value>) -> Value {
    let worker = layer.published("CONNECT__PORT");
    let url = format!("http://{worker}/connectors/eventstreams/{path}");
    let (user, password) = layer.administrator("connect");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = wikisentry_http::client_builder().build().expect("a client");
    let mut request = client.request(method, url).basic_auth(user, Some(password));
    if let Some(config) = config {
        request = request.json(config);
    }
    let bytes = runtime.block_on(async {
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.expect("a body")
    });
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn what_was_changed_by_hand_is_named_and_up_sets_it_right() {
    let mut layer = Fixture::new("by-hand", 89);
    layer.serve(&["--rate", "60"]);
    layer.up();

    // Paused: a new configuration would not make it go on.
    connect(&layer, Method::PUT, "pause", None);
    let output = wait_for_status(&layer, |shown| shown.contains("the connector is paused"));
    assert_eq!(output.status.code(), Some(5));
    let plan: Value = serde_json::from_str(&layer.ok(&["plan", "--output", "json"])).unwrap();
    assert_eq!(plan["settled"], false, "{plan}");
    layer.up();

    // Other settings, and a topic gone.
    let mut config = connect(&layer, Method::GET, "config", None);
    config["batch.linger.ms"] = json!("250");
    connect(&layer, Method::PUT, "config", Some(&config));
    topics(&layer, &["--delete", "--topic", "alerts"]);
    let output = wait_for_status(&layer, |shown| {
        shown.contains("batch.linger.ms") && shown.contains("topic alerts is missing")
    });
    assert_eq!(output.status.code(), Some(5));
    layer.up();
    wait_for_status(&layer, |shown| shown.contains(": healthy"));

    // The worker's topic of offsets: the bookmark is read back from the topics.
    let worker = layer.container("connect");
    docker(&["stop", &worker]);
    topics(&layer, &["--delete", "--topic", "connect-offsets"]);
    layer.up();
    assert_once(&layer);
}
