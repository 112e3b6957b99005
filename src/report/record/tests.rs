//! Records as people see them.

use super::*;
use anstream::adapter::strip_str;
use jiff::tz::TimeZone;
use serde_json::{Value, json, value::RawValue};
use unicode_width::UnicodeWidthStr;

fn shown(topic: Topic, value: &Value, width: usize) -> String {
    shown_on("2026-09-17T18:00:00Z", topic, value, width)
}

/// The line, as of a time in UTC.
fn shown_on(now: &str, topic: Topic, value: &Value, width: usize) -> String {
    let clock = clock(now, TimeZone::UTC);
    strip_str(&raw(topic, value, look(width, &clock)).text).to_string()
}

fn clock(now: &str, zone: TimeZone) -> Clock {
    let now = EventTime::parse(now).unwrap();
    Clock { now, zone }
}

fn look(width: usize, clock: &Clock) -> Look<'_> {
    let (links, time_width) = (false, 0);
    Look {
        width,
        links,
        clock,
        time_width,
    }
}

fn raw(topic: Topic, value: &Value, look: Look<'_>) -> Line {
    let value = RawValue::from_string(value.to_string()).unwrap();
    let record = TailRecord {
        offset: 7,
        timestamp: EventTime::parse("2026-09-17T03:42:40Z").unwrap(),
        key: "enwiki:A".into(),
        value: &value,
    };
    line(topic, &record, look)
}

#[test]
fn a_title_leads_to_what_the_edit_changed_where_the_terminal_can() {
    let clock = clock("2026-09-17T18:00:00Z", TimeZone::UTC);
    let look = |links| Look {
        width: 120,
        links,
        clock: &clock,
        time_width: 0,
    };
    let linked = raw(Topic::EditsRegistered, &event(), look(true)).text;
    let link = "\u{1b}]8;;https://en.wikipedia.org/w/index.php?diff=2\u{1b}\\";
    assert!(
        linked.contains(link) && linked.contains("\u{1b}]8;;\u{1b}\\"),
        "{linked:?}"
    );
    let plain = raw(Topic::EditsRegistered, &event(), look(false)).text;
    assert!(!plain.contains("]8;;"), "{plain:?}");
    assert_eq!(
        strip_str(&linked).to_string(),
        strip_str(&plain).to_string()
    );
    // What strangers typed never becomes part of a link.
    let mut odd = event();
    odd["wiki"] = json!("en\u{1b}]8;;wiki");
    let odd = raw(Topic::EditsRegistered, &odd, look(true)).text;
    assert!(!odd.contains("]8;;https"), "{odd:?}");
}

fn event() -> Value {
    json!({
        "$schema": "/mediawiki/recentchange/1.0.1",
        "meta": {"id": "11111111-1111-4111-8111-111111111111", "dt": "2026-09-17T03:42:33.778Z",
                 "domain": "en.wikipedia.org", "stream": "mediawiki.recentchange"},
        "type": "edit", "namespace": 0, "title": "Rust (programming language)",
        "comment": "fix a typo\u{1b}[31m", "timestamp": 1789616553, "user": "~2026-12345-67",
        "bot": false, "minor": false, "patrolled": false, "wiki": "enwiki",
        "server_name": "en.wikipedia.org",
        "length": {"old": 100, "new": 90}, "revision": {"old": 1, "new": 2},
    })
}

fn classified() -> Value {
    let raw = event().to_string();
    let Ok(Event {
        body: Body::Edit(edit),
        ..
    }) = Event::parse(raw.as_bytes())
    else {
        panic!("not an edit")
    };
    let classification = Classification {
        score: Some(0.8125),
        class: Some("high".into()),
        model_version: Some("edit-risk/1".into()),
        ingest_time: edit.event_time,
        score_time: edit.event_time,
    };
    serde_json::to_value(ClassifiedEdit {
        edit: *edit,
        classification,
    })
    .unwrap()
}

fn dead() -> Value {
    json!({"reason": "not JSON", "origin": {"source": "feed"},
           "received_at": "2026-09-17T03:42:33.778Z", "bytes": 12, "payload": "{\u{7} half\n"})
}

fn risk() -> Value {
    serde_json::from_str(include_str!("../../../testdata/events/revert-risk.json")).unwrap()
}

fn alarm() -> Value {
    json!({"alert_id": "00", "kind": "feed_stalled",
           "details": {"last_event_at": "2026-09-17T03:42:33.778Z", "silent_seconds": 120.0},
           "severity": "critical", "subject": "feed", "title": "no event for 2 min",
           "event_time": "2026-09-17T03:44:33.778Z", "raised_at": "2026-09-17T03:44:33.778Z"})
}

