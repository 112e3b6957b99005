//! The HTTP API of a running platform: answers, errors, and the records of topics.

use crate::support::{Home, terminate};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Child;
use wikisentry_lake::registry::Registry;
use wikisentry_replay::ReplaySource;

const JSON: &str = "application/json";

/// A platform that has read the sample, and a client of it.
pub struct Api {
    pub home: Home,
    up: Child,
    pub base: String,
    runtime: tokio::runtime::Runtime,
    pub client: reqwest::Client,
}

impl Api {
    pub fn start() -> Self {
        let home = Home::new();
        let up = home.spawn_up(&["--replay", "sample"]);
        let status = home.wait_for("the sample", |status| status["archived"] == 4_068);
        let base = status["process"]["api"]
            .as_str()
            .expect("an address")
            .to_owned();
        // A kept connection may be closed by the server just when the next request goes out.
        let client = wikisentry_http::client_builder()
            .pool_max_idle_per_host(0)
            .build()
            .expect("a client");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        Self {
            home,
            up,
            base,
            runtime,
            client,
        }
    }

    pub fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let request = self.client.post(format!("{}{path}", self.base)).body(body);
        let (status, text) = self.send(request.header("Content-Type", JSON));
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }

    /// The server answers before it has read such a body, and closes; whether the answer or the
    /// closed connection is seen first is chance, so it is asked until the answer came.
    fn refuses_a_large_body(&self) {
        let body = vec![b' '; 1_048_577];
        let ask = || {
            self.client
                .post(format!("{}/predict", self.base))
                .header("Content-Type", JSON)
                .body(body.clone())
                .send()
        };
        let answered = (0..50).find_map(|_| self.runtime.block_on(ask()).ok());
        let answer = answered.expect("an answer in 50 attempts");
        assert_eq!(answer.status().as_u16(), 413);
        let text = self.runtime.block_on(answer.text()).expect("text");
        assert!(text.contains("\"error\""), "{text}");
    }

    /// Neither under a stranger's name, nor from a stranger's page, nor as a page could send it.
    fn refuses_strangers(&self, event: &str) {
        let ask = |header: &str, value: &str| {
            let request = self.client.post(format!("{}/predict", self.base));
            let request = request.body(event.to_owned()).header(header, value);
            let (status, text) = self.send(match header {
                "Content-Type" => request,
                _ => request.header("Content-Type", JSON),
            });
            assert!(text.contains("\"help\"") || status == 200, "{text}");
            status
        };
        assert_eq!(ask("Host", "evil.example:8000"), 421);
        assert_eq!(ask("Origin", "https://evil.example"), 403);
        assert_eq!(ask("Content-Type", "text/plain"), 415);
        assert_eq!(ask("Content-Type", "application/json; charset=utf-8"), 200);
        assert_eq!(ask("Content-Encoding", "br"), 415);
        assert_eq!(ask("Content-Encoding", "Identity"), 200);
        assert_eq!(ask("Host", "localhost:8000"), 200);
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        let (status, _, text) = self.get_typed(path);
        (status, text)
    }

    /// Ends the platform, which must succeed.
    pub fn stop(&mut self) {
        assert!(terminate(&mut self.up).success(), "{}", self.home.log());
    }

    /// The same with the content type.
    pub fn get_typed(&self, path: &str) -> (u16, String, String) {
        self.send_typed(self.client.get(format!("{}{path}", self.base)))
    }

    pub fn send(&self, request: reqwest::RequestBuilder) -> (u16, String) {
        let (status, _, text) = self.send_typed(request);
        (status, text)
    }

    fn send_typed(&self, request: reqwest::RequestBuilder) -> (u16, String, String) {
        self.runtime.block_on(async {
            let answer = request.send().await.expect("an answer");
            let status = answer.status().as_u16();
            let kind = answer.headers().get("Content-Type");
            let kind = kind.map(|kind| kind.to_str().expect("ASCII").to_owned());
            let text = answer.text().await.expect("text");
            (status, kind.unwrap_or_default(), text)
        })
    }
}

