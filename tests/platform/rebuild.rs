//! `up --rebuild`, killed at random moments: a new log takes the place of the old one as a whole, and
//! of the stream that is read again no edit is lost or doubled. The seed is printed; repeat a run with
//! `REBUILD_SEED`, and make it longer or shorter with `REBUILD_KILLS`.

use crate::service::{BY_TIME, EQIAD, edit, template};
use crate::support::{Home, kill, terminate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::time::Duration;
use wikisentry_core::event::{Body, Event};
use wikisentry_replay::{Rate, ReplayHandle, ReplayOptions, ReplaySource, serve};

const EDITS: usize = 12_000;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// `meta.id` of every edit that the replay serves.
fn edits_of(replay: &ReplayHandle) -> BTreeSet<String> {
    let recording = replay.recording();
    let edits = recording.expected().filter_map(|expected| {
        let payload = expected.payload.to_vec();
        match Event::parse(&payload).ok()?.body {
            Body::Edit(edit) => Some(edit.meta_id.to_string()),
            _ => None,
        }
    });
    edits.collect()
}

#[test]
fn nothing_is_lost_or_doubled_by_any_number_of_kills_within_rebuilds() {
    let seed = variable("REBUILD_SEED").unwrap_or_else(rand::random);
    let kills = variable("REBUILD_KILLS").unwrap_or(40);
    println!("REBUILD_SEED={seed} REBUILD_KILLS={kills}");
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let options = ReplayOptions {
        rate: Rate::PerSecond(2_000.0),
        faults: "disconnect=0.0005,duplicate=0.01,reorder=0.01,503=0.05"
            .parse()
            .expect("faults"),
        seed,
        kafkasse: BY_TIME,
        ..ReplayOptions::default()
    };
    // A second apart, as the time is what a rebuilt log is resumed by.
    let template = template();
    let lines = (0..EDITS).map(|number| edit(&template, number, EQIAD).to_string());
    let lines = lines.collect::<Vec<_>>().join("\n");
    let source = ReplaySource::from_bytes("test", lines.as_bytes()).expect("events");
    let replay = runtime.block_on(serve(source, options)).expect("a replay");
    let edits = edits_of(&replay);

    let mut home = Home::new();
    home.set("SOURCE__URL", replay.base_url().as_str());
    home.set("SOURCE__SINCE", "2020-01-01T00:00:00Z");
    home.set("ARCHIVE__INTERVAL", "150ms");
    // Far less than lies in the minutes that are read again.
    home.set("LOG__DEDUPE_WINDOW", "100");
    for _ in 0..kills {
        let arguments: &[&str] = match chance.random_bool(0.7) {
            true => &["--rebuild"],
            // Refused where a rebuild was killed between its two renames.
            false => &[],
        };
        let mut up = home.spawn_up(arguments);
        std::thread::sleep(Duration::from_millis(chance.random_range(10..700)));
        kill(&mut up);
    }
    let mut up = home.spawn_up(&["--rebuild"]);
    home.wait_for("all edits in the lake", |status| {
        status["archived"].as_u64() >= Some(edits.len() as u64)
    });
    // What is doubled would come now.
    home.wait_for("the end of the recording", |status| status["lag"] == 0);
    assert!(terminate(&mut up).success(), "{}", home.log());
    let lake = home.lake();
    let lost: Vec<_> = edits.iter().filter(|id| !lake.contains_key(*id)).collect();
    let doubled: Vec<_> = lake.iter().filter(|(_, copies)| copies.len() > 1).collect();
    assert!(
        lost.is_empty() && doubled.is_empty(),
        "lost {}: {lost:?}, doubled {}: {doubled:?}",
        lost.len(),
        doubled.len()
    );
    assert_eq!(lake.len(), edits.len());
}
