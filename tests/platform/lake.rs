//! What happens to the lake under the platform: files that rot while it runs, hours that are removed
//! while it does not, a disk of its own that is full.

use crate::disk::SmallDisk;
use crate::service::{EQIAD, Service, edit, template};
use crate::support::{ALL_EDITS, Home, kill, parquet_files, terminate};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wikisentry_replay::{FIRST_OFFSET, KafkaSse};

const ALL_EVENTS: u64 = 4_231;

fn archived(at_least: u64) -> impl Fn(&Value) -> bool {
    move |status| status["archived"].as_u64() >= Some(at_least)
}

/// The problem of a component.
fn problem<'s>(status: &'s Value, component: &str) -> Option<&'s Value> {
    let problems = status["problems"].as_array().expect("problems");
    problems.iter().find(|one| one["component"] == component)
}

/// Makes a file unreadable without changing its size.
fn spoil(file: &Path) {
    let bytes = file.metadata().expect("a file").len();
    fs::write(file, vec![0; bytes as usize]).expect("written");
}

fn name(file: &Path) -> String {
    let name = file.file_name().expect("a name");
    name.to_string_lossy().into_owned()
}

#[test]
fn a_file_that_rots_while_the_platform_runs_is_set_aside_and_the_rest_is_merged() {
    let template = template();
    let events: Vec<Value> = (0..300).map(|n| edit(&template, n, EQIAD)).collect();
    let mut service = Service::new();
    let mut home = Home::new();
    home.set("ARCHIVE__INTERVAL", "100ms");
    home.set("ARCHIVE__COMPACT_FILES", "1");
    let edits = home.state().join("lake/edits");
    let mut up = None;
    for piece in [100, 200, 300] {
        service.serve(&events[..piece], KafkaSse::default(), FIRST_OFFSET);
        home.set("SOURCE__URL", &service.url());
        up.get_or_insert_with(|| home.spawn_up(&[]));
        home.wait_for("a piece in the lake", archived(piece as u64));
    }
    let mut up = up.expect("it runs");
    let files = parquet_files(&edits);
    assert!(files.len() > 2, "{files:?}");
    spoil(&files[0]);
    let held = home.lake_without(&files[0]);

    // A day later in the stream: the hour is closed, and merged.
    let mut later = events;
    later.extend((90_000..90_010).map(|n| edit(&template, n, EQIAD)));
    service.serve(&later, KafkaSse::default(), FIRST_OFFSET);
    let status = home.wait_for("the file set aside", |status| {
        problem(status, "lake").is_some() && archived(310)(status)
    });
    let said = problem(&status, "lake").expect("a problem").to_string();
    assert!(said.contains(&name(&files[0])), "{said}");
    assert_eq!(
        status["process"]["pid"],
        up.id(),
        "it was not started again"
    );
    let merged = Instant::now();
    while parquet_files(files[0].parent().expect("an hour")).len() > 1 {
        assert!(merged.elapsed() < Duration::from_secs(60), "{}", home.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    let status = home.status().expect("it runs");
    let on_disk = parquet_files(&edits);
    let bytes: u64 = on_disk
        .iter()
        .map(|file| file.metadata().unwrap().len())
        .sum();
    assert_eq!(status["disk"]["lake_files"], on_disk.len() as u64);
    assert_eq!(status["disk"]["lake_bytes"], bytes);
    assert!(terminate(&mut up).success(), "{}", home.log());
    home.assert_each_once(held + 10);

    // Named for as long as it lies there, whether the platform runs or not.
    let stopped = home.run(&["status"]);
    let said = String::from_utf8_lossy(&stopped.stdout).into_owned();
    assert!(said.contains(&name(&files[0])), "{said}");
    let doctor = home.run(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(3));
    let mut up = home.spawn_up(&[]);
    let status = home.wait_for("a start", |status| status["feed"]["state"] == "connected");
    assert!(problem(&status, "lake").is_some(), "{status:#}");
    fs::remove_dir_all(home.state().join("lake/damaged")).expect("removed");
    home.wait_for("health", |status| status["health"] == "healthy");
    assert!(terminate(&mut up).success(), "{}", home.log());
}

#[test]
fn commands_that_meet_a_damaged_file_name_it_and_do_without() {
    let home = Home::with_sample();
    let files = parquet_files(&home.state().join("lake/edits"));
    spoil(&files[0]);
    let doctor = home.run(&["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert_eq!(doctor.status.code(), Some(3), "{said}");
    assert!(said.contains(&name(&files[0])), "{said}");
    assert!(files[0].exists(), "it changes nothing");

    let retrained = home.run(&["retrain", "--now"]);
    let said = String::from_utf8_lossy(&retrained.stderr).into_owned();
    assert!(said.contains("it was set aside"), "{said}");
    assert!(said.contains("not enough to learn from"), "{said}");
    assert!(!files[0].exists());

    spoil(&files[1]);
    let explained = home.run(&["explain", "nowiki:1"]);
    let said = String::from_utf8_lossy(&explained.stderr).into_owned();
    assert!(said.contains("not in the archive"), "{said}");
    let aside: Vec<String> = parquet_files(&home.state().join("lake/damaged"))
        .iter()
        .map(|file| name(file))
        .collect();
    assert_eq!(aside.len(), 2, "{aside:?}");
    assert!(aside.contains(&name(&files[1])));
}

#[test]
fn a_rebuild_goes_on_without_the_files_that_cannot_be_read() {
    let home = Home::with_sample();
    let files = parquet_files(&home.state().join("lake/edits"));
    spoil(&files[0]);
    fs::write(&files[1], "PAR1").expect("written");
    home.ok(&["up", "--replay", "sample", "--rebuild", "--timeout", "0"]);
    let status = home.wait_for("a start", |status| status["archived"].as_u64() > Some(0));
    let lake = problem(&status, "lake").expect("files are missing");
    for file in &files[..2] {
        let told = lake["message"].as_str().expect("a text");
        assert!(told.contains(&name(file)) && !file.exists(), "{told}");
    }
    home.ok(&["down"]);
}

#[test]
fn hours_of_the_lake_may_be_removed_while_the_platform_is_stopped() {
    for by_force in [false, true] {
        let home = Home::new();
        let mut up = home.spawn_up(&["--replay", "sample"]);
        home.wait_for("the sample in the lake", archived(ALL_EDITS));
        match by_force {
            true => kill(&mut up),
            false => assert!(terminate(&mut up).success(), "{}", home.log()),
        }
        let edits = home.state().join("lake/edits");
        for kind in fs::read_dir(&edits).expect("the lake") {
            fs::remove_dir_all(kind.expect("an entry").path()).expect("removed");
        }
        let mut up = home.spawn_up(&["--replay", "sample"]);
        let status = home.wait_for("a start", |status| status["lag"] == 0);
        if !by_force {
            assert_eq!(status["health"], "healthy", "{status:#}");
        }
        assert_eq!(status["disk"]["lake_files"], 0);
        assert!(terminate(&mut up).success(), "{}", home.log());
    }
}

#[test]
fn a_full_disk_of_the_lake_alone_is_told_for_as_long_as_it_lasts() {
    let mut home = Home::new();
    home.set("ARCHIVE__INTERVAL", "300ms");
    let lake = home.home().join("recordings/sample/lake");
    fs::create_dir_all(&lake).expect("made");
    let Some(disk) = SmallDisk::mount(&lake, "size=600k") else {
        println!("not run: mounting a tmpfs needs root");
        return;
    };
    let mut up = home.spawn_up(&["--replay", "sample", "--repeat", "6", "--rate", "8000"]);
    home.wait_for("a full disk", |status| problem(status, "archive").is_some());
    home.wait_for("the end of the stream", |status| {
        status["received"].as_u64() >= Some(6 * ALL_EVENTS)
    });
    // Each look while edits wait must say so, and why.
    for _ in 0..60 {
        let status = home.status().expect("it runs");
        assert!(status["lag"].as_u64() > Some(0), "{status:#}");
        let said = problem(&status, "archive")
            .expect("the problem")
            .to_string();
        assert!(said.contains("space"), "{said}");
        assert_eq!(status["health"], "degraded");
        std::thread::sleep(Duration::from_millis(50));
    }
    disk.remount("size=100m");
    let status = home.wait_for("all edits in the lake", archived(6 * ALL_EDITS));
    assert!(problem(&status, "archive").is_none(), "{status:#}");
    assert!(terminate(&mut up).success(), "{}", home.log());
    home.assert_each_once(6 * ALL_EDITS as usize);
}

#[test]
fn a_damaged_alias_does_not_keep_edits_from_being_scored_and_can_be_repaired() {
    let mut home = Home::with_sample();
    home.set("MODEL__RELOAD_INTERVAL", "100ms");
    let alias: PathBuf = home.state().join("models/edit-risk/aliases/champion");
    let repairs: [&[&str]; 2] = [
        &["models", "promote", "1", "--force"],
        &["models", "rollback"],
    ];
    fs::write(&alias, "{\"version\":").expect("written");
    // The way out is named, and what it needs is listed.
    let list = home.run(&["models", "list", "--output", "json"]);
    assert_eq!(list.status.code(), Some(0), "{list:?}");
    let listed = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(
        listed.contains("\"version\":1") && !listed.contains("\"champion\""),
        "{listed}"
    );
    let back = home.run(&["models", "rollback"]);
    assert_eq!(back.status.code(), Some(3), "{back:?}");
    for output in [&list, &back] {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        for part in ["not an alias", "`wikisentry models promote N --force`"] {
            assert!(said.contains(part), "{said}");
        }
    }
    home.ok(&["models", "promote", "1", "--force"]);
    // So that there is one to go back to.
    let copy = alias.with_file_name("previous");
    fs::write(&copy, fs::read(&alias).expect("an alias")).expect("written");
    for repair in repairs {
        fs::write(&alias, "{\"version\":").expect("written");
        assert_eq!(home.run(&["doctor"]).status.code(), Some(3));
        let mut up = home.spawn_up(&["--replay", "sample"]);
        let status = home.wait_for("a start", |status| status["feed"].is_object());
        let said = problem(&status, "model").expect("a problem").to_string();
        for part in [
            "not an alias",
            "bootstrap model",
            "models promote",
            "models rollback",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(status["health"], "degraded");
        assert_eq!(status["model"]["version"], "edit-risk/1");
        home.ok(repair);
        home.wait_for("health", |status| status["health"] == "healthy");
        assert!(terminate(&mut up).success(), "{}", home.log());
    }
}
