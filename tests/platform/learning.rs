//! The learning loop of the running program: what the simulated stream reverts becomes labels, a
//! better model takes over while edits go on, and rollback brings the one before back; a stream of
//! other people raises an alert. How good the models are is not to be read here: the feature
//! `text_risk` was fitted on the very edits that are simulated.

use crate::support::{Home, terminate};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::num::NonZeroU32;
use std::process::{Child, Stdio};
use std::time::Instant;
use wikisentry_lake::registry::Registry;
use wikisentry_replay::simulation::{Simulation, SimulationOptions, bundled};
use wikisentry_replay::{Rate, ReplayHandle, ReplayOptions, ReplaySource, serve};

const MODEL: &str = "edit-risk";
const STREAMS: &str = "recentchange,mediawiki.page_change.v1,mediawiki.revision-tags-change";

/// A simulated stream, as if its edits were real.
fn simulation(options: &SimulationOptions) -> Simulation {
    let mut simulation = bundled(options).expect("a simulation");
    let mut events = Vec::new();
    for line in simulation.source.lines() {
        let line = std::str::from_utf8(line).expect("JSON");
        events.extend_from_slice(line.replace("51ba7ed0-", "0ba7ed00-").as_bytes());
        events.push(b'\n');
    }
    simulation.source = ReplaySource::from_bytes("edits", &events).expect("events");
    simulation
}

/// A home that reads a simulated stream, over and over: the second time nothing in it is new but
/// its ids, as it would be for edits that the labels know already.
fn home(runtime: &tokio::runtime::Runtime, simulation: Simulation) -> (Home, ReplayHandle) {
    let options = ReplayOptions {
        rate: Rate::PerSecond(3_000.0),
        repeat: NonZeroU32::new(1_000).expect("not 0"),
        ..ReplayOptions::default()
    };
    let replay = runtime.block_on(serve(simulation.source, options));
    let replay = replay.expect("a replay");
    let mut home = Home::new();
    home.set("SOURCE__URL", replay.base_url().as_str());
    home.set("SOURCE__STREAMS", STREAMS);
    home.set("ARCHIVE__INTERVAL", "300ms");
    (home, replay)
}

/// Makes a champion of the bootstrap model's first tree, which knows little.
pub fn crown_a_stump(registry: &Registry) -> u32 {
    registry.bootstrap().expect("a registry");
    let bootstrap = registry.champion().expect("a champion");
    let model = include_bytes!("../../models/edit-risk/versions/1/model.json");
    let mut model: Value = serde_json::from_slice(model).expect("JSON");
    let booster = &mut model["learner"]["gradient_booster"]["model"];
    for list in ["trees", "tree_info"] {
        booster[list].as_array_mut().expect("a list").truncate(1);
    }
    booster["gbtree_model_param"]["num_trees"] = "1".into();
    booster["iteration_indptr"] = json!([0, 1]);
    let model = serde_json::to_vec(&model).expect("JSON");
    let mut card = bootstrap.scorer.card().clone();
    card.model_sha256 = sha256(&model);
    let version = registry.publish(&model, card).expect("published");
    let current = registry.champion_version().expect("an alias");
    registry.promote(version, current).expect("promoted");
    version
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The version that scored the latest edit.
fn scored_by(home: &Home) -> String {
    let text = home.ok(&[
        "tail",
        "edits.classified",
        "--from",
        "20",
        "--output",
        "json",
    ]);
    let edits = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    // Bots are not scored.
    let mut versions =
        edits.filter_map(|edit: Value| Some(edit["model_version"].as_str()?.to_owned()));
    versions.next_back().unwrap_or_default()
}

fn wait_for_version(home: &Home, version: u32) {
    let wanted = format!("{MODEL}/{version}");
    let begun = Instant::now();
    loop {
        let found = scored_by(home);
        if found == wanted {
            return;
        }
        assert!(begun.elapsed() < crate::support::PATIENCE, "{found}");
    }
}

fn predictions(home: &Home) -> String {
    let sample = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/testdata/events/recentchange-2026-temporary-account.json"
    );
    home.ok(&["predict", sample])
}

#[test]
fn a_better_model_takes_over_while_edits_go_on_and_rollback_brings_the_one_before_back() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let simulation = simulation(&SimulationOptions::default());
    let events = simulation.source.lines().count() as u64;
    let (home, replay) = home(&runtime, simulation);
    let registry = Registry::open(&home.state().join("models"), MODEL);
    let stump = crown_a_stump(&registry);
    let mut up = home.spawn_up(&[]);
    // Two rounds: all facts of the first are in the lake then, with what they are about.
    home.wait_for("rounds in the lake", |status| {
        status["archived"].as_u64() > Some(2 * events)
    });
    wait_for_version(&home, stump);
    let before = predictions(&home);

    let output = home.run(&["retrain", "--now", "--output", "json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}\n{}", home.log());
    let verdict: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(verdict["decision"]["promote"], true, "{verdict}");
    let version = u32::try_from(verdict["version"].as_u64().expect("a version")).expect("small");
    wait_for_version(&home, version);
    assert_ne!(predictions(&home), before);

    home.ok(&["models", "rollback"]);
    wait_for_version(&home, stump);
    assert_eq!(predictions(&home), before);

    // No edit was dropped for it.
    let status = home.wait_for("an answer", |_| true);
    assert_eq!(status["gaps"], 0, "{status}");
    assert_eq!(status["deadletter"], 0, "{status}");
    assert!(terminate(&mut up).success());
    let twice: Vec<_> = home
        .lake()
        .into_iter()
        .filter(|(_, scores)| scores.len() != 1)
        .collect();
    assert_eq!(twice, []);
    drop(replay);
}