#[test]
fn each_topic_reads_as_one_line_that_says_what_happened() {
    let lines = [
        shown(Topic::EditsAnonymous, &event(), UNLIMITED),
        shown(Topic::EditsClassified, &classified(), UNLIMITED),
        shown(Topic::Alerts, &alarm(), UNLIMITED),
        shown(Topic::DeadLetter, &dead(), UNLIMITED),
        shown(Topic::EditsClassified, &json!({"torn": true}), UNLIMITED),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r#"
    03:42:33  enwiki        ~2026-12345-67         -10  Rust (programming language)       fix a typo�[31m
    03:42:33  enwiki        0.812  high    ~2026-12345-67         -10  Rust (programming language)       fix a typo�[31m
    03:44:33  feed_stalled    no event for 2 min
    03:42:33        12 B  not JSON: {� half�
    -         {"torn":true}
    "#);
}

/// An event of `testdata/events`.
fn of_file(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn all_label_facts_stand_below_the_same_columns() {
    let facts = [
        of_file(include_str!(
            "../../../testdata/events/revision-tags-change.json"
        )),
        of_file(include_str!(
            "../../../testdata/events/page-change-revert.json"
        )),
        risk(),
    ];
    let clock = clock("2026-09-17T18:00:00Z", TimeZone::UTC);
    for width in [80, 120, UNLIMITED] {
        let look = look(width, &clock);
        for fact in &facts {
            let line = raw(Topic::RevisionTags, fact, look);
            let header = header(Topic::RevisionTags, line.time_width, look);
            let text = strip_str(&line.text).to_string();
            let at = |title: &str| header.find(title).unwrap();
            for (title, end) in [("WIKI", at("PAGE")), ("PAGE", at("FACT"))] {
                // Each cell begins below its title, and what is left of the next one is free.
                let start = at(title);
                assert!(
                    text[start..].starts_with(|c: char| c != ' '),
                    "{header}\n{text}"
                );
                assert_eq!(&text[end - 2..end], "  ", "{header}\n{text}");
            }
            assert!(text.len() > at("FACT"), "{header}\n{text}");
        }
    }
    let lines = facts.map(|fact| shown(Topic::RevisionTags, &fact, UNLIMITED));
    insta::assert_snapshot!(lines.join("\n"), @"
    2026-03-01 18:57:16  enwiki        Example page                      1002 has the tags mw-reverted
    2026-03-01 12:00:00  enwiki        Talk:Example page                 reverts 999 to 1001
    2026-03-01 12:00:00  enwiki        Talk:Example page                 revert risk 0.306 by revertrisk-language-agnostic
    ");
}

#[test]
fn the_time_is_that_by_which_filters_go() {
    let mut alert = alarm();
    alert["event_time"] = json!("2026-09-17T02:00:00Z");
    let line = shown(Topic::Alerts, &alert, UNLIMITED);
    assert!(line.starts_with("02:00:00  "), "{line}");
    // One that is dated ahead counts no more than an hour after it came, as in filters.
    let mut ahead = classified();
    ahead["event_time"] = json!("2031-01-01T00:00:00Z");
    let line = shown(Topic::EditsClassified, &ahead, UNLIMITED);
    assert!(line.starts_with("04:42:40  "), "{line}");
    // Of a dead letter it is known when it came.
    let clock = clock("2026-09-17T18:00:00Z", TimeZone::UTC);
    let look = look(80, &clock);
    let line = raw(Topic::DeadLetter, &dead(), look);
    assert!(header(Topic::DeadLetter, line.time_width, look).starts_with("CAME UTC  "));
}

#[test]
fn a_time_of_another_day_has_its_date_and_the_header_names_the_zone() {
    let both = |now: &str, zone: TimeZone, width: usize| {
        let clock = clock(now, zone);
        let look = look(width, &clock);
        let line = raw(Topic::EditsClassified, &classified(), look);
        let header = header(Topic::EditsClassified, line.time_width, look);
        let line = strip_str(&line.text).to_string();
        assert!(line.width() <= width && header.width() <= width, "{header}");
        // The wiki stands below its name.
        assert_eq!(header.find("WIKI"), line.find("enwiki"), "{header}\n{line}");
        assert_eq!(header.find("SCORE"), line.find("0.812"), "{header}\n{line}");
        assert_eq!(header.find("USER"), line.find("~2026"), "{header}\n{line}");
        assert_eq!(header.find("PAGE"), line.find("Rust"), "{header}\n{line}");
        let begin = |text: &str| text.split("  ").next().unwrap_or_default().to_owned();
        (begin(&header), begin(&line))
    };
    let tokyo = || TimeZone::posix("JST-9").unwrap();
    for (now, zone, width, expected) in [
        (
            "2026-09-17T23:59:59Z",
            TimeZone::UTC,
            200,
            ("MADE UTC", "03:42:33"),
        ),
        (
            "2026-09-18T00:00:00Z",
            TimeZone::UTC,
            200,
            ("MADE UTC", "2026-09-17 03:42:33"),
        ),
        (
            "2026-09-18T00:00:00Z",
            TimeZone::UTC,
            80,
            ("MADE UTC", "09-17 03:42"),
        ),
        (
            "2027-09-17T23:59:59Z",
            TimeZone::UTC,
            80,
            ("MADE UTC", "2026-09-17 03:42"),
        ),
        (
            "2026-09-17T23:59:59Z",
            TimeZone::unknown(),
            200,
            ("MADE UTC", "03:42:33"),
        ),
        (
            "2026-09-17T14:00:00Z",
            tokyo(),
            200,
            ("MADE LOCAL", "12:42:33"),
        ),
        (
            "2026-09-17T15:00:00Z",
            tokyo(),
            200,
            ("MADE LOCAL", "2026-09-17 12:42:33"),
        ),
    ] {
        let (zone, time) = both(now, zone, width);
        assert_eq!((zone.as_str(), time.as_str()), expected, "{now}");
    }
}

#[test]
fn what_there_is_no_room_for_goes_in_its_order_and_never_time_or_title() {
    for (width, now, expected) in [
        (
            150,
            "2026-09-17T18:00:00Z",
            "SCORE CLASS USER BYTES PAGE SUMMARY",
        ),
        (100, "2026-09-17T18:00:00Z", "SCORE CLASS USER BYTES PAGE"),
        (80, "2026-09-17T18:00:00Z", "SCORE USER BYTES PAGE"),
        (80, "2026-11-30T18:00:00Z", "SCORE USER PAGE"),
        (80, "2027-01-01T00:00:00Z", "SCORE USER PAGE"),
    ] {
        let clock = clock(now, TimeZone::UTC);
        let look = look(width, &clock);
        let line = raw(Topic::EditsClassified, &classified(), look);
        let header = header(Topic::EditsClassified, line.time_width, look);
        let names: Vec<&str> = header.split_whitespace().collect();
        let expected = format!("MADE UTC WIKI {expected}");
        assert_eq!(names.join(" "), expected, "{width}");
        let line = strip_str(&line.text).to_string();
        assert!(line.contains("Rust (programming l"), "{line}");
    }
}

#[test]
fn of_an_alert_nothing_is_cut() {
    let mut alert = alarm();
    alert["title"] =
        json!("~2026-12345-67 made 12 edits within 60 s, the last of Rust\u{7} (language)");
    insta::assert_snapshot!(shown(Topic::Alerts, &alert, 80), @r"
    03:44:33  feed_stalled    ~2026-12345-67 made 12 edits within 60 s, the last of
                              Rust� (language)
    ");
    // Where there are no spaces a name ends anywhere.
    alert["title"] = json!(format!("{} made 12 edits within 60 s", "維".repeat(80)));
    for line in shown(Topic::Alerts, &alert, 80).lines() {
        assert!(line.width() <= 80, "{line}");
    }
    let piped = shown(Topic::Alerts, &alert, UNLIMITED);
    assert_eq!(piped.lines().count(), 1, "{piped}");
}

#[test]
fn times_take_what_the_widest_before_them_took() {
    let clock = clock("2026-09-17T18:00:00Z", TimeZone::UTC);
    let wide = Look {
        time_width: dated_width(80),
        ..look(80, &clock)
    };
    let line = raw(Topic::EditsClassified, &classified(), wide);
    let header = header(Topic::EditsClassified, line.time_width, wide);
    assert_eq!(line.time_width, 16);
    let line = strip_str(&line.text).to_string();
    assert!(line.starts_with("03:42:33          enwiki"), "{line}");
    assert_eq!(header.find("WIKI"), line.find("enwiki"));
}

#[test]
fn a_line_is_never_wider_than_the_terminal() {
    let records = [
        (Topic::EditsAnonymous, event()),
        (Topic::EditsClassified, classified()),
        (Topic::Alerts, alarm()),
        (Topic::DeadLetter, dead()),
        (Topic::RevisionTags, json!({"tags": ["mw-reverted"]})),
        (Topic::RevisionTags, risk()),
    ];
    for (topic, value) in &records {
        for width in [72, 80, 100, 240] {
            for now in [
                "2026-09-17T18:00:00Z",
                "2026-11-30T18:00:00Z",
                "2027-01-01T00:00:00Z",
            ] {
                let line = shown_on(now, *topic, value, width);
                // Alerts go on below.
                for line in line.lines() {
                    assert!(line.width() <= width, "{topic} in {width}: {line}");
                    assert!(!line.contains(char::is_control), "{line:?}");
                }
            }
        }
    }
}
