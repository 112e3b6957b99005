//! A password in the address of the feed is sent to the feed, and told to nobody else.

use crate::service::{BY_TIME, EQIAD, Service, edit, template};
use crate::support::{Home, files_below, terminate};
use serde_json::json;
use std::path::PathBuf;
use wikisentry_replay::FIRST_OFFSET;

const SECRET: &str = "s3cr3t-of-the-feed";

#[test]
fn a_password_of_the_feed_is_neither_shown_nor_stored_nor_logged() {
    let mut service = Service::new();
    let mut events: Vec<_> = (0..20).map(|n| edit(&template(), n, EQIAD)).collect();
    // It becomes a dead letter.
    let mut odd = edit(&template(), 20, EQIAD);
    odd["title"] = json!(7);
    events.push(odd);
    service.serve(&events, BY_TIME, FIRST_OFFSET);
    let mut home = Home::new();
    let with_secret = format!("://me:{SECRET}@");
    home.set("SOURCE__URL", &service.url().replace("://", &with_secret));
    home.set("SOURCE__SINCE", "2020-01-01T00:00:00Z");
    home.set("ARCHIVE__INTERVAL", "200ms");
    let mut up = home.spawn_up(&[]);
    let status = home.wait_for("the events", |status| {
        status["archived"] == 20 && status["deadletter"] == 1
    });
    assert!(
        status["feed"]["source"]
            .as_str()
            .is_some_and(|source| source.starts_with("http://me:***@127.0.0.1:")),
        "{status}"
    );
    let mut said = vec![status.to_string(), home.log()];
    for command in [
        &["status"][..],
        &["status", "--output", "json"],
        &["tail", "deadletter", "--from", "beginning"],
        &[
            "tail",
            "deadletter",
            "--from",
            "beginning",
            "--output",
            "json",
        ],
        &["config", "show"],
        &["config", "show", "--output", "json"],
        &["doctor"],
        &[
            "up",
            "--set",
            "source.url=https://you:s3cr3t-of-the-feed@example.org/",
        ],
        &["plan"],
        &["plan", "--profile", "k3d"],
    ] {
        let output = home.run(command);
        for stream in [output.stdout, output.stderr] {
            said.push(String::from_utf8(stream).expect("UTF-8"));
        }
    }
    assert!(terminate(&mut up).success(), "{}", home.log());
    said.push(String::from_utf8(home.run(&["status"]).stdout).expect("UTF-8"));
    said.push(home.log());
    for text in &said {
        assert!(!text.contains(SECRET), "{text}");
    }
    let is_in = |path: &PathBuf| {
        let bytes = std::fs::read(path).expect("a file");
        bytes
            .windows(SECRET.len())
            .any(|part| part == SECRET.as_bytes())
    };
    let mut found = files_below(&home.home());
    assert!(!found.is_empty());
    // The notes in `run` are for the platform's next process, and their owner's alone.
    found.retain(|path| !path.starts_with(home.home().join("run")) && is_in(path));
    assert_eq!(found, Vec::<PathBuf>::new());
}
