//! Recordings and the live feed: states that never mix, one of which commands are about.

use crate::support::{Home, NOWHERE, said};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn nothing_of_a_recording_reaches_the_live_feed_and_the_way_back_is_told() {
    let mut home = Home::new();
    home.set("SOURCE__URL", NOWHERE);
    home.ok(&["up", "--replay", "sample"]);
    home.wait_for("the sample in the lake", |status| {
        status["archived"] == 4_068
    });
    let recording = home.home().join("recordings/sample");
    let status = home.run(&["status"]);
    assert!(
        said(&status).contains("this is the recording sample"),
        "{}",
        said(&status)
    );
    let status = home.status().expect("it runs");
    assert_eq!(status["folder"], recording.to_str().expect("UTF-8"));
    assert_eq!(
        names(&home.home()),
        [".wikisentry-state", "recordings", "run"]
    );
    home.ok(&["models", "list"]);
    home.ok(&["models", "promote", "1"]);

    // Another state is in use: what runs there is named, and left alone.
    let live = home.run(&["up", "--timeout", "0"]);
    assert_eq!(live.status.code(), Some(7), "{}", said(&live));
    assert!(
        said(&live).contains("the recording sample"),
        "{}",
        said(&live)
    );
    home.ok(&["up", "--timeout", "0", "--restart"]);
    let status = home.status().expect("it runs");
    assert_eq!(status["folder"], home.home().to_str().expect("UTF-8"));
    assert_eq!(
        (&status["received"], &status["archived"]),
        (&Value::from(0), &Value::from(0))
    );
    assert!(!said(&home.run(&["status"])).contains("recording"));
    assert_eq!(home.lake().len(), 0);
    home.ok(&["down"]);

    // And back: the recording is as it was left, also for commands without a process.
    home.ok(&["up", "--replay", "sample"]);
    home.ok(&["down"]);
    let left = home.run(&["status", "--output", "json"]);
    let left: Value = serde_json::from_slice(&left.stdout).expect("the status");
    assert_eq!(
        (&left["archived"], &left["health"]),
        (&Value::from(4_068), &Value::from("not_running"))
    );
    home.ok(&["down", "--purge", "--yes"]);
    assert!(!recording.exists());
    assert!(
        home.home().join("lake").exists(),
        "the live feed's is none of its"
    );
    assert_eq!(home.state(), home.home());
}

