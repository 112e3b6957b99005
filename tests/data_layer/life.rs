//! From nothing to edits in topics, a change of settings, and away again.

use crate::fixture::{Fixture, docker};
use serde_json::Value;
use wikisentry_replay::ReplaySource;

/// Edits of the sample: each id once, as the embedded platform keeps them.
pub const SAMPLE_EDITS: usize = 4_068;

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn it_comes_up_holds_every_edit_once_and_goes_away_without_trace() {
    assert_eq!(ReplaySource::sample().unwrap().lines().count(), 4_231);
    let mut layer = Fixture::new("life", 81);
    layer.serve(&["--rate", "max"]);

    let plan: Value = serde_json::from_str(&layer.ok(&["plan", "--output", "json"])).unwrap();
    assert_eq!(plan["settled"], false);
    layer.up();
    let plan: Value = serde_json::from_str(&layer.ok(&["plan", "--output", "json"])).unwrap();
    assert_eq!(plan["settled"], true, "{plan}");

    let edits = layer.wait_for(SAMPLE_EDITS);
    assert_eq!(edits.len(), SAMPLE_EDITS);
    assert!(edits.values().all(|count| *count == 1));
    assert_eq!(layer.ids("edits.anonymous").len(), 39);
    assert_eq!(layer.ids("edits.registered").len(), 979);
    filters_hold(&layer);

    // Again it has nothing to do; another limit replaces that one container.
    let started = |service: &str| {
        let asked = docker(&[
            "inspect",
            "--format",
            "{{.Id}} {{.HostConfig.Memory}}",
            &layer.container(service),
        ]);
        String::from_utf8(asked.stdout).unwrap()
    };
    let before = ["kafka", "connect", "minio"].map(started);
    layer.ok(&[
        "up",
        "--until",
        "data-layer",
        "--timeout",
        "0",
        "--set",
        "minio.memory_mib=400",
    ]);
    let after = ["kafka", "connect", "minio"].map(started);
    assert_eq!(before[..2], after[..2]);
    assert_ne!(before[2], after[2]);
    assert!(after[2].trim().ends_with(&(400 << 20).to_string()));

    // Down keeps what came, up finds it.
    layer.ok(&["down"]);
    let kept = layer.things();
    assert!(kept.iter().all(|name| name.ends_with("-data")), "{kept:?}");
    assert_eq!(layer.run(&["status"]).status.code(), Some(4));
    let plan: Value = serde_json::from_str(&layer.ok(&["plan", "--output", "json"])).unwrap();
    assert_eq!(plan["settled"], false, "{plan}");
    layer.ok(&["up", "--until", "data-layer", "--timeout", "0"]);
    assert_eq!(layer.edits(), edits);

    layer.ok(&["down", "--purge", "--yes"]);
    assert_eq!(layer.things(), Vec::<String>::new());
}

/// Records are taken by what they say, also where Kafka hands out all of them.
fn filters_hold(layer: &Fixture) {
    let tail = |flags: &[&str]| {
        let command = [&["tail", "edits.registered", "--output", "json"], flags].concat();
        let lines = layer.ok(&command);
        let events = lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        events.collect::<Vec<Value>>()
    };
    let all = tail(&["--from", "beginning"]);
    let wiki = all[0]["wiki"].as_str().expect("a wiki");
    let of_wiki: Vec<&Value> = all.iter().filter(|event| event["wiki"] == wiki).collect();
    assert!((3..all.len()).contains(&of_wiki.len()), "{wiki}");
    let kept = tail(&["--from", "beginning", "--wiki", wiki]);
    assert_eq!(kept.iter().collect::<Vec<_>>(), of_wiki);
    let last = tail(&["-n", "2", "--wiki", wiki]);
    assert_eq!(
        last.iter().collect::<Vec<_>>(),
        of_wiki[of_wiki.len() - 2..]
    );
    assert!(tail(&["--since", "1h"]).is_empty(), "of years before");
    let refused = layer.run(&["tail", "edits.registered", "--min-score", "0.5"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn what_is_in_the_way_is_named_and_left_alone() {
    let mut layer = Fixture::new("refusal", 82);
    layer.serve(&["--rate", "1"]);
    // A port that another process has, a host that is too small.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = layer.run(&[
        "up",
        "--until",
        "data-layer",
        "--set",
        &format!("minio.port={port}"),
        "--set",
        "kafka.memory_mib=90000000",
    ]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    for part in [
        &port.to_string(),
        "minio.port",
        "memory",
        "--size small",
        "--force",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let containers = layer.things();
    assert!(containers.is_empty(), "{containers:?}");
    // Nothing was started, so later commands have nothing to act on.
    assert!(!layer.state().join("run/platform.json").exists());

    let name = layer.container("kafka");
    let made = docker(&["create", "--name", &name, "debian:bookworm-slim", "true"]);
    assert!(made.status.success());
    let output = layer.run(&["up", "--until", "data-layer"]);
    let there = docker(&["rm", &name]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains(&name) && said.contains("docker rename"),
        "{said}"
    );
    assert!(there.status.success(), "the other container was removed");

    let output = layer.run(&[
        "up",
        "--until",
        "data-layer",
        "--set",
        "source.url=http://127.0.0.1:9/v2/stream",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("host.docker.internal"));
}
