//! A component more: the program of `examples/toy` differs from `wikisentry` in one folder and one
//! line, and has it in every command. The profile is given once, as a flag, and remembered.

use crate::fixture::{Fixture, docker};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// Builds the example and answers where it is.
fn program() -> PathBuf {
    // As all tests are built, so that nothing is compiled twice.
    let build = ["build", "--workspace", "--locked", "--example", "toy"];
    let built = Command::new(env!("CARGO"))
        .args(build)
        .arg("--message-format=json")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    let messages = String::from_utf8_lossy(&built.stdout).into_owned();
    let mut messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let message = messages.find(|message| message["target"]["name"] == "toy");
    let path = message.expect("it was built")["executable"].clone();
    path.as_str().expect("a path").into()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn named<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    let list = list.as_array().expect("a list");
    let found = list.iter().find(|one| one[key] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {list:?}"))
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn a_component_is_a_folder_and_a_line_and_every_command_knows_it() {
    let mut layer = Fixture::of_program("toy", 89, program());
    layer.serve(&["--rate", "20"]);
    let profile = ["--profile", "k3d"];

    let plan = json(&layer.ok(&[&["plan", "--output", "json"][..], &profile].concat()));
    let container = layer.container("toy");
    let stages = plan["stages"].as_array().expect("stages");
    let changes = |stage: &str| {
        let found = stages.iter().find(|one| one["stage"] == stage);
        found.expect(stage)["changes"].clone()
    };
    let change = changes("data-layer");
    let change = named(&change, "name", &container);
    assert_eq!(
        (&change["verb"], &change["memory_bytes"]),
        (&"create".into(), &(32 << 20).into())
    );
    let images = changes("images").to_string();
    assert!(images.contains("wikisentry/toy:"), "{images}");
    let rows = &plan["budget"]["rows"];
    let memory = named(rows, "resource", "memory");
    assert!(
        memory["what"]
            .as_str()
            .expect("words")
            .contains("toy 32 MiB")
    );
    assert_eq!(named(rows, "what", "toy")["needed"], 9099);

    let flags = ["--until", "data-layer", "--timeout", "120"];
    layer.ok(&[&["up"][..], &flags, &profile].concat());
    // From here on nobody names the profile.
    let status = json(&layer.ok(&["status", "--output", "json"]));
    assert_eq!(
        (&status["profile"], &status["schema"]),
        (&"k3d".into(), &2.into())
    );
    assert_eq!(
        named(&status["components"], "name", "toy")["state"],
        "healthy"
    );
    let lines = layer.ok(&["logs", "toy", "-n", "3"]);
    assert!(lines.contains("the toy is at work"), "{lines}");
    let endpoints = json(&layer.ok(&["endpoints", "--output", "json"]));
    assert_eq!(endpoints["endpoints"]["toy"], "http://127.0.0.1:9099");
    assert!(layer.ok(&["config", "show"]).contains("toy.memory_mib"));
    layer.ok(&["models", "list"]);
    layer.wait_for(1);

    layer.ok(&["down"]);
    assert!(!layer.things().contains(&container));
    let output = layer.run(&["status", "--output", "json"]);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        json(&String::from_utf8_lossy(&output.stdout))["profile"],
        "k3d"
    );
    // Without `--until` it would go on to the cluster, which other tests bring up.
    layer.ok(&[&["up"][..], &flags].concat());
    assert!(layer.things().contains(&container));

    layer.ok(&["down", "--purge", "--yes"]);
    assert_eq!(layer.things(), Vec::<String>::new());
    docker(&["image", "rm", "wikisentry/toy:local"]);
}