#[test]
fn a_simulation_shows_the_loop_and_promotes_nothing() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let simulation = bundled(&SimulationOptions::default()).expect("a simulation");
    let events = simulation.source.lines().count() as u64;
    // Played over and over: the ids of later rounds tell it too.
    let (home, replay) = home(&runtime, simulation);
    let registry = Registry::open(&home.state().join("models"), MODEL);
    let stump = crown_a_stump(&registry);
    let mut up = home.spawn_up(&[]);
    home.wait_for("rounds in the lake", |status| {
        status["archived"].as_u64() > Some(2 * events)
    });
    let output = home.run(&["retrain", "--now"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(7), "{said}\n{}", home.log());
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!shown.contains("neither model has learnt"), "{shown}");
    // People read why once.
    let all = format!("{shown}{said}");
    assert_eq!(all.matches("edits are simulated").count(), 1, "{all}");
    assert_eq!(registry.champion_version().expect("an alias"), Some(stump));
    // What it was is known afterwards.
    let told = home.ok(&["retrain"]);
    assert!(told.contains("was kept, not used"), "{told}");
    // Enough is in the lake; it shall stay as it is.
    assert!(terminate(&mut up).success());
    drop(replay);
    two_at_once_give_one_answer(&home, &registry);
    an_interrupted_one_says_so(&home);
    a_killed_one_is_shown_as_interrupted(&home);
}

fn begin(home: &Home) -> Child {
    let mut command = home.command(&["retrain", "--now", "--output", "json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program runs")
}

fn two_at_once_give_one_answer(home: &Home, registry: &Registry) {
    let before = registry.versions().expect("versions").len();
    let (one, two) = (begin(home), begin(home));
    let answers = [one, two].map(|child| {
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(7), "{said}");
        assert!(said.contains("edits are simulated"), "{said}");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        answer
    });
    assert_eq!(answers[0], answers[1]);
    let after = registry.versions().expect("versions").len();
    assert_eq!(after, before + 1, "one of them works, the other follows it");
}

/// Begins one, and waits until it trains.
fn begin_to_train(home: &Home) -> Child {
    let child = begin(home);
    let notes = home.state().join("run/retrain.jsonl");
    let is_under_way = || {
        let notes = std::fs::read_to_string(&notes).unwrap_or_default();
        let first: Value = notes
            .lines()
            .next()
            .and_then(|it| serde_json::from_str(it).ok())?;
        (first["pid"] == child.id() && notes.contains("train")).then_some(())
    };
    let begun = Instant::now();
    while is_under_way().is_none() {
        assert!(begun.elapsed() < crate::support::PATIENCE);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child
}

fn an_interrupted_one_says_so(home: &Home) {
    let child = begin_to_train(home);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("SIGINT");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("the retraining was stopped"), "{said}");
}

fn a_killed_one_is_shown_as_interrupted(home: &Home) {
    let mut child = begin_to_train(home);
    let status: Value =
        serde_json::from_str(&home.ok(&["retrain", "--output", "json"])).expect("JSON");
    assert_eq!(
        (&status["running"], &status["last"]["ended"]),
        (&true.into(), &Value::Null)
    );
    child.kill().expect("it is killed");
    child.wait().expect("it has ended");
    let told = home.ok(&["retrain"]);
    assert!(told.contains("interrupted at `"), "{told}");
    let status: Value =
        serde_json::from_str(&home.ok(&["retrain", "--output", "json"])).expect("JSON");
    assert_eq!(
        status["last"]["ended"]["outcome"], "interrupted",
        "{status}"
    );
    // What counts for the schedule is when it began.
    assert!(
        status["next"].as_str() > status["last"]["began"].as_str(),
        "{status}"
    );
    assert_eq!(
        begin(home)
            .wait_with_output()
            .expect("it ends")
            .status
            .code(),
        Some(7)
    );
}

/// Records that wait for a consumer.
fn lag(status: &Value, consumer: &str) -> Option<u64> {
    let consumers = status["consumers"].as_array()?;
    let found = consumers.iter().find(|one| one["name"] == consumer)?;
    found["lag"].as_u64()
}

/// The kinds of alerts of a round of a simulated stream.
fn drift_alerts(drift_from: Option<f64>) -> Vec<Value> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let simulation = simulation(&SimulationOptions {
        drift_from,
        ..SimulationOptions::default()
    });
    let events = simulation.source.lines().count() as u64;
    let (mut home, replay) = home(&runtime, simulation);
    home.set("ALERTS__DRIFT_WINDOW", "2000");
    let mut up = home.spawn_up(&[]);
    home.wait_for("a round", |status| {
        status["received"].as_u64() > Some(events) && lag(status, "alert") == Some(0)
    });
    let shown = home.ok(&["alerts", "--kind", "score_drift", "--output", "json"]);
    assert!(terminate(&mut up).success());
    drop(replay);
    let alerts = shown.lines();
    alerts
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn a_stream_of_other_people_raises_an_alert_and_the_usual_one_does_not() {
    assert_eq!(drift_alerts(None), Vec::<Value>::new());
    let alerts = drift_alerts(Some(0.5));
    assert!(!alerts.is_empty());
}
