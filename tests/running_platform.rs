//! The commands that look at a running platform: one platform on a replay of the sample, looked at
//! from all sides, then stopped and looked at again.

#![allow(clippy::unwrap_used)] // of the functions that only tests call

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wikisentry"));
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("WIKISENTRY_HOME", self.state())
            .env("XDG_CONFIG_HOME", self.0.path().join("config"))
            .env("WIKISENTRY_API__LISTEN", "127.0.0.1:0")
            // Nobody listens there: no test may reach for the real feed.
            .env("WIKISENTRY_SOURCE__URL", "http://127.0.0.1:9/v2/stream")
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    fn state(&self) -> std::path::PathBuf {
        self.0.path().join("state")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Standard output of a command that ends with `code`, one JSON value a line.
    fn json(&self, arguments: &[&str], code: i32) -> Vec<Value> {
        let output = self
            .command(arguments)
            .args(["--output", "json"])
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
        values(&output.stdout)
    }
}

fn values(lines: &[u8]) -> Vec<Value> {
    let lines = lines
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        Self(child.unwrap())
    }

    fn interrupt(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    }
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "waited too long until {what}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn sample() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/testdata/sample/recentchange.jsonl.gz"
    ))
}

#[test]
fn a_platform_can_be_looked_at_while_it_runs_and_after() {
    let home = Home::new();
    let up = ["up", "--foreground", "--replay", "sample"];
    let mut platform = Running::start(&mut home.command(&up));
    wait_until("all of the sample is scored and archived", || {
        let status = home.run(&["status", "--output", "json"]);
        let Some(status) = values(&status.stdout).pop() else {
            return false;
        };
        let topics = status["topics"].as_array().unwrap();
        let classified = topics
            .iter()
            .find(|topic| topic["name"] == "edits.classified");
        let waiting = status["consumers"].as_array().unwrap().iter();
        // An hour's files are counted after the offsets are committed.
        status["received"].as_u64() >= Some(4_231)
            && waiting.map(|one| one["lag"].as_u64().unwrap()).sum::<u64>() == 0
            && status["archived"] == classified.unwrap()["next"]
    });

    let status = home.json(&["status"], 0).remove(0);
    assert_eq!(status["health"], "healthy");
    let edits = status["archived"].as_u64().unwrap();
    assert!(edits > 1_000, "{edits} edits");
    let human = home.run(&["status"]);
    assert_eq!(human.status.code(), Some(0));
    assert!(
        String::from_utf8(human.stdout)
            .unwrap()
            .contains(": healthy\n")
    );

    // What was scored on the way is what `predict` says of the same events.
    let scored = home.json(&["tail", "edits.classified", "--from", "beginning"], 0);
    assert_eq!(scored.len() as u64, edits);
    let predicted = home.json(&["predict", sample().to_str().unwrap()], 0);
    let mut compared = 0;
    for record in &scored {
        let same = |answer: &&Value| {
            answer["meta_id"] == record["meta_id"] && answer.get("error").is_none()
        };
        let answer = predicted.iter().find(same).unwrap();
        for field in [
            "wiki",
            "rev_id",
            "user_type",
            "score",
            "class",
            "model_version",
        ] {
            assert_eq!(
                record[field], answer[field],
                "{field} of {}",
                record["meta_id"]
            );
        }
        compared += 1;
    }
    assert_eq!(compared, scored.len());
    assert_eq!(
        home.json(&["tail", "edits.classified"], 0),
        scored[scored.len() - 10..]
    );
    let three = home.json(&["tail", "edits.classified", "--max", "3"], 0);
    assert_eq!(three, scored[scored.len() - 3..]);
    let lines = home.run(&["tail", "edits.classified", "--from", "5"]);
    let lines = String::from_utf8(lines.stdout).unwrap();
    assert!(lines.starts_with("MADE UTC "), "{lines}");
    assert_eq!(lines.lines().count(), 1 + 5);

    let alerts = home.json(&["alerts", "--from", "beginning"], 0);
    assert_eq!(
        alerts.len() as u64,
        home.json(&["status"], 0)[0]["alerts"].as_u64().unwrap()
    );
    for kind in ["high_risk_edit", "edit_burst"] {
        let expected: Vec<_> = alerts
            .iter()
            .filter(|alert| alert["kind"] == kind)
            .cloned()
            .collect();
        assert_eq!(
            home.json(&["alerts", "--kind", kind, "--from", "100000"], 0),
            expected
        );
    }

    let endpoints = home.json(&["endpoints"], 0).remove(0);
    assert_eq!(endpoints["running"], true);
    assert_eq!(endpoints["base"], status["process"]["api"]);

    // A recording does without the feed, which cannot be reached here.
    let checks = home.json(&["doctor"], 0);
    let feed = checks.iter().find(|check| check["name"] == "feed");
    let finding = feed.unwrap()["finding"].as_str().unwrap();
    assert_eq!(finding, "not used: this is the recording sample");
    let checks = Home::new().json(&["doctor"], 3);
    let failed = checks.iter().filter(|check| check["verdict"] == "fail");
    assert_eq!(
        failed.map(|check| &check["name"]).collect::<Vec<_>>(),
        ["feed"]
    );

    // A follower sees the end of the platform.
    let follow = ["tail", "edits.classified", "--from", "1", "--follow"];
    let mut follower = Running::start(&mut home.command(&follow));
    let mut seen = BufReader::new(follower.0.stdout.take().unwrap());
    seen.read_line(&mut String::new()).unwrap();
    platform.interrupt();
    assert_eq!(platform.0.wait().unwrap().code(), Some(0));
    assert_eq!(follower.0.wait().unwrap().code(), Some(4));

    let stopped = home.json(&["status"], 4).remove(0);
    assert_eq!(stopped["health"], "not_running");
    for kept in ["received", "scored", "archived", "alerts", "bookmark"] {
        let was = &status[kept];
        let is = &stopped[kept];
        match kept {
            "bookmark" => assert_eq!(is["positions"], was["positions"]),
            _ => assert_eq!(is, was, "{kept}"),
        }
    }
    let read_from_disk = home.json(&["tail", "edits.classified", "--from", "beginning"], 0);
    assert_eq!(read_from_disk, scored);
    let follow = home.run(&["tail", "alerts", "--follow"]);
    assert_eq!(follow.status.code(), Some(4));
}