#[test]
fn a_start_that_fails_leaves_commands_where_they_were() {
    let home = Home::new();
    home.ok(&["up", "--replay", "sample", "--timeout", "0"]);
    home.ok(&["down"]);
    let refused = home.run(&["up", "--replay", "/nowhere.jsonl"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert_eq!(home.state(), home.home().join("recordings/sample"));

    // What runs goes on unless something can take its place.
    home.ok(&["up", "--replay", "sample", "--timeout", "0"]);
    let refused = home.run(&["up", "--replay", "/nowhere.jsonl", "--restart"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(home.status().is_some(), "it still runs");
    home.ok(&["down"]);
}

#[test]
fn of_two_starts_of_different_states_at_once_one_runs_and_commands_are_about_it() {
    let mut home = Home::new();
    home.set("SOURCE__URL", NOWHERE);
    for round in 0..3 {
        let spawn = |arguments: &[&str]| {
            let mut command = home.command(arguments);
            let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
            quiet.spawn().expect("it starts")
        };
        let mut live = spawn(&["up", "--timeout", "0"]);
        let mut recording = spawn(&["up", "--replay", "sample", "--timeout", "0"]);
        let codes = [&mut live, &mut recording].map(|child| child.wait().expect("it ends").code());
        assert!(codes.contains(&Some(0)), "{round}: {codes:?}");
        assert!(home.status().is_some(), "{round}: what runs is known");
        home.ok(&["down"]);
        assert!(home.status().is_none(), "{round}: nothing else runs");
        let left = home.run(&["up", "--foreground", "--replay", "/nowhere.jsonl"]);
        assert_eq!(left.status.code(), Some(2), "{}", said(&left));
    }
}

#[test]
fn a_purge_of_the_live_feed_names_the_recordings_that_go_with_it() {
    let mut home = Home::new();
    home.set("SOURCE__URL", NOWHERE);
    home.ok(&["up", "--replay", "sample", "--timeout", "0"]);
    home.ok(&["up", "--timeout", "0", "--restart"]);
    let asked = home.run(&["down", "--purge"]);
    assert_eq!(asked.status.code(), Some(7), "{}", said(&asked));
    home.ok(&["down", "--purge", "--yes"]);
    assert!(!home.home().exists());
}

#[test]
fn what_is_no_file_is_no_recording() {
    let home = Home::new();
    let folder = home.dir.path().to_str().expect("UTF-8");
    for name in [folder, "/dev/null"] {
        let refused = home.run(&["up", "--replay", name]);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    }
}

#[test]
fn a_model_is_taken_along_on_purpose_only() {
    let home = Home::new();
    home.ok(&["up", "--replay", "sample", "--timeout", "0"]);
    home.ok(&["down"]);
    let folder = home.dir.path().join("model");
    let folder = folder.to_str().expect("UTF-8");
    home.ok(&["models", "export", "champion", folder]);
    assert_eq!(names(Path::new(folder)), ["card.json", "model.json"]);
    let again = home.run(&["models", "export", "champion", folder]);
    assert_eq!(again.status.code(), Some(7), "{}", said(&again));

    let shown = home.ok(&["models", "import", folder, "--output", "json"]);
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["version"], 2);
    let card = home.ok(&["models", "show", "2", "--output", "json"]);
    let card: Value = serde_json::from_str(&card).expect("JSON");
    assert_eq!(card["card"]["imported"]["version"], 1);
    // What was decided elsewhere promotes nothing here; the same model needs no promotion.
    let list = home.ok(&["models", "list", "--output", "json"]);
    assert!(
        list.lines()
            .any(|line| line.contains("champion") && line.contains("\"version\":1")),
        "{list}"
    );

    std::fs::write(Path::new(folder).join("model.json"), "{}").expect("damaged");
    let damaged = home.run(&["models", "import", folder]);
    assert_eq!(damaged.status.code(), Some(7), "{}", said(&damaged));
    let card = format!("{folder}/card.json");
    let file = home.run(&["models", "import", &card]);
    assert_eq!(file.status.code(), Some(2), "{}", said(&file));
    let nothing = home.run(&["models", "import", "/nowhere"]);
    assert_eq!(nothing.status.code(), Some(2), "{}", said(&nothing));
}

#[test]
fn another_file_in_the_place_of_a_recording_is_read_from_its_beginning() {
    let home = Home::new();
    let file = home.dir.path().join("edits.jsonl");
    let event = include_str!("../../testdata/events/recentchange-2026-temporary-account.json");
    let event: serde_json::Value = serde_json::from_str(event).expect("an event");
    let write = |ids: std::ops::Range<u32>| {
        let lines = ids.map(|id| {
            let mut event = event.clone();
            event["meta"]["id"] = format!("11111111-1111-4111-8111-{id:012}").into();
            format!("{event}\n")
        });
        std::fs::write(&file, lines.collect::<String>()).expect("written");
    };
    let name = file.to_str().expect("UTF-8");
    let scored = |home: &Home| home.status().expect("it runs")["scored"].as_u64();
    write(0..5);
    home.ok(&["up", "--replay", name]);
    home.wait_for("all edits", |status| status["scored"] == 5);
    home.ok(&["down"]);
    // Fewer events than were read before: by the offset alone nothing of it would come.
    write(100..103);
    let up = home.run(&["up", "--replay", name]);
    assert!(up.status.success(), "{}", said(&up));
    assert!(
        said(&up).contains("is another file than was read before"),
        "{}",
        said(&up)
    );
    home.wait_for("all edits of the other", |status| status["scored"] == 3);
    // While it runs, a third one is another request.
    write(200..204);
    let other = home.run(&["up", "--replay", name]);
    assert_eq!(other.status.code(), Some(7), "{}", said(&other));
    assert!(
        said(&other).contains("as it was, and the file is another now"),
        "{}",
        said(&other)
    );
    home.ok(&["down"]);
    // The first one again goes on with its own state.
    write(0..5);
    let again = home.run(&["up", "--replay", name]);
    assert!(again.status.success(), "{}", said(&again));
    assert!(
        !said(&again).contains("is another file"),
        "{}",
        said(&again)
    );
    assert_eq!(scored(&home), Some(5));
    home.ok(&["down"]);
}
