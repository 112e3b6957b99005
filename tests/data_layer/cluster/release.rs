//! A changed setting of the job is a release: it begins from a savepoint of the one before, loses and
//! doubles nothing, and where it does not run the one before does again.

use super::equal::{ALL, made};
use super::{component, healthy};
use crate::fixture::{Fixture, PATIENCE, docker};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
#[ignore = "needs a Docker engine and k3d: CLUSTER_TESTS=all scripts/test.sh"]
fn a_release_goes_on_from_a_savepoint_and_goes_back_where_it_does_not_run() {
    let mut layer = Fixture::with_cluster("release", 97);
    let node = format!("k3d-{}-server-0", layer.project);
    layer.serve(&["--rate", "100", "--repeat", "1000"]);
    layer.ok(&["up", "--timeout", "300"]);
    assert_eq!(Release::of(&node), Release::new("1", false));

    layer.set("FLINK__DEDUPE_WINDOW", "2h");
    layer.ok(&["up", "--timeout", "120"]);
    assert_eq!(Release::of(&node), Release::new("2", true));
    let shown = healthy(&layer);
    let job = &component(&shown, "flink-jobmanager")["job"];
    assert_eq!(job["state"], "running", "{job}");

    // Pods of the next one find no node, until the way back is gone.
    kubectl(&node, &["cordon", &node]);
    layer.set("DOCKER__DEADLINE", "2m");
    layer.set("FLINK__DEDUPE_WINDOW", "3h");
    let mut up = layer.command(&["up", "--timeout", "120"]);
    let mut up = up.stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut said = String::new();
    for line in BufReader::new(up.stderr.take().expect("its errors")).lines() {
        let line = line.expect("a line");
        if line.contains("go back to the release before") {
            kubectl(&node, &["uncordon", &node]);
        }
        said += &format!("{line}\n");
    }
    assert!(!up.wait().expect("it ends").success(), "{said}");
    assert!(said.contains("the one before does again"), "{said}");
    assert!(said.contains("unschedulable"), "{said}");
    assert_eq!(Release::of(&node), Release::new("4", true), "{said}");

    // What is asked for was not brought, and the next `up` brings it.
    healthy(&layer);
    layer.set("DOCKER__DEADLINE", "10m");
    layer.ok(&["up", "--timeout", "120"]);
    assert_eq!(Release::of(&node), Release::new("5", true));

    layer.stop_serving();
    assert_eq!(classified(&layer), layer.edits().into_keys().collect());
    layer.ok(&["down", "--purge", "--yes"]);
}

/// The ids of all classified edits, each of which is there once, when as many came as were received.
fn classified(layer: &Fixture) -> BTreeSet<String> {
    let begun = Instant::now();
    loop {
        let found = made(&layer.ok(&[&["tail"], &ALL[..]].concat()));
        let wanted = layer.edits();
        if found.len() >= wanted.len() {
            return found.into_keys().collect();
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{} of {} edits",
            found.len(),
            wanted.len()
        );
        std::thread::sleep(Duration::from_secs(2));
    }
}

/// What the cluster keeps of a release.
#[derive(Debug, PartialEq)]
struct Release {
    number: String,
    has_savepoint: bool,
}

impl Release {
    fn new(number: &str, has_savepoint: bool) -> Self {
        let number = number.to_owned();
        Self {
            number,
            has_savepoint,
        }
    }

    fn of(node: &str) -> Self {
        let kept = kubectl(node, &["get", "configmap", "flink-release", "-o", "json"]);
        let kept: Value = serde_json::from_str(&kept).expect("JSON");
        let text = |key: &str| kept["data"][key].as_str().expect("a text").to_owned();
        Self {
            number: text("number"),
            has_savepoint: text("savepoint").starts_with("s3://"),
        }
    }
}

fn kubectl(node: &str, arguments: &[&str]) -> String {
    let own = ["exec", node, "kubectl", "--namespace", "wikisentry"];
    let output = docker(&[&own[..], arguments].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}
