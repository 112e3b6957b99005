//! The platform against what goes wrong around it: no feed, a second process, hostile input, a
//! damaged log, a full disk, a request to end in the middle of the work.

use crate::disk::SmallDisk;
use crate::support::{Home, kill, terminate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::path::{Path, PathBuf};
use wikisentry_replay::ReplaySource;

const ALL_EDITS: u64 = 4_068;

fn archived(at_least: u64) -> impl Fn(&Value) -> bool {
    move |status| status["archived"].as_u64() >= Some(at_least)
}

#[test]
fn without_a_feed_it_stays_up_and_says_what_to_try() {
    let mut home = Home::new();
    home.set("SOURCE__URL", "http://127.0.0.1:9/v2/stream");
    let mut up = home.spawn_up(&[]);
    let status = home.wait_for("a degraded state", |status| status["health"] == "degraded");
    let problem = &status["problems"][0];
    assert_eq!(problem["component"], "feed");
    assert!(
        problem["message"]
            .as_str()
            .unwrap()
            .starts_with("the feed is unreachable")
    );
    assert!(
        problem["help"]
            .as_str()
            .unwrap()
            .contains("wikisentry demo")
    );
    assert_eq!(home.run(&["status"]).status.code(), Some(5));
    assert!(terminate(&mut up).success(), "{}", home.log());
    assert_eq!(home.run(&["status"]).status.code(), Some(4));
}

#[test]
fn a_second_process_on_the_same_state_is_refused_and_up_again_changes_nothing() {
    let home = Home::new();
    home.ok(&["up", "--replay", "sample"]);
    let before = home.wait_for("all edits in the lake", archived(ALL_EDITS));
    let second = home.run(&["up", "--foreground", "--replay", "sample"]);
    assert_eq!(second.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&second.stderr).contains("already running"));
    home.ok(&["up", "--replay", "sample"]);
    let after = home.status().expect("it still runs");
    assert_eq!(before["process"], without_memory(&after, &before));
    home.ok(&["down"]);
    assert_eq!(home.lake().len(), ALL_EDITS as usize);
}

/// Memory changes by itself.
fn without_memory(status: &Value, other: &Value) -> Value {
    let mut process = status["process"].clone();
    process["memory_bytes"] = other["process"]["memory_bytes"].clone();
    process
}

#[test]
fn a_request_to_end_loses_nothing_of_what_was_taken() {
    let home = Home::new();
    let mut up = home.spawn_up(&["--replay", "sample", "--rate", "2000"]);
    home.wait_for("half of the sample", |status| {
        status["received"].as_u64() >= Some(2_000)
    });
    assert!(terminate(&mut up).success(), "{}", home.log());
    let classified = home.ok(&[
        "tail",
        "edits.classified",
        "--from",
        "beginning",
        "--output",
        "json",
    ]);
    // What was classified while the archiver wrote its last file is archived after the restart.
    assert!(home.lake().len() <= classified.lines().count());
    let mut up = home.spawn_up(&["--replay", "sample"]);
    home.wait_for("all edits in the lake", archived(ALL_EDITS));
    assert!(terminate(&mut up).success(), "{}", home.log());
    assert!(home.lake().values().all(|copies| copies.len() == 1));
}

#[test]
fn hostile_lines_end_in_deadletter_with_a_reason() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let lines = hostile_lines(&mut ChaCha8Rng::seed_from_u64(seed), 10_000);
    let mut home = Home::new();
    home.set("SOURCE__MAX_EVENT_BYTES", "65536");
    let file = home.dir.path().join("hostile.jsonl");
    std::fs::write(&file, lines.join(&b'\n')).expect("written");
    let mut up = home.spawn_up(&["--replay", file.to_str().unwrap()]);
    let status = home.wait_for("every line", |status| {
        status["received"].as_u64() >= Some(lines.len() as u64)
    });
    assert_eq!(
        status["deadletter"].as_u64(),
        Some(lines.len() as u64),
        "{status:#}"
    );
    // A feed of which nothing can be read is no healthy one.
    assert_eq!(status["health"], "degraded");
    let problems = status["problems"].to_string();
    assert!(problems.contains("cannot be read"), "{problems}");
    assert!(terminate(&mut up).success(), "{}", home.log());
    let letters = home.ok(&[
        "tail",
        "deadletter",
        "--from",
        "beginning",
        "--output",
        "json",
    ]);
    assert_eq!(letters.lines().count(), lines.len());
    for letter in letters.lines() {
        let letter: Value = serde_json::from_str(letter).expect("JSON");
        assert!(!letter["reason"].as_str().unwrap().is_empty(), "{letter}");
    }
}

