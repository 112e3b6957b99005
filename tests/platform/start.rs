//! What `up` promises: that it judges its own start, leaves alone what runs as asked for, and says
//! what differs.

use crate::support::{Home, NOWHERE, PATIENCE, said, terminate};
use serde_json::Value;
use std::net::TcpListener;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

fn pid(status: &Value) -> u64 {
    status["process"]["pid"].as_u64().expect("it runs")
}

#[test]
fn a_request_that_differs_from_what_runs_is_refused_and_restart_carries_it_out() {
    let mut home = Home::new();
    home.set("SOURCE__URL", NOWHERE);
    home.set("ARCHIVE__MAX_ROWS", "9");
    home.ok(&["up", "--replay", "sample"]);
    let first = pid(&home.status().expect("it runs"));

    let same = home.run(&["up", "--replay", "sample", "--output", "json"]);
    assert_eq!(code(&same), 0, "{}", said(&same));
    let status: Value = serde_json::from_slice(&same.stdout).expect("the status");
    assert_eq!(pid(&status), first);

    let feed = home.run(&["up"]);
    assert_eq!(code(&feed), 7, "{}", said(&feed));
    assert!(
        said(&feed).contains("it reads the recording sample, and the feed is asked for"),
        "{}",
        said(&feed)
    );
    let set = ["up", "--replay", "sample", "--set", "archive.max_rows=7"];
    let other = home.run(&set);
    assert_eq!(code(&other), 7, "{}", said(&other));
    assert!(
        said(&other).contains("`archive.max_rows` is 9, and 7 is asked for")
            && said(&other).contains("--restart"),
        "{}",
        said(&other)
    );
    assert_eq!(pid(&home.status().expect("it runs")), first);

    let restarted = home.run(&[&set[..], &["--restart"]].concat());
    assert_eq!(code(&restarted), 0, "{}", said(&restarted));
    let again = home.status().expect("it runs");
    assert_ne!(pid(&again), first);
    // What was refused is not remembered; what was carried out is.
    let shown = home.ok(&["config", "show", "--output", "json"]);
    let shown: Value = serde_json::from_str(&shown).expect("the settings");
    assert_eq!(shown["archive.max_rows"]["value"], 7);
    home.ok(&["down"]);
}

#[test]
fn what_can_be_known_of_a_restart_is_checked_before_anything_is_stopped() {
    let mut home = Home::new();
    home.set("SOURCE__URL", NOWHERE);
    home.ok(&["up", "--replay", "sample"]);
    let first = pid(&home.status().expect("it runs"));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = format!("api.listen={}", taken_by(&taken));
    let bots = home.dir.path().join("useless.jsonl");
    let useless =
        r#"{"meta":{"stream":"mediawiki.page-create","id":"a","dt":"2026-01-01T00:00:00Z"}}"#;
    std::fs::write(&bots, useless).expect("written");
    let useless = bots.to_str().expect("UTF-8");
    let sample = ["up", "--restart", "--replay", "sample"];
    for (command, expected, says) in [
        (
            [&sample[..], &["--set", &taken]].concat(),
            3,
            "cannot listen on",
        ),
        // Another state than the one in use.
        (
            vec!["up", "--restart", "--set", &taken],
            3,
            "cannot listen on",
        ),
        (
            vec![
                "up",
                "--restart",
                "--set",
                "source.since=2999-01-01T00:00:00Z",
            ],
            2,
            "source.since",
        ),
        (
            vec!["up", "--restart", "--replay", useless],
            2,
            "nothing that can be scored",
        ),
        (
            vec!["up", "--restart", "--replay", "none.jsonl"],
            2,
            "cannot be replayed",
        ),
    ] {
        let refused = home.run(&command);
        assert_eq!(code(&refused), expected, "{command:?}: {}", said(&refused));
        assert!(
            said(&refused).contains(says),
            "{command:?}: {}",
            said(&refused)
        );
        assert_eq!(pid(&home.status().expect("it runs")), first, "{command:?}");
    }
    // Its own port is free once it has stopped.
    let status = home.status().expect("it runs");
    let own = status["process"]["api"].as_str().expect("an address");
    let own = format!("api.listen={}", own.trim_start_matches("http://"));
    home.ok(&[&sample[..], &["--set", &own]].concat());
    assert_ne!(pid(&home.status().expect("it runs")), first);

    // What cannot be known ends with the way back: of another state whose log is a link elsewhere.
    let models = home.home().join("models");
    std::os::unix::fs::symlink("/dev/null", &models).expect("linked");
    let failed = home.run(&["up", "--restart"]);
    assert_ne!(code(&failed), 0, "{}", said(&failed));
    let says =
        "nothing runs any more; what ran before starts again with `wikisentry up --replay sample`";
    assert!(said(&failed).contains(says), "{}", said(&failed));
    std::fs::remove_file(&models).expect("unlinked");
    home.ok(&["up", "--replay", "sample"]);
    home.ok(&["down"]);
}

fn taken_by(listener: &TcpListener) -> std::net::SocketAddr {
    listener.local_addr().expect("an address")
}

