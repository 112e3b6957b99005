//! What the data layer needs is away for a while: the broker, room on a volume, the right
//! password, the engine, an image. Each is named, and nothing is lost or doubled.

use crate::engine_proxy::EngineProxy;
use crate::fixture::{Fixture, PATIENCE, docker};
use crate::life::SAMPLE_EDITS;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::process::Output;
use std::time::{Duration, Instant};

/// Longer than Kafka's producers keep a record, and than a transaction may take.
const OUTAGE: Duration = Duration::from_secs(120);

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn assert_once(layer: &Fixture) {
    let edits = layer.wait_for(SAMPLE_EDITS);
    let doubled: Vec<_> = edits.iter().filter(|(_, count)| **count != 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    assert_eq!(edits.len(), SAMPLE_EDITS);
}

/// Asks until `status` says it; its exit code and what it says.
pub fn wait_for_status(layer: &Fixture, wanted: impl Fn(&str) -> bool) -> Output {
    let begun = Instant::now();
    loop {
        let output = layer.run(&["status"]);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        if wanted(&shown) {
            return output;
        }
        assert!(begun.elapsed() < PATIENCE, "{shown}");
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn a_broker_that_is_away_for_two_minutes_costs_nothing() {
    let mut layer = Fixture::new("broker", 84);
    layer.serve(&["--rate", "50"]);
    layer.up();
    let kafka = layer.container("kafka");
    docker(&["kill", "--signal", "KILL", &kafka]);
    let stopped = Instant::now();
    let output = wait_for_status(&layer, |shown| shown.contains("kafka"));
    assert_eq!(output.status.code(), Some(5));
    let output = layer.run(&["tail", "edits.registered", "--max", "1"]);
    assert_eq!(output.status.code(), Some(4));
    let shown = said(&output);
    assert!(
        shown.contains("Kafka does not answer") && shown.contains("wikisentry up"),
        "{shown}"
    );
    std::thread::sleep(OUTAGE.saturating_sub(stopped.elapsed()));
    // What the program itself says to do.
    layer.up();
    assert_once(&layer);
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn a_full_volume_is_named_and_the_stream_goes_on_when_there_is_room() {
    let mut layer = Fixture::new("full", 85);
    let volume = SmallVolume::new(&layer, "kafka-data");
    layer.serve(&["--rate", "30"]);
    layer.up();
    volume.fill();
    let output = wait_for_status(&layer, |shown| shown.contains("kafka: its disk is full"));
    assert_eq!(output.status.code(), Some(5));
    volume.make_room();
    layer.up();
    assert_once(&layer);
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn other_credentials_than_the_stores_are_named_and_up_sets_them_right() {
    let mut layer = Fixture::new("credentials", 86);
    layer.serve(&["--rate", "max"]);
    layer.up();
    let file = layer.state().join("data-layer/credentials.json");
    std::fs::remove_file(&file).expect("it is there");
    // New ones are made, which the store does not know.
    let output = layer.run(&["plan", "--output", "json"]);
    let plan: Value = serde_json::from_slice(&output.stdout).expect("a plan");
    assert_eq!(plan["settled"], false);
    // The recording has ended: no new edit comes.
    layer.ok(&["up", "--until", "data-layer", "--timeout", "0"]);
    let plan: Value = serde_json::from_str(&layer.ok(&["plan", "--output", "json"])).expect("one");
    assert_eq!(plan["settled"], true, "{plan}");
    assert_once(&layer);
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn an_engine_that_goes_away_during_up_is_named_and_up_goes_on_from_there() {
    let seed = std::env::var("FAULT_SEED").ok();
    let seed = seed.map_or_else(rand::random, |text| text.parse().expect("a number"));
    println!("FAULT_SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut layer = Fixture::new("engine", 87);
    layer.serve(&["--rate", "max"]);
    for _ in 0..4 {
        let proxy = EngineProxy::start();
        let mut up = layer.command(&["up", "--until", "data-layer"]);
        up.env("DOCKER_HOST", proxy.address());
        let up = up
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the program runs");
        let moment = Duration::from_millis(random.random_range(1..6_000));
        std::thread::sleep(moment);
        proxy.cut();
        let output = up.wait_with_output().expect("it ends");
        let shown = said(&output);
        match output.status.code() {
            // It was done with the engine before that.
            Some(0) => {}
            Some(3) => assert!(shown.contains("Docker"), "after {moment:?}: {shown}"),
            other => panic!("after {moment:?}: {other:?}: {shown}"),
        }
    }
    layer.up();
    assert_once(&layer);
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn an_image_that_cannot_be_had_is_named_before_anything_starts() {
    let mut layer = Fixture::new("image", 88);
    layer.serve(&["--rate", "max"]);
    let image = "images.minio.ref=registry.invalid/minio:1";
    let output = layer.run(&["up", "--until", "data-layer", "--set", image]);
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(3), "{shown}");
    for part in ["registry.invalid/minio:1", "wikisentry images load"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(layer.things(), Vec::<String>::new());
}

/// A volume of little room that is there before `up` needs it.
struct SmallVolume {
    holder: String,
}

impl SmallVolume {
    fn new(layer: &Fixture, volume: &str) -> Self {
        let name = format!("{}_{volume}", layer.project);
        let project = format!("com.docker.compose.project={}", layer.project);
        let key = format!("com.docker.compose.volume={volume}");
        let labels = ["--label", &project, "--label", &key];
        let tmpfs = ["--opt", "type=tmpfs", "--opt", "device=tmpfs"];
        let room = ["--opt", "o=size=200m,mode=1777", &name];
        let made = docker(&[&["volume", "create"][..], &labels, &tmpfs, &room].concat());
        assert!(made.status.success(), "{}", said(&made));
        // What is in memory is gone when no container holds it.
        let holder = layer.holder();
        let mount = format!("{name}:/volume");
        let run = ["run", "--detach", "--name", &holder, "--volume", &mount];
        let command = ["debian:bookworm-slim", "sleep", "infinity"];
        let held = docker(&[&run[..], &command].concat());
        assert!(held.status.success(), "{}", said(&held));
        Self { holder }
    }

    fn fill(&self) {
        let all = ["dd", "if=/dev/zero", "of=/volume/ballast", "bs=64k"];
        docker(&[&["exec", &self.holder][..], &all].concat());
    }

    fn make_room(&self) {
        let gone = docker(&["exec", &self.holder, "rm", "/volume/ballast"]);
        assert!(gone.status.success(), "{}", said(&gone));
    }
}

impl Drop for SmallVolume {
    fn drop(&mut self) {
        docker(&["rm", "--force", &self.holder]);
    }
}
