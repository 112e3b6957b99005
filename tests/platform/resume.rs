//! What comes while the platform is away, from a service that behaves as EventStreams does: another
//! data centre, another cluster with other offsets, streams that are added and removed.

use crate::service::{BY_TIME, EQIAD, Service, edit, template, time};
use crate::support::{Home, terminate};
use serde_json::{Value, json};
use wikisentry_replay::{FIRST_OFFSET, KafkaSse};

const CODFW: &str = "codfw.mediawiki.recentchange";
const TAGS: &str = "mediawiki.revision-tags-change";

/// A change of tags, of a revision that is no edit here.
fn tags(number: usize) -> Value {
    json!({
        "$schema": "/mediawiki/revision/tags-change/1.0.0",
        "meta": {
            "id": format!("00000000-0000-4000-9000-{number:012}"),
            "dt": time(number),
            "stream": TAGS,
            "topic": format!("eqiad.{TAGS}"),
            "domain": "en.wikipedia.org",
        },
        "database": "enwiki",
        "page_id": 1,
        "page_title": "Title",
        "page_namespace": 0,
        "rev_id": number,
        "rev_timestamp": time(number),
        "tags": ["mw-reverted"],
        "prior_state": {"tags": []},
    })
}

/// Runs the platform until so many edits are archived, and ends it.
fn run_until(home: &Home, edits: usize) -> Value {
    let mut up = home.spawn_up(&[]);
    let status = home.wait_for("the edits in the lake", |status| {
        status["archived"].as_u64() >= Some(edits as u64)
    });
    assert!(terminate(&mut up).success(), "{}", home.log());
    status
}

fn home(service: &Service) -> Home {
    let mut home = Home::new();
    home.set("SOURCE__URL", &service.url());
    home.set("ARCHIVE__INTERVAL", "200ms");
    home
}

#[test]
fn a_switch_of_the_data_centre_while_away_loses_nothing() {
    let template = template();
    for kafkasse in [KafkaSse::default(), BY_TIME] {
        let before: Vec<Value> = (0..300).map(|n| edit(&template, n, EQIAD)).collect();
        let away = (300..600).map(|n| edit(&template, n, CODFW));
        let all: Vec<Value> = before.iter().cloned().chain(away).collect();
        let mut service = Service::new();
        service.serve(&before, kafkasse, FIRST_OFFSET);
        let home = home(&service);
        run_until(&home, 300);
        service.serve(&all, kafkasse, FIRST_OFFSET);
        let status = run_until(&home, 600);
        assert_eq!(status["gaps"], 0, "{kafkasse:?}");
        home.assert_each_once(600);
    }
}

#[test]
fn another_cluster_with_other_offsets_loses_and_doubles_nothing() {
    let template = template();
    let events: Vec<Value> = (0..900).map(|n| edit(&template, n, EQIAD)).collect();
    let mut service = Service::new();
    service.serve(&events[..300], BY_TIME, FIRST_OFFSET);
    let home = home(&service);
    run_until(&home, 300);
    // Far above, then far below.
    service.serve(&events[..600], BY_TIME, 50_000_000);
    assert_eq!(run_until(&home, 600)["gaps"], 0);
    service.serve(&events, BY_TIME, 20);
    let status = run_until(&home, 900);
    assert_eq!(status["gaps"], 0);
    assert_eq!(status["bookmark"]["positions"][format!("{EQIAD}/0")], 920);
    home.assert_each_once(900);
}

#[test]
fn what_another_cluster_no_longer_has_is_a_gap() {
    let template = template();
    let events: Vec<Value> = (0..900).map(|n| edit(&template, n, EQIAD)).collect();
    let mut service = Service::new();
    service.serve(&events[..300], BY_TIME, 1_000);
    let home = home(&service);
    run_until(&home, 300);
    service.serve(&events[500..], BY_TIME, 20);
    let status = run_until(&home, 700);
    assert_eq!(status["gaps"], 1);
    home.assert_each_once(700);
}

#[test]
fn streams_can_be_added_and_removed_on_a_state() {
    let template = template();
    for kafkasse in [KafkaSse::default(), BY_TIME] {
        let edits: Vec<Value> = (0..900).map(|n| edit(&template, n, EQIAD)).collect();
        let facts = (300..400).map(tags);
        let mut service = Service::new();
        service.serve(&edits[..300], kafkasse, FIRST_OFFSET);
        let mut home = home(&service);
        run_until(&home, 300);

        let mut all = edits[..600].to_vec();
        all.extend(facts);
        service.serve(&all, kafkasse, FIRST_OFFSET);
        home.set("SOURCE__STREAMS", &format!("recentchange,{TAGS}"));
        let mut up = home.spawn_up(&[]);
        let status = home.wait_for("edits and facts", |status| {
            let topics = status["topics"].as_array().expect("topics");
            let tags = topics.iter().find(|topic| topic["name"] == "revision.tags");
            status["archived"] == 600 && tags.is_some_and(|tags| tags["records"] == 100)
        });
        assert_eq!(status["gaps"], 0, "{kafkasse:?}");
        assert!(terminate(&mut up).success(), "{}", home.log());

        // A topic of the stream that is no longer subscribed would be refused.
        home.set("SOURCE__STREAMS", "recentchange");
        let rest: Vec<Value> = edits.iter().cloned().chain((300..400).map(tags)).collect();
        service.serve(&rest, kafkasse, FIRST_OFFSET);
        let status = run_until(&home, 900);
        assert_eq!(
            (&status["gaps"], &status["health"]),
            (&json!(0), &json!("healthy"))
        );
        home.assert_each_once(900);
    }
}