#[test]
fn what_was_scored_before_is_no_success_of_this_start() {
    let mut home = Home::new();
    home.ok(&["up", "--replay", "sample"]);
    home.wait_for("the sample in the lake", |status| {
        status["archived"].as_u64() == Some(4_068) && status["lag"] == 0
    });
    // Nothing of the recording is left to come: that is no failure.
    home.ok(&["down"]);
    let over = home.run(&["up", "--replay", "sample"]);
    assert_eq!(code(&over), 0, "{}", said(&over));
    assert!(
        said(&over).contains("read to its end before"),
        "{}",
        said(&over)
    );
    home.ok(&["down"]);

    // As if the live feed had brought these edits.
    for kept in ["log", "lake", "models"] {
        std::fs::rename(home.state().join(kept), home.home().join(kept)).expect("moved");
    }
    home.set("SOURCE__URL", NOWHERE);
    let silent = home.run(&["up", "--timeout", "1"]);
    assert_eq!(code(&silent), 6, "{}", said(&silent));
    assert!(
        said(&silent).contains("no edit was scored within 1 s")
            && said(&silent).contains("the feed is unreachable"),
        "{}",
        said(&silent)
    );
    let status = home.status().expect("it goes on running");
    assert_eq!(status["health"], "degraded");
    assert_eq!(status["process"]["scored"], 0);
    assert!(status["scored"].as_u64() > Some(0));
    home.ok(&["down"]);
}

#[test]
fn of_two_starts_at_once_one_starts_and_the_other_finds_it() {
    let home = Home::new();
    let up = || {
        let mut command = home.command(&["up", "--replay", "sample"]);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().expect("the program starts")
    };
    let both = [up(), up(), up()];
    let ended = both.map(|child| child.wait_with_output().expect("it ends"));
    for output in &ended {
        assert_eq!(code(output), 0, "{}", said(output));
    }
    let found = ended
        .iter()
        .filter(|one| said(one).contains("already running"));
    assert_eq!(found.count(), 2, "{ended:?}");
    home.ok(&["down"]);
}

#[test]
fn what_is_in_the_way_of_the_background_process_is_said_once() {
    let mut home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    home.set("API__LISTEN", &address);
    let refused = home.run(&["up", "--replay", "sample"]);
    assert_eq!(code(&refused), 3, "{}", said(&refused));
    assert_eq!(
        said(&refused).matches("error:").count(),
        1,
        "{}",
        said(&refused)
    );
    assert_eq!(
        said(&refused).matches("help:").count(),
        1,
        "{}",
        said(&refused)
    );
    assert!(said(&refused).contains(&address), "{}", said(&refused));
}

#[test]
fn ctrl_c_while_it_waits_says_that_the_platform_goes_on() {
    let mut home = Home::new();
    home.set("SOURCE__URL", NOWHERE);
    let mut command = home.command(&["up", "--timeout", "1000"]);
    let waiting = command.stderr(Stdio::piped()).spawn().expect("it starts");
    home.wait_for("the platform", |status| status["process"].is_object());
    let pid = rustix::process::Pid::from_child(&waiting);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("SIGINT");
    let ended = waiting.wait_with_output().expect("it ends");
    assert_eq!(code(&ended), 130, "{}", said(&ended));
    assert!(
        said(&ended).contains("goes on in the background")
            && said(&ended).contains("wikisentry down"),
        "{}",
        said(&ended)
    );
    assert!(home.status().is_some());
    home.ok(&["down"]);
}

#[test]
fn a_settings_file_that_is_gone_stops_the_next_start_alone() {
    let home = Home::new();
    let file = home.dir.path().join("mine.toml");
    std::fs::write(&file, "[archive]\nmax_rows = 7\n").expect("the file");
    let named = file.to_str().expect("UTF-8");
    home.ok(&["--config", named, "up", "--replay", "sample"]);
    std::fs::remove_file(&file).expect("removed");
    let status = home.run(&["status"]);
    assert_eq!(code(&status), 0, "{}", said(&status));
    assert!(
        said(&status).contains("of the last `up` is gone"),
        "{}",
        said(&status)
    );
    assert!(said(&status).contains(named), "{}", said(&status));
    home.ok(&["tail", "edits.classified", "--max", "1"]);
    let up = home.run(&["up", "--replay", "sample"]);
    assert_eq!(code(&up), 2, "{}", said(&up));
    assert!(said(&up).contains(named), "{}", said(&up));
    home.ok(&["down"]);
}

/// Whether every thread of a process is stopped by a signal.
fn is_stopped(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("its threads");
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // The name before the state may hold anything.
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| rest.starts_with(" T"))
    })
}

#[test]
fn a_process_that_hangs_is_not_waited_for_without_end() {
    let home = Home::new();
    let mut up = home.spawn_up(&["--replay", "sample"]);
    home.wait_for("the first edits", |status| {
        status["scored"].as_u64() > Some(0)
    });
    let pid = rustix::process::Pid::from_child(&up);
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("SIGSTOP");
    // A busy machine stops its threads one after the other.
    let begun = Instant::now();
    while !is_stopped(up.id()) {
        assert!(begun.elapsed() < PATIENCE, "it does not stop");
        std::thread::sleep(Duration::from_millis(10));
    }
    for command in [&["status"][..], &["tail", "edits.classified"], &["alerts"]] {
        let silent = home.run(command);
        assert_eq!(code(&silent), 5, "{command:?}: {}", said(&silent));
        assert!(
            said(&silent).contains("nothing came within"),
            "{}",
            said(&silent)
        );
    }
    rustix::process::kill_process(pid, rustix::process::Signal::CONT).expect("SIGCONT");
    let begun = Instant::now();
    while home.status().is_none() && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(terminate(&mut up).success(), "{}", home.log());
}
