//! What a neighbour without a password gets from the ports that are published: a page in a browser,
//! another container, another user of this machine.

use crate::fixture::{Fixture, docker};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Requests to the worker: to look, to halt, to change, to add, and those between workers.
const OF_CONNECT: [(Method, &str, &str); 11] = [
    (Method::GET, "", ""),
    (Method::GET, "connectors", ""),
    (Method::GET, "connectors/eventstreams/config", ""),
    (Method::PUT, "connectors/eventstreams/pause", ""),
    (Method::PUT, "connectors/eventstreams/stop", ""),
    (Method::POST, "connectors/eventstreams/restart", ""),
    (Method::DELETE, "connectors/eventstreams", ""),
    (
        Method::PUT,
        "connectors/eventstreams/config",
        r#"{"url": "http://attacker.example/"}"#,
    ),
    (
        Method::POST,
        "connectors",
        r#"{"name": "other", "config": {"connector.class": "x"}}"#,
    ),
    (Method::GET, "admin/loggers", ""),
    (Method::GET, "health", ""),
];

/// Status and headers of an answer.
fn ask(request: reqwest::RequestBuilder) -> (StatusCode, reqwest::header::HeaderMap) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let answer = runtime.block_on(request.send()).expect("an answer");
    (answer.status(), answer.headers().clone())
}

fn client() -> reqwest::Client {
    wikisentry_http::client_builder().build().expect("a client")
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn who_has_no_password_gets_nothing_from_the_published_ports() {
    let mut layer = Fixture::new("neighbours", 91);
    layer.serve(&["--rate", "60"]);
    layer.up();
    the_worker_obeys_nobody(&layer);
    the_object_store_obeys_nobody(&layer);
    kafka_takes_no_http(&layer);
    // The password is for the owner alone, in the container as well.
    let listed = docker(&[
        "exec",
        &layer.container("connect"),
        "sh",
        "-c",
        "stat --format '%a %n' /tmp/connect.*; tr '\\0' '\\n' < /proc/1/cmdline",
    ]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(listed.matches("600 /tmp/connect.").count(), 3, "{listed}");
    let (_, password) = layer.administrator("connect");
    assert!(!listed.contains(&password), "{listed}");
}

/// It refuses every request without the password, by whatever name it is asked; and is as before.
fn the_worker_obeys_nobody(layer: &Fixture) {
    let worker = layer.published("CONNECT__PORT");
    let as_a_page = |method: &Method, path: &str, body: &'static str| {
        client()
            .request(method.clone(), format!("http://{worker}/{path}"))
            // What a page of another site can send without being asked first.
            .header("Host", "attacker.example")
            .header("Origin", "http://attacker.example")
            .header("Content-Type", "text/plain")
            .body(body)
    };
    for (method, path, body) in &OF_CONNECT {
        let (status, headers) = ask(as_a_page(method, path, body));
        // A body of a kind that no method there takes is refused before the password is looked at.
        let refused = [StatusCode::UNAUTHORIZED, StatusCode::UNSUPPORTED_MEDIA_TYPE];
        assert!(refused.contains(&status), "{method} {path}: {status}");
        assert!(!headers.contains_key("access-control-allow-origin"));
        // As only a program can ask, whom the browser does not hold back.
        for password in [None, Some("wrong-one")] {
            let url = format!("http://{worker}/{path}");
            let asked = client().request(method.clone(), url).body(*body);
            let asked = asked.header("Content-Type", "application/json");
            let asked = match password {
                Some(password) => asked.basic_auth("wikisentry", Some(password)),
                None => asked,
            };
            assert_eq!(ask(asked).0, StatusCode::UNAUTHORIZED, "{method} {path}");
        }
    }
    // Workers ask each other without the password; these requests are signed instead.
    for (method, path, body) in [
        (Method::POST, "connectors/eventstreams/tasks", "[]"),
        (Method::PUT, "connectors/eventstreams/fence", ""),
    ] {
        let unsigned = as_a_page(&method, path, body).header("Content-Type", "application/json");
        let (status, _) = ask(unsigned);
        assert!(status.is_client_error(), "{method} {path}: {status}");
    }
    let plan: Value =
        serde_json::from_str(&layer.ok(&["plan", "--output", "json"])).expect("the plan");
    assert_eq!(plan["settled"], true, "{plan}");
}

/// Neither its data nor its figures nor its console, not even the names of buckets.
fn the_object_store_obeys_nobody(layer: &Fixture) {
    let store = layer.published("MINIO__PORT");
    let console = layer.published("MINIO__CONSOLE_PORT");
    for (method, url) in [
        (Method::GET, format!("http://{store}/")),
        (
            Method::GET,
            format!("http://{store}/wikisentry/?list-type=2"),
        ),
        (Method::PUT, format!("http://{store}/wikisentry/models/x")),
        (Method::DELETE, format!("http://{store}/wikisentry")),
        (
            Method::GET,
            format!("http://{store}/minio/v2/metrics/cluster"),
        ),
        (Method::GET, format!("http://{store}/minio/admin/v3/info")),
        (Method::GET, format!("http://{console}/api/v1/buckets")),
    ] {
        let request = client().request(method.clone(), &url);
        let (status, _) = ask(request.header("Origin", "http://attacker.example"));
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {url}");
    }
    // A page of another site does not act with the session of somebody who has logged in.
    let (user, password) = layer.administrator("minio");
    let login = client().post(format!("http://{console}/api/v1/login"));
    let keys = serde_json::json!({"accessKey": user, "secretKey": password});
    let (status, headers) = ask(login.json(&keys));
    assert!(status.is_success(), "{status}");
    let cookie = headers["set-cookie"].to_str().expect("text");
    assert!(
        cookie.contains("SameSite=Lax") && cookie.contains("HttpOnly"),
        "{cookie}"
    );
}

/// What a browser sends is no request of Kafka's: the broker hangs up.
fn kafka_takes_no_http(layer: &Fixture) {
    let mut broker = TcpStream::connect(layer.published("KAFKA__PORT")).expect("a connection");
    broker
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a time limit");
    let request = "POST / HTTP/1.1\r\nHost: attacker.example\r\nContent-Length: 0\r\n\r\n";
    broker.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    // Hung up on, with or without a reset.
    match broker.read_to_end(&mut answer) {
        Ok(read) => assert_eq!(read, 0),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
}
