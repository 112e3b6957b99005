//! The whole profile k3d with a real cluster: Flink and serving give what the embedded profile gives
//! for the same recording, whatever is killed meanwhile, and nothing is left in the end.

mod equal;
mod foreign;
mod kills;
mod lake;
mod promotion;
mod release;

use crate::fixture::{Fixture, PATIENCE, docker};
use equal::{ALERTS, Embedded, alerts, classified};
use serde_json::Value;
use std::process::Command;
use std::time::{Duration, Instant};

/// The answer of `POST /predict` to an event.
fn predicted(base: &str, event: &str) -> Value {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--max-time", "20"])
        .args([
            "--header",
            "Content-Type: application/json",
            "--data-binary",
            event,
        ])
        .arg(format!("{base}/predict"));
    let output = curl.output().expect("curl");
    let answer = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

fn status(layer: &Fixture) -> Value {
    let output = layer.run(&["status", "--output", "json"]);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Waits until nothing is wrong.
fn healthy(layer: &Fixture) -> Value {
    let begun = Instant::now();
    loop {
        let status = status(layer);
        if status["health"] == "healthy" {
            return status;
        }
        assert!(begun.elapsed() < PATIENCE, "{:#}", status["problems"]);
        std::thread::sleep(Duration::from_secs(2));
    }
}

fn component<'a>(status: &'a Value, name: &str) -> &'a Value {
    let all = status["components"].as_array().expect("components");
    let found = all.iter().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {all:?}"))
}

#[test]
#[ignore = "needs a Docker engine and k3d: CLUSTER_TESTS=1 scripts/test.sh"]
fn the_cluster_makes_of_a_recording_what_the_embedded_profile_makes_of_it() {
    let embedded = Embedded::start();
    let expected = embedded.classified();
    let mut layer = Fixture::with_cluster("cluster", 94);
    let node = format!("k3d-{}-server-0", layer.project);
    // Nothing serves edits yet, so that all of them come while parts are killed.
    let mut random = kills::chance();
    kills::start_with_interruptions(&layer, &mut random);
    layer.serve(&["--rate", "25"]);
    layer.ok(&["up", "--timeout", "120"]);
    kills::kill_each(&layer, &node, &mut random);

    let found = classified(&layer);
    for (id, edit) in &expected {
        assert_eq!(found.get(id), Some(edit), "{id}");
    }
    assert_eq!(found.len(), expected.len());

    let shown = healthy(&layer);
    for name in ["flink-jobmanager", "flink-taskmanager", "serving"] {
        let one = component(&shown, name);
        assert_eq!(one["is_ready"], true, "{one}");
        assert!(
            one["memory_limit_bytes"].as_u64() > Some(100 << 20),
            "{one}"
        );
    }
    let flink = component(&shown, "flink-jobmanager");
    assert_eq!(flink["job"]["state"], "running");
    assert_eq!(flink["model"]["version"], 1);

    let raw = layer.ok(&["tail", "edits.anonymous", "--max", "1", "--output", "json"]);
    let serving = format!("http://{}", layer.published("SERVING__PORT"));
    let (here, there) = (predicted(&serving, &raw), predicted(&embedded.api(), &raw));
    assert!(here["score"].is_number(), "{here}");
    assert_eq!(here, there);

    lake::assert_equal(&layer, &embedded, expected.len());
    assert_eq!(alerts(&layer.ok(&ALERTS)), alerts(&embedded.ok(&ALERTS)));

    // An edit of the lake, by its number, and the same from the embedded lake.
    let edit = found.values().find(|edit| edit["score"].is_number());
    let edit = edit.expect("one with a score");
    let revision = format!(
        "{}:{}",
        edit["wiki"].as_str().expect("a wiki"),
        edit["rev_id"]
    );
    let begun = Instant::now();
    let explained = loop {
        let output = layer.run(&["explain", &revision, "--output", "json"]);
        if output.status.success() {
            break String::from_utf8(output.stdout).expect("UTF-8");
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(begun.elapsed() < PATIENCE, "{said}");
        std::thread::sleep(Duration::from_secs(1));
    };
    let explained: Value = serde_json::from_str(&explained).expect("JSON");
    assert_eq!(explained["score"], edit["score"]);

    // Everything stops and comes back.
    layer.ok(&["down"]);
    layer.ok(&["up", "--timeout", "0"]);
    healthy(&layer);
    assert_eq!(
        classified(&layer),
        found,
        "nothing came twice, nothing went"
    );
    let again = layer.ok(&["plan", "--output", "json"]);
    let again: Value = serde_json::from_str(&again).expect("JSON");
    for stage in again["stages"].as_array().expect("stages") {
        for change in stage["changes"].as_array().expect("changes") {
            assert_eq!(change["verb"], "keep", "{change}");
        }
    }

    promotion::promote_and_roll_back(&mut layer, &embedded, &raw);

    layer.ok(&["down", "--purge", "--yes"]);
    assert_eq!(layer.things(), Vec::<String>::new());
    let left = docker(&["ps", "--all", "--format", "{{.Names}}"]);
    let left = String::from_utf8_lossy(&left.stdout).into_owned();
    assert!(!left.contains(&node), "{left}");
}