/// Lines that are no events: noise, cut and bent JSON, deep nesting, wrong types, large ones.
fn hostile_lines(chance: &mut ChaCha8Rng, count: usize) -> Vec<Vec<u8>> {
    let sample = ReplaySource::sample().expect("the sample");
    let real: Vec<&[u8]> = sample.lines().take(200).collect();
    let line = |chance: &mut ChaCha8Rng| -> Vec<u8> {
        let event = real[chance.random_range(0..real.len())];
        match chance.random_range(0..6) {
            // The first byte makes each of these no JSON whatever follows.
            0 => {
                let length = chance.random_range(1..400);
                let noise = (0..length).map(|_| chance.random_range(0x0e..=0xffu8));
                std::iter::once(b'~').chain(noise).collect()
            }
            1 => event[..chance.random_range(1..event.len())].to_vec(),
            2 => [b"[".repeat(chance.random_range(200..5_000)), b"1".to_vec()].concat(),
            3 => [b"\xff\xfe".as_slice(), event].concat(),
            4 => br#"{"meta":{"id":"x","dt":"2026-01-01T00:00:00Z"},"type":"edit","title":7}"#
                .to_vec(),
            _ => [
                b"{\"a\":\"".to_vec(),
                b"x".repeat(chance.random_range(70_000..90_000)),
            ]
            .concat(),
        }
    };
    // Oversized lines are few, or the file would be large. The first says that a line is an event: an
    // open bracket there would begin one array.
    let mut lines = vec![b"~".to_vec()];
    while lines.len() < count {
        let next = line(chance);
        if next.len() < 65_536 || lines.len() % 100 == 0 {
            lines.push(next);
        }
    }
    lines
}