pub fn sample_lines(count: usize) -> Vec<String> {
    let sample = ReplaySource::sample().expect("the sample");
    let line = |line: &[u8]| String::from_utf8(line.to_vec()).expect("UTF-8");
    sample.lines().take(count).map(line).collect()
}

#[test]
fn the_api_answers_and_refuses_as_its_contract_says() {
    let mut api = Api::start();
    let lines = sample_lines(3);

    // One event, several, and what `predict` says of the same.
    let file = api.home.dir.path().join("events.jsonl");
    std::fs::write(&file, lines.join("\n")).expect("written");
    let predicted = api.home.ok(&["predict", file.to_str().expect("UTF-8")]);
    let predicted: Vec<Value> = predicted
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(
        api.post("/predict", lines[0].clone()),
        (200, predicted[0].clone())
    );
    let all = format!("[{}]", lines.join(","));
    assert_eq!(api.post("/predict", all), (200, json!(predicted)));

    // What cannot be answered.
    let log_event = r#"{"meta":{"id":"x","dt":"2026-01-01T00:00:00Z"},"type":"log"}"#;
    let wrong_type = r#"{"meta":{"id":"x"},"type":"edit","title":7}"#;
    for (body, code, says) in [
        ("", 400, "empty"),
        ("   ", 400, "empty"),
        ("[1,", 400, "not a JSON array"),
        ("{", 422, "not JSON"),
        (log_event, 422, "not an edit"),
        (wrong_type, 422, "wiki"),
    ] {
        let (status, answer) = api.post("/predict", body);
        assert_eq!(status, code, "{body}: {answer}");
        assert!(
            answer["error"].as_str().expect("an error").contains(says),
            "{body}: {answer}"
        );
        assert!(answer["help"].is_string(), "{answer}");
    }
    let (status, answers) = api.post("/predict", format!("[{log_event},{}]", lines[0]));
    assert_eq!(status, 200);
    assert!(answers[0]["error"].is_string(), "{answers}");
    assert_eq!(answers[1], predicted[0]);
    api.refuses_a_large_body();
    let many = vec!["1"; 1_001].join(",");
    let (status, answer) = api.post("/predict", format!("[{many}]"));
    assert_eq!(status, 413, "{answer}");
    api.refuses_strangers(&lines[0]);
    assert_eq!(api.get("/predict").0, 405);
    assert_eq!(api.get("/nothing").0, 404);

    // Health, status and metrics.
    assert_eq!(api.get("/health/live").0, 200);
    assert_eq!(api.get("/health/ready").0, 200);
    let status: Value = serde_json::from_str(&api.get("/v1/status").1).expect("JSON");
    assert_eq!(status["received"], 4_231);
    let metrics = api.get("/metrics").1;
    assert!(
        metrics.contains("\nwikisentry_edits_archived_total 4068\n"),
        "{metrics}"
    );
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let value = line.rsplit(' ').next().expect("a value");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }

    // Topics.
    let records = api.get("/v1/topics/edits.anonymous?from=beginning").1;
    assert_eq!(records.lines().count(), 39);
    let first: Value = serde_json::from_str(records.lines().next().expect("one")).expect("JSON");
    assert_eq!(first["offset"], 0);
    assert_eq!(
        api.get("/v1/topics/edits.anonymous?from=2")
            .1
            .lines()
            .count(),
        2
    );
    assert_eq!(
        api.get("/v1/topics/edits.anonymous?from=beginning&max=5")
            .1
            .lines()
            .count(),
        5
    );
    assert_eq!(api.get("/v1/topics/edits.anonymous?from=yesterday").0, 400);
    assert_eq!(api.get("/v1/topics/nothing").0, 404);

    api.stop();
}

