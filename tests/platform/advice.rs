//! What is advised helps: every command that a message names is typed as it stands there, where the
//! message was given, and does what it is for.

use crate::support::{Home, said};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What a command has in it that does not end by itself.
const FOLLOWING: [&str; 6] = [
    "--follow",
    "-f",
    "--watch",
    "--foreground",
    "demo",
    "replay",
];

/// Long enough for a command that does not follow anything.
const FOLLOWS: Duration = Duration::from_secs(20);

/// The sample as a feed, so that `up` without a recording has something to read.
struct Feed {
    server: Child,
    url: String,
}

impl Feed {
    fn start() -> Self {
        let arguments = [
            "replay", "sample", "--port", "0", "--rate", "200", "--output", "json",
        ];
        let mut server = Home::new()
            .command(&arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the replay server starts");
        let mut line = String::new();
        let mut out = BufReader::new(server.stdout.take().expect("its output"));
        out.read_line(&mut line).expect("where it listens");
        let said: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        let url = said["url"].as_str().expect("its address");
        let (host, _) = url.split_once("/v2/stream").expect("the feed's path");
        let url = format!("{host}/v2/stream");
        Self { server, url }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        _ = self.server.kill();
        _ = self.server.wait();
    }
}

/// A state in which something is said: what led to it, and the command that says it.
struct Scene {
    name: &'static str,
    before: fn(&Home),
    says: &'static [&'static str],
}

const SAMPLE: &[&str] = &["up", "--replay", "sample"];

fn nothing(_: &Home) {}

fn runs(home: &Home) {
    home.ok(SAMPLE);
}

fn stopped(home: &Home) {
    runs(home);
    home.ok(&["down"]);
}

fn without_log(home: &Home) {
    runs(home);
    home.wait_for("edits in the lake", |status| {
        status["archived"].as_u64() > Some(0)
    });
    home.ok(&["down"]);
    std::fs::remove_dir_all(home.state().join("log")).expect("the log is removed");
}

fn with_damaged_alias(home: &Home) {
    runs(home);
    let alias = home.state().join("models/edit-risk/aliases/champion");
    std::fs::write(alias, "no alias").expect("the alias is overwritten");
}

const fn scene(name: &'static str, before: fn(&Home), says: &'static [&'static str]) -> Scene {
    Scene { name, before, says }
}

const SCENES: &[Scene] = &[
    scene("nothing was started", nothing, &["status"]),
    scene("nothing to read", nothing, &["tail", "alerts"]),
    scene("nothing to learn from", nothing, &["retrain", "--now"]),
    scene("nothing was logged", nothing, &["logs"]),
    scene("no such setting", nothing, &["up", "--set", "a.b=1"]),
    scene("no such recording", nothing, &["up", "--replay", "none"]),
    scene("a start", nothing, SAMPLE),
    scene("the feed is asked for", runs, &["up"]),
    scene(
        "another setting is asked for",
        runs,
        &["up", "--replay", "sample", "--set", "archive.max_rows=7"],
    ),
    scene("a stop", runs, &["down"]),
    scene("it was stopped", stopped, &["status"]),
    scene("too young to learn from", runs, &["retrain", "--now"]),
    scene("no such version", runs, &["models", "promote", "99"]),
    scene("no version before", runs, &["models", "rollback"]),
    scene("no such topic", runs, &["tail", "nothing"]),
    scene("no such edit", runs, &["explain", "enwiki:1"]),
    scene("the log is gone", without_log, SAMPLE),
    scene(
        "the champion's alias is damaged",
        with_damaged_alias,
        &["models", "list"],
    ),
];

impl Scene {
    /// A fresh state, as the message finds it.
    fn set(&self, feed: &Feed) -> Home {
        let mut home = Home::new();
        home.set("SOURCE__URL", &feed.url);
        home.set("ARCHIVE__MAX_ROWS", "500");
        (self.before)(&home);
        home
    }
}

/// The commands between backticks that can be typed as they stand.
fn advised(output: &Output) -> BTreeSet<String> {
    let text = said(output) + &String::from_utf8_lossy(&output.stdout);
    let commands = text.split('`').skip(1).step_by(2);
    let commands = commands.map(|command| command.split_whitespace().collect::<Vec<_>>());
    let can_be_typed = |words: &Vec<&str>| {
        let is_placeholder = |word: &&str| word.chars().all(|c| c.is_ascii_uppercase());
        words.first() == Some(&"wikisentry") && !words.iter().any(is_placeholder)
    };
    let commands = commands.filter(can_be_typed);
    commands.map(|words| words[1..].join(" ")).collect()
}

/// The flags between backticks, which go with the command that was typed.
fn advised_flags(output: &Output) -> Vec<String> {
    let text = said(output);
    let pieces = text.split('`').skip(1).step_by(2);
    let flags = pieces.filter(|piece| piece.starts_with("--"));
    let flags = flags.filter(|flag| !flag.contains(|c: char| c.is_whitespace()));
    flags.map(str::to_owned).collect()
}

/// What a command ends with; `None` if it follows something.
fn code(command: &mut Command) -> (Option<i32>, String) {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let begun = Instant::now();
    let ended = loop {
        match child.try_wait().expect("its status") {
            Some(status) => break Some(status.code().unwrap_or(-1)),
            None if begun.elapsed() > FOLLOWS => break None,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    if ended.is_none() {
        child.kill().expect("it is stopped");
    }
    let output = child.wait_with_output().expect("its output");
    (ended, said(&output))
}

#[test]
fn every_command_that_is_advised_does_what_it_is_for() {
    let feed = Feed::start();
    let mut faults = Vec::new();
    let mut typed = 0;
    for scene in SCENES {
        let home = scene.set(&feed);
        let message = home.run(scene.says);
        let mut commands = advised(&message);
        let says = scene.says.join(" ");
        commands.extend(
            advised_flags(&message)
                .iter()
                .map(|flag| format!("{says} {flag}")),
        );
        home.run(&["down"]);
        for command in commands {
            let home = scene.set(&feed);
            // As it was when the message was given.
            home.run(scene.says);
            let words: Vec<&str> = command.split(' ').collect();
            let (code, error) = code(&mut home.command(&words));
            // These tell by their exit code what they found.
            let looks = ["status", "doctor", "plan"].contains(&words[0]);
            let is_fine = match code {
                Some(0) => true,
                None => FOLLOWING.iter().any(|one| words.contains(one)),
                Some(code) => looks && ![2, 7].contains(&code),
            };
            println!("{}: {command}: {code:?}", scene.name);
            if !is_fine {
                faults.push(format!(
                    "{}: `{command}` ends with {code:?}\n{error}",
                    scene.name
                ));
            }
            home.run(&["down"]);
            typed += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(typed >= 15, "{typed}");
}
