//! The command line as its users see it: snapshots in `tests/cmd`, and what a snapshot cannot hold.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "command_line/archive.rs"]
mod archive;
#[path = "command_line/build.rs"]
mod build;
#[path = "command_line/completing.rs"]
mod completing;
#[path = "command_line/contact.rs"]
mod contact;
#[path = "command_line/docker_choice.rs"]
mod docker_choice;
#[path = "command_line/exit_codes.rs"]
mod exit_codes;
#[path = "command_line/help.rs"]
mod help;
#[path = "command_line/packages.rs"]
mod packages;
#[path = "command_line/versions.rs"]
mod versions;
#[path = "command_line/watching.rs"]
mod watching;

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

/// Refresh the snapshots with `TRYCMD=overwrite cargo test --test command_line`, and read the diff.
#[test]
fn commands_answer_as_in_their_snapshots() {
    let home = tempfile::tempdir().unwrap();
    trycmd::TestCases::new()
        .env(
            "WIKISENTRY_HOME",
            home.path().join("state").to_str().unwrap(),
        )
        .env(
            "XDG_CONFIG_HOME",
            home.path().join("config").to_str().unwrap(),
        )
        .env("HOME", home.path().to_str().unwrap())
        .env("NO_COLOR", "1")
        .case("tests/cmd/*.toml")
        .case("tests/cmd/*.trycmd");
}

#[test]
fn the_commands_of_models_answer_as_in_their_snapshots() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state");
    versions::publish(&state.join("models"));
    trycmd::TestCases::new()
        .env("WIKISENTRY_HOME", state.to_str().unwrap())
        .env("HOME", home.path().to_str().unwrap())
        .env("NO_COLOR", "1")
        .case("tests/cmd/models/*.trycmd");
}

#[test]
fn edits_are_explained_as_in_their_snapshots() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state");
    archive::fill(&state.join("lake"));
    trycmd::TestCases::new()
        .env("WIKISENTRY_HOME", state.to_str().unwrap())
        .env("HOME", home.path().to_str().unwrap())
        .env("NO_COLOR", "1")
        .case("tests/cmd/explain/*.trycmd");
}

#[test]
fn every_line_of_a_file_is_explained_or_refused_in_its_place() {
    let home = tempfile::tempdir().unwrap();
    let edit = include_str!("../testdata/events/recentchange-2026-temporary-account.json");
    let other = include_str!("../testdata/events/canary-recentchange.json");
    let lines = [edit, other, "{", edit].map(|event| event.replace('\n', " "));
    let file = home.path().join("events.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let command = ["explain", file.to_str().unwrap(), "--output", "json"];
    let output = wikisentry(&home).args(command).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let refused: Vec<bool> = answers.iter().map(|a| a["error"].is_string()).collect();
    assert_eq!(refused, [false, true, true, false]);
    let (first, odds) = (&answers[0], |p: f64| (p / (1.0 - p)).ln());
    let reasons = first["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), 8);
    let shown: f64 = reasons
        .iter()
        .map(|r| r["contribution"].as_f64().unwrap())
        .sum();
    let number = |key: &str| first[key].as_f64().unwrap();
    let sum = number("bias") + shown + number("others");
    assert!((sum - odds(number("score"))).abs() < 1e-3, "{first}");
}

#[test]
fn the_json_of_a_card_has_all_that_the_card_says() {
    let home = tempfile::tempdir().unwrap();
    versions::publish(&home.path().join("state/models"));
    let show = wikisentry(&home)
        .args(["models", "show", "3", "--output", "json"])
        .output()
        .unwrap();
    let shown: serde_json::Value = serde_json::from_slice(&show.stdout).unwrap();
    let file = home
        .path()
        .join("state/models/edit-risk/versions/3/card.json");
    let card: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(shown["card"], card);
    assert_eq!(shown["card"]["ticket"], 17);
}

fn wikisentry(home: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wikisentry"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("WIKISENTRY_HOME", home.path().join("state"))
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .stdin(Stdio::null());
    command
}

#[test]
fn a_new_settings_file_is_for_its_owner_alone_and_is_read_back() {
    let home = tempfile::tempdir().unwrap();
    let answers = ["init", "--contact", "me@example.org", "--size", "small"];
    let init = wikisentry(&home).args(answers).output().unwrap();
    assert!(init.status.success(), "{init:?}");
    let file = home.path().join("config/wikisentry/config.toml");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );

    let show = wikisentry(&home)
        .args(["config", "show", "--output", "json"])
        .output()
        .unwrap();
    let settings: serde_json::Value = serde_json::from_slice(&show.stdout).unwrap();
    let contact = &settings["source.contact"];
    assert_eq!(contact["value"], "me@example.org");
    let origin = contact["origin"].as_str().unwrap();
    let line = origin
        .strip_prefix(&format!("{}:", file.display()))
        .expect(origin);
    let text = std::fs::read_to_string(&file).unwrap();
    let line = text
        .lines()
        .nth(line.parse::<usize>().unwrap() - 1)
        .unwrap();
    assert_eq!(line, "contact = \"me@example.org\"");
}

#[test]
fn an_existing_settings_file_is_kept_unless_forced() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "# mine").unwrap();
    let init = |flags: &[&str]| {
        let output = wikisentry(&home)
            .arg("init")
            .args(flags)
            .arg("--config")
            .arg(&file)
            .output();
        output.unwrap().status.code()
    };
    assert_eq!(init(&[]), Some(7));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "# mine");
    assert_eq!(init(&["--force"]), Some(0));
    assert!(std::fs::read_to_string(&file).unwrap().contains("#contact"));
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn init_for_a_cluster_of_others_writes_what_is_to_be_filled_in_and_it_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let asked = ["init", "--yes", "--profile", "kubernetes"];
    let init = wikisentry(&home).args(asked).output().unwrap();
    let said = String::from_utf8(init.stderr).unwrap();
    assert!(init.status.success(), "{said}");
    let path = said.lines().find_map(|line| line.strip_prefix("wrote "));
    let text = std::fs::read_to_string(path.expect("a file")).unwrap();
    for line in [
        "profile = \"kubernetes\"",
        "context = \"\"",
        "bootstrap = \"\"",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
    assert!(said.contains("kubernetes.s3.bucket"), "{said}");
    let plan = wikisentry(&home).arg("plan").output().unwrap();
    assert_eq!(plan.status.code(), Some(2));
    let said = String::from_utf8(plan.stderr).unwrap();
    assert!(said.contains("`kubernetes.context` is not set"), "{said}");
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_good_end() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        ["config", "show"],
        ["completions", "bash"],
        ["models", "list"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = wikisentry(&home)
            .args(arguments)
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn colours_follow_the_flag_the_variable_and_the_terminal() {
    let home = tempfile::tempdir().unwrap();
    for (flag, no_color, coloured) in [
        ("auto", false, false),
        ("always", true, true),
        ("never", false, false),
    ] {
        let mut command = wikisentry(&home);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        let output = command
            .args(["config", "show", "--color", flag])
            .output()
            .unwrap();
        assert_eq!(output.stdout.contains(&0x1b), coloured, "{flag}");
    }
}