#[test]
fn streams_beyond_the_cap_are_refused_and_hold_up_nothing_else() {
    let mut api = Api::start();
    let url = format!(
        "{}/v1/topics/edits.classified?from=beginning&follow=true",
        api.base
    );
    // Six hundred readers that take their answer's head and nothing of its body.
    let streams: Vec<reqwest::Response> = api.runtime.block_on(async {
        let mut answers = Vec::new();
        for _ in 0..600 {
            answers.push(api.client.get(&url).send().await.expect("an answer"));
        }
        answers
    });
    let refused = |stream: &reqwest::Response| stream.status() == 503;
    let open = streams
        .iter()
        .filter(|stream| stream.status() == 200)
        .count();
    assert_eq!(open, 64);
    assert_eq!(streams.iter().filter(|stream| refused(stream)).count(), 536);

    let begun = std::time::Instant::now();
    assert_eq!(api.get("/health/ready").0, 200);
    assert_eq!(api.get("/v1/status").0, 200);
    assert!(begun.elapsed().as_secs() < 5);
    // Promotions are followed.
    let version = crate::learning::crown_a_stump(&Registry::open(
        &api.home.state().join("models"),
        "edit-risk",
    ));
    api.home.wait_for("the new champion", |status| {
        status["model"]["version"] == format!("edit-risk/{version}")
    });
    let said = api.home.run(&["tail", "edits.classified", "--follow"]);
    assert!(!said.status.success());
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("64 streams of topics"), "{said}");

    // Who leaves makes room.
    drop(streams);
    let begun = std::time::Instant::now();
    while api.get("/v1/topics/edits.classified?from=1").0 != 200 {
        assert!(begun.elapsed().as_secs() < 60, "no stream was given back");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let streams: Vec<_> = (0..64)
        .map(|_| {
            api.runtime
                .block_on(api.client.get(&url).send())
                .expect("an answer")
        })
        .collect();
    let begun = std::time::Instant::now();
    assert!(terminate(&mut api.up).success(), "{}", api.home.log());
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    drop(streams);
}

/// Connections that say nothing, or begin a request and do not end it.
fn connections(base: &str, count: usize, says: &str) -> Vec<TcpStream> {
    let address = base.strip_prefix("http://").expect("an address");
    let connect = |_| {
        let mut stream = TcpStream::connect(address).expect("connected");
        stream.write_all(says.as_bytes()).expect("sent");
        stream
    };
    (0..count).map(connect).collect()
}

#[test]
fn connections_that_ask_nothing_hold_up_neither_the_feed_nor_others() {
    let home = Home::new();
    // It takes some seconds, in which connections come and stay.
    let mut up = home.spawn_up(&["--replay", "sample", "--rate", "1000"]);
    let status = home.wait_for("the API", |status| status["process"]["api"].is_string());
    let base = status["process"]["api"].as_str().expect("an address");
    let idle = connections(base, 150, "");
    let slow = connections(base, 150, "GET /v1/status HTTP/1.1\r\nHost: ");
    assert!(home.status().is_some());
    home.wait_for("the sample", |status| status["archived"] == 4_068);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", up.id())).expect("limits");
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let files: Vec<&str> = files.expect("a limit").split_whitespace().collect();
    let numbers = [files[3], files[4]].map(|limit| limit.parse().unwrap_or(u64::MAX));
    assert!(numbers[0] >= numbers[1].min(65_536), "{limits}");
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", up.id())).expect("descriptors");
    assert!(descriptors.count() < 500);
    drop((idle, slow));
    assert!(terminate(&mut up).success(), "{}", home.log());
}

#[test]
fn predictions_beyond_the_cap_are_refused_and_slow_ones_ended() {
    let mut api = Api::start();
    let begun = "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
                 Content-Length: 100\r\n\r\n{";
    let slow = connections(&api.base, 64, begun);
    let event = &sample_lines(1)[0];
    let ask = || {
        let request = api.client.post(format!("{}/predict", api.base));
        let request = request.header("Content-Type", JSON).body(event.clone());
        api.runtime.block_on(request.send()).expect("an answer")
    };
    // All of them were read once one more is refused.
    let deadline = std::time::Instant::now() + crate::support::PATIENCE;
    let refused = loop {
        let answer = ask();
        if answer.status() == 503 {
            break answer;
        }
        assert!(std::time::Instant::now() < deadline, "none was refused");
    };
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(api.get("/health/ready").0, 200);
    assert_eq!(api.get("/v1/status").0, 200);
    // Their time ends, and so do they.
    for mut stream in slow {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("read to its end");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    assert_eq!(ask().status(), 200);
    assert!(terminate(&mut api.up).success(), "{}", api.home.log());
}