#[test]
fn later_commands_act_on_what_was_started_with_its_flags() {
    let home = Home::new();
    let settings = home.0.path().join("named.toml");
    std::fs::write(&settings, "[alerts]\nwar_reverts = 9\n").unwrap();
    let config = settings.to_str().unwrap();
    let first = [
        "up",
        "--replay",
        "sample",
        "--timeout",
        "60",
        "--config",
        config,
    ];
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = port.local_addr().unwrap();
    drop(port);
    let (set, base) = (format!("api.listen={listen}"), format!("http://{listen}"));
    // In the background: what is set here is handed over to another process.
    home.json(&[&first[..], &["--set", &set]].concat(), 0);
    let base_of = |code: i32| {
        let status = home.json(&["status"], code).remove(0);
        let endpoints = home.json(&["endpoints"], 0).remove(0);
        (status["health"].clone(), endpoints["base"].clone())
    };
    assert_eq!(base_of(0), ("healthy".into(), base.as_str().into()));
    let settings = |own: &[&str]| {
        let arguments = [&["config", "show"], own].concat();
        let all = home.json(&arguments, 0).remove(0);
        let value = |key: &str| all[key]["value"].clone();
        (value("api.listen"), value("alerts.war_reverts"))
    };
    let named = listen.to_string();
    assert_eq!(settings(&[]), (named.as_str().into(), 9.into()));
    // A flag of the call wins; another profile is another platform.
    let other = "127.0.0.1:1";
    assert_eq!(
        settings(&["--set", &format!("api.listen={other}")]).0,
        other
    );
    assert_eq!(settings(&["--set", "profile=k3d"]).0, "127.0.0.1:0");
    assert!(home.run(&["down"]).status.success());
    assert_eq!(base_of(4), ("not_running".into(), base.as_str().into()));

    home.json(&["up", "--replay", "sample", "--timeout", "60"], 0);
    assert_eq!(base_of(0), ("healthy".into(), base.as_str().into()));
    assert!(home.run(&["down", "--purge", "--yes"]).status.success());
    assert_eq!(settings(&[]), ("127.0.0.1:0".into(), 4.into()));
}

#[test]
fn what_the_settings_allow_can_be_run() {
    let home = Home::new();
    let wrong = "alerts.burst_edits=1";
    for command in [&["config", "show"][..], &["up"], &["plan"], &["status"]] {
        let output = home.run(&[command, &["--set", wrong]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command:?}: {said}");
        assert_eq!(said.matches("error:").count(), 1, "{command:?}: {said}");
        assert!(said.contains("`alerts.burst_edits` cannot be 1"), "{said}");
    }
    let checks = home.json(&["doctor", "--set", wrong], 3);
    assert_eq!(checks[0]["verdict"], "fail");
}

#[test]
fn a_replay_says_where_it_is_and_what_it_sent() {
    let home = Home::new();
    let arguments = [
        "replay", "sample", "--port", "0", "--seed", "7", "--output", "json",
    ];
    let mut replay = Running::start(&mut home.command(&arguments));
    let mut said = BufReader::new(replay.0.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let start: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&start["events"], &start["seed"]),
        (&4_231.into(), &7.into())
    );
    let set = format!("source.url={}", start["url"].as_str().unwrap());
    assert_eq!(
        start["streams"],
        serde_json::json!(["mediawiki.recentchange"])
    );
    let checks = home.json(&["doctor", "--set", &set], 0);
    assert!(
        checks
            .iter()
            .any(|check| check["name"] == "feed" && check["verdict"] == "ok")
    );
    replay.interrupt();
    assert_eq!(replay.0.wait().unwrap().code(), Some(0));
    line.clear();
    said.read_line(&mut line).unwrap();
    let end: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(end["connections"], 1);
    assert!(end["faults"].is_object());
}

#[test]
fn predictions_follow_the_flag_for_bots_and_a_closed_pipe_ends_them() {
    let home = Home::new();
    let file = sample().to_str().unwrap();
    let bots = |answers: &[Value], scored: bool| {
        let bots = answers.iter().filter(|answer| answer["user_type"] == "bot");
        bots.filter(|answer| answer["score"].is_f64() == scored)
            .count()
    };
    let plain = home.json(&["predict", file], 0);
    let flagged = home.json(&["predict", file, "--score-bots"], 0);
    assert_eq!((plain.len(), flagged.len()), (4_231, 4_231));
    assert_eq!((bots(&plain, true), bots(&flagged, false)), (0, 0));
    assert!(bots(&plain, false) > 0);

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = home
        .command(&["predict", file])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn looking_without_a_platform_leaves_no_trace() {
    let home = Home::new();
    for arguments in [
        &["status"][..],
        &["tail", "alerts"],
        &["alerts"],
        &["logs"],
        &["endpoints"],
        &["doctor"],
        &["predict", "-"],
    ] {
        home.run(arguments);
        assert!(!home.state().exists(), "{arguments:?}");
    }
}