#[test]
fn a_damaged_log_is_named_and_rebuilt_from_the_lake_without_a_double() {
    let home = Home::new();
    let mut up = home.spawn_up(&["--replay", "sample"]);
    home.wait_for("all edits in the lake", archived(ALL_EDITS));
    kill(&mut up);
    let damaged = damage(&home.state().join("log"));
    let refused = home.run(&["up", "--foreground", "--replay", "sample"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(
        refused.status.code(),
        Some(3),
        "{}: {said}",
        damaged.display()
    );
    assert!(
        said.contains("`wikisentry up --replay sample --rebuild`"),
        "{said}"
    );
    assert!(said.contains("log"), "{said}");

    let mut up = home.spawn_up(&["--replay", "sample", "--rebuild"]);
    home.wait_for("the sample read again", |status| {
        status["received"].as_u64() > Some(0) && archived(ALL_EDITS)(status)
    });
    assert!(terminate(&mut up).success(), "{}", home.log());
    home.assert_each_once(ALL_EDITS as usize);
    let kept = std::fs::read_dir(home.state()).unwrap().any(|entry| {
        entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with("log.damaged-")
    });
    assert!(kept, "the damaged log is kept");
    home.ok(&["down", "--purge", "--yes"]);
    assert!(!home.state().exists(), "a purge leaves nothing of ours");
}

/// Bends the store's list of files, without which nothing can be read.
fn damage(log: &Path) -> PathBuf {
    let path = log.join("store/keyspaces/1/current");
    let mut bytes = std::fs::read(&path).expect("the store's version file");
    for byte in &mut bytes {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, bytes).expect("written");
    path
}

#[test]
fn a_full_disk_is_waited_out() {
    let mut home = Home::new();
    home.set("ARCHIVE__INTERVAL", "300ms");
    std::fs::create_dir_all(home.state()).expect("made");
    let Some(disk) = SmallDisk::mount(&home.state(), "size=6m") else {
        println!("not run: mounting a tmpfs needs root");
        return;
    };
    let mut up = home.spawn_up(&["--replay", "sample", "--repeat", "12", "--rate", "8000"]);
    let full = home.wait_for("a full disk", |status| {
        let problems = status["problems"].as_array().expect("problems");
        problems
            .iter()
            .any(|problem| problem["message"].as_str().unwrap().contains("space"))
    });
    assert_eq!(full["health"], "degraded");
    disk.remount("size=400m");
    let status = home.wait_for("all edits in the lake", archived(12 * ALL_EDITS));
    assert_eq!(
        status["problems"].as_array().map(Vec::len),
        Some(0),
        "{status:#}"
    );
    assert!(terminate(&mut up).success(), "{}", home.log());
    home.assert_each_once(12 * ALL_EDITS as usize);
}

#[test]
fn a_damaged_file_of_the_lake_is_set_aside_and_named_and_work_goes_on() {
    let mut home = Home::new();
    home.set("ARCHIVE__INTERVAL", "100ms");
    home.set("ARCHIVE__COMPACT_FILES", "1000");
    // With edits of a day later, so that all hours before are closed.
    let file = home.dir.path().join("feed.jsonl");
    let sample = ReplaySource::sample().expect("the sample");
    let mut recorded = sample.lines().collect::<Vec<_>>().join(&b'\n');
    recorded.push(b'\n');
    recorded.extend_from_slice(later_edits().as_bytes());
    std::fs::write(&file, &recorded).expect("written");
    let feed = file.to_str().expect("UTF-8");
    let mut up = home.spawn_up(&["--replay", feed, "--rate", "3000"]);
    let later = later_edits().lines().count() as u64;
    home.wait_for("the recording in the lake", archived(ALL_EDITS + later));
    assert!(terminate(&mut up).success(), "{}", home.log());
    // Of an hour that is closed and has several files, so that it is compacted next.
    let files = crate::support::parquet_files(&home.state().join("lake/edits"));
    let folder = |file: &PathBuf| file.parent().expect("an hour").to_owned();
    let siblings = |file: &&PathBuf| {
        let same = files.iter().filter(|other| folder(other) == folder(file));
        same.count()
    };
    let damaged = files.iter().max_by_key(siblings).expect("a file");
    assert!(siblings(&damaged) > 2, "{files:?}");
    let bytes = std::fs::read(damaged).expect("read");
    std::fs::write(damaged, &bytes[..bytes.len() / 2]).expect("cut");

    home.set("ARCHIVE__COMPACT_FILES", "1");
    let mut up = home.spawn_up(&["--replay", feed]);
    let name = damaged
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let status = home.wait_for("the problem", |status| {
        let problems = status["problems"].as_array().expect("problems");
        problems.iter().any(|one| one["component"] == "lake")
    });
    assert!(status.to_string().contains(&name), "{status:#}");
    assert!(!damaged.exists());
    let aside = crate::support::parquet_files(&home.state().join("lake/damaged"));
    assert!(aside[0].ends_with(&name), "{aside:?}");
    assert!(terminate(&mut up).success(), "{}", home.log());

    // A rebuild does the same.
    let files = crate::support::parquet_files(&home.state().join("lake/edits"));
    std::fs::write(&files[0], "PAR1").expect("cut");
    let mut up = home.spawn_up(&["--replay", feed, "--rebuild"]);
    home.wait_for("a new log", |status| status["process"].is_object());
    assert!(terminate(&mut up).success(), "{}", home.log());
    assert!(!files[0].exists());
}

/// Edits of every user type, a day after the newest of the sample.
fn later_edits() -> String {
    let sample = ReplaySource::sample().expect("the sample");
    let events = sample
        .lines()
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let mut events = events.filter(|event| event["type"] == "edit");
    let mut edit = events.next().expect("an edit");
    let mut lines = String::new();
    for (number, (user, bot)) in [("Someone", false), ("192.0.2.7", false), ("A bot", true)]
        .into_iter()
        .enumerate()
    {
        edit["meta"]["id"] = format!("00000000-0000-4000-a000-{number:012}").into();
        edit["meta"]["dt"] = "2026-09-20T00:00:00Z".into();
        edit["timestamp"] = 1_789_862_400.into();
        edit["user"] = user.into();
        edit["bot"] = bot.into();
        lines.push_str(&format!("{edit}\n"));
    }
    lines
}

#[test]
fn an_empty_log_beside_a_full_lake_is_refused_until_it_was_rebuilt() {
    let home = Home::new();
    let mut up = home.spawn_up(&["--replay", "sample"]);
    home.wait_for("the sample in the lake", archived(ALL_EDITS));
    assert!(terminate(&mut up).success(), "{}", home.log());
    std::fs::remove_dir_all(home.state().join("log")).expect("removed");
    // What a crash while a log was being built has left.
    std::fs::create_dir_all(home.state().join("log.new/store")).expect("made");
    for _ in 0..2 {
        let refused = home.run(&["up", "--replay", "sample"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(3), "{said}");
        assert!(said.contains("the lake holds edits"), "{said}");
        assert!(
            said.contains("`wikisentry up --replay sample --rebuild`"),
            "{said}"
        );
    }
    home.ok(&["up", "--replay", "sample", "--rebuild", "--timeout", "0"]);
    let status = home.wait_for("the sample read again", |status| {
        status["received"].as_u64() > Some(0) && status["lag"] == 0
    });
    assert_eq!(status["archived"], ALL_EDITS);
    home.ok(&["down"]);
    home.assert_each_once(ALL_EDITS as usize);
    assert!(!home.state().join("log.new").exists());
    std::fs::create_dir(home.state().join("log.new")).expect("made");
    home.ok(&["down", "--purge", "--yes"]);
    assert!(!home.state().exists(), "a purge leaves nothing of ours");
}

#[test]
fn a_full_disk_does_not_keep_it_from_ending() {
    let mut home = Home::new();
    home.set("ARCHIVE__INTERVAL", "300ms");
    std::fs::create_dir_all(home.state()).expect("made");
    let Some(disk) = SmallDisk::mount(&home.state(), "size=6m") else {
        println!("not run: mounting a tmpfs needs root");
        return;
    };
    let replay = ["--replay", "sample", "--repeat", "12", "--rate", "8000"];
    let mut up = home.spawn_up(&replay);
    home.wait_for("a full disk", |status| {
        let problems = status["problems"].as_array().expect("problems");
        problems
            .iter()
            .any(|problem| problem["message"].as_str().unwrap().contains("space"))
    });
    // Well before the test's own patience ends; what it could not write comes again.
    let begun = std::time::Instant::now();
    terminate(&mut up);
    assert!(begun.elapsed().as_secs() < 60, "{}", home.log());
    disk.remount("size=400m");
    let mut up = home.spawn_up(&replay);
    home.wait_for("all edits in the lake", archived(12 * ALL_EDITS));
    assert!(terminate(&mut up).success(), "{}", home.log());
    home.assert_each_once(12 * ALL_EDITS as usize);
}
