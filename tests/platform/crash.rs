//! kill -9 at random moments of a faulty replay: whatever crashes, every edit is in the lake and
//! in `edits.classified` exactly once, with the score that `predict` gives. The seed is printed;
//! repeat a run with `CRASH_SEED`, and make it longer or shorter with `CRASH_KILLS`.

use crate::support::{Home, kill, terminate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::io::Write;
use std::num::NonZeroU32;
use std::time::Duration;
use wikisentry_core::event::{Body, Event};
use wikisentry_replay::{Rate, ReplayHandle, ReplayOptions, ReplaySource, serve};

const FAULTS: &str = "disconnect=0.0005,duplicate=0.01,reorder=0.01,gap=0.001,stall=0.0001:50ms,\
                      429=0.02,403=0.02,503=0.05,garbage=0.002,oversized=0.0002,truncated=0.0005,\
                      canary=0.01";

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The payload of every edit that the replay serves, by `meta.id`.
fn expected_edits(replay: &ReplayHandle) -> BTreeMap<String, Vec<u8>> {
    let mut edits = BTreeMap::new();
    for expected in replay.recording().expected() {
        let payload = expected.payload.to_vec();
        if let Ok(Event {
            body: Body::Edit(edit),
            ..
        }) = Event::parse(&payload)
        {
            edits
                .entry(edit.meta_id.to_string())
                .or_insert_with(|| payload.clone());
        }
    }
    edits
}

#[test]
fn every_edit_is_there_exactly_once_after_any_number_of_kills() {
    let seed = variable("CRASH_SEED").unwrap_or_else(rand::random);
    let kills = variable("CRASH_KILLS").unwrap_or(200);
    println!("CRASH_SEED={seed} CRASH_KILLS={kills}");
    let mut chance = ChaCha8Rng::seed_from_u64(seed);

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let options = ReplayOptions {
        rate: Rate::PerSecond(2_000.0),
        faults: FAULTS.parse().expect("faults"),
        seed,
        repeat: NonZeroU32::new(10).expect("not 0"),
        ..ReplayOptions::default()
    };
    let sample = ReplaySource::sample().expect("the sample");
    let replay = runtime.block_on(serve(sample, options)).expect("a replay");
    let expected = expected_edits(&replay);

    let mut home = Home::new();
    home.set("SOURCE__URL", replay.base_url().as_str());
    home.set("SOURCE__MAX_EVENT_BYTES", "262144");
    home.set("ARCHIVE__INTERVAL", "300ms");
    home.set("ARCHIVE__COMPACT_FILES", "3");
    for _ in 0..kills {
        let mut up = home.spawn_up(&[]);
        std::thread::sleep(Duration::from_millis(chance.random_range(20..600)));
        kill(&mut up);
    }
    let mut up = home.spawn_up(&[]);
    let count = expected.len() as u64;
    home.wait_for("all edits in the lake", |status| {
        status["archived"].as_u64() >= Some(count)
    });
    assert!(terminate(&mut up).success(), "{}", home.log());

    let predicted = predict(&home, &expected);
    let lake = home.lake();
    let classified = classified(&home);
    assert_eq!(lake.len(), expected.len());
    for (meta_id, score) in &predicted {
        assert_eq!(
            lake.get(meta_id),
            Some(&vec![*score]),
            "the lake on {meta_id}"
        );
        assert_eq!(
            classified.get(meta_id),
            Some(&vec![*score]),
            "the topic on {meta_id}"
        );
    }
    assert_eq!(classified.len(), expected.len());
    drop(replay);
}

/// What `predict` says of the same events.
fn predict(home: &Home, events: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Option<f64>> {
    let path = home.dir.path().join("events.jsonl");
    let mut file = std::fs::File::create(&path).expect("a file");
    for payload in events.values() {
        file.write_all(payload).expect("written");
        file.write_all(b"\n").expect("written");
    }
    let answers = home.ok(&["predict", path.to_str().expect("UTF-8")]);
    let answers: Vec<serde_json::Value> = answers
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(answers.len(), events.len());
    let keyed = |answer: &serde_json::Value| {
        (
            answer["meta_id"].as_str().expect("an id").to_owned(),
            answer["score"].as_f64(),
        )
    };
    answers.iter().map(keyed).collect()
}

/// The topic `edits.classified`, in the form of the lake.
fn classified(home: &Home) -> BTreeMap<String, Vec<Option<f64>>> {
    let records = home.ok(&[
        "tail",
        "edits.classified",
        "--from",
        "beginning",
        "--output",
        "json",
    ]);
    let mut edits: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    for line in records.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let meta_id = record["meta_id"].as_str().expect("an id").to_owned();
        edits
            .entry(meta_id)
            .or_default()
            .push(record["score"].as_f64());
    }
    edits
}
