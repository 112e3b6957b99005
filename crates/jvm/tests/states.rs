//! States of detectors: those of every version that was ever written are read, others are refused.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use wikisentry_core::anomaly::AlertRules;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_jvm::work::alerts::{self, Step, Watch};
use wikisentry_jvm::work::classify::{Times, classify};
use wikisentry_jvm::work::{WorkError, model};

const START: i64 = 1_789_614_000_000;

/// States of version 1 as they were written, in hexadecimal: two edits of a user, one of a page, and a
/// watch that has seen two edits and raised an alert.
const USER_1: &str = "0102809ef4d4956800";
const PAGE_1: &str = "010188bca28d9fcddfe2f20101c8010114012801809ef4d4956888bca28d9fcddfe2f201";
const WATCH_1: &str = "010b656469742d7269736b2f310258844ffd8649843fc548aca95809843f00000002dbd782f5cfc28998d801809ef4d495689c95d4c286c4f4fce901809ef4d4956802809ef4d49568809ef4d4956800000000000000000000000000";

fn rules() -> AlertRules {
    AlertRules {
        high_risk_score: 0.000_001,
        burst_edits: 3,
        burst_window_ms: 60_000,
        war_reverts: 2,
        war_window_ms: 3_600_000,
        stalled_after_ms: 120_000,
        drift_psi: 0.25,
        drift_window: 100,
        cooldown_ms: 600_000,
        max_per_minute: 60,
    }
}

/// An edit of one page, `seconds` after the start, whose summary says that it reverts another.
fn edit(user: &str, seconds: i64) -> Vec<u8> {
    let event = serde_json::json!({
        "meta": {"id": format!("edit-{seconds}"), "dt": "2026-09-17T03:00:00Z"}, "type": "edit",
        "wiki": "enwiki", "title": "A page", "namespace": 0, "user": user, "bot": false,
        "comment": "Undid revision 17 by somebody", "timestamp": START / 1_000 + seconds,
        "revision": {"new": 100 + seconds, "old": 99}, "length": {"new": 20, "old": 10},
    });
    let times = Times::of_millis(START + seconds * 1_000, START + seconds * 1_000);
    let scorer = model::bootstrap().unwrap();
    let envelope = classify(&scorer, event.to_string().as_bytes(), times, false).unwrap();
    envelope.unwrap()
}

fn burst(kept: Option<&[u8]>, seconds: i64) -> Step {
    alerts::burst(&rules(), kept, &edit("Ann", seconds)).unwrap()
}

fn war(kept: Option<&[u8]>, user: &str, seconds: i64) -> Step {
    alerts::war(&rules(), kept, &edit(user, seconds)).unwrap()
}

fn now() -> EventTime {
    EventTime::from_millis(START).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// As version 1 of the states was made.
fn states() -> [Vec<u8>; 3] {
    let user = burst(Some(&burst(None, 0).0), 1).0;
    let page = war(None, "Ann", 0).0;
    let mut watch = Watch::open(&rules(), None, now()).unwrap();
    for seconds in [0, 1] {
        let signal = alerts::signal(&rules(), &edit("Ann", seconds)).unwrap();
        assert_eq!(watch.observe(&signal, now()).unwrap().len(), 1);
    }
    [user, page, watch.snapshot()]
}

#[test]
fn states_of_version_1_are_read_and_gone_on_with() {
    // What is written is what is read: another form needs another version.
    let [user, page, watch] = states().map(|state| hex(&state));
    assert_eq!([&*user, &*page, &*watch], [USER_1, PAGE_1, WATCH_1]);
    let (step, detected) = burst(Some(&bytes(USER_1)), 2);
    assert!(detected.is_some(), "the third edit within a minute");
    assert_ne!(step, bytes(USER_1));
    let (_, detected) = war(Some(&bytes(PAGE_1)), "Bob", 1);
    assert!(detected.is_some(), "the second revert, by another user");
    let mut watch = Watch::open(&rules(), Some(&bytes(WATCH_1)), now()).unwrap();
    // The cooldown of the first edit goes on, a third edit has none.
    for (seconds, raised) in [(0, 0), (2, 1)] {
        let signal = alerts::signal(&rules(), &edit("Ann", seconds)).unwrap();
        assert_eq!(watch.observe(&signal, now()).unwrap().len(), raised);
    }
}

#[test]
fn states_of_another_version_are_refused_with_what_to_do() {
    for (version, what) in [(0, "older"), (2, "later"), (255, "unknown")] {
        let mut state = bytes(USER_1);
        state[0] = version;
        let refused = alerts::burst(&rules(), Some(&state), &edit("Ann", 2)).unwrap_err();
        let WorkError::StateVersion { found, newest, .. } = &refused else {
            panic!("{what}: {refused}")
        };
        assert_eq!((*found, *newest), (version, 1), "{what}");
        let told = refused.to_string();
        assert!(
            told.contains("a user's edits") && told.contains("restore it"),
            "{told}"
        );
    }
}

#[test]
fn damaged_states_are_refused_or_taken_but_never_a_panic() {
    type Taken = fn(&[u8]) -> Result<(), WorkError>;
    let kinds: [(&str, Taken); 3] = [
        (USER_1, |state| {
            alerts::burst(&rules(), Some(state), &edit("Ann", 2)).map(drop)
        }),
        (PAGE_1, |state| {
            alerts::war(&rules(), Some(state), &edit("Bob", 2)).map(drop)
        }),
        (WATCH_1, |state| {
            let mut watch = Watch::open(&rules(), Some(state), now())?;
            let signal = alerts::signal(&rules(), &edit("Bob", 2))?;
            watch.observe(&signal, now())?;
            watch.snapshot();
            Ok(())
        }),
    ];
    for (state, read) in kinds {
        let state = bytes(state);
        assert!(read(&[]).is_err() && read(&state[..state.len() - 1]).is_err());
        let mut longer = state.clone();
        longer.push(0);
        assert!(read(&longer).is_err());
        for at in 1..state.len() {
            for flipped in [1, 0x80, 0xff] {
                let mut damaged = state.clone();
                damaged[at] ^= flipped;
                // Either is fine: a state has no checksum, checkpoints do.
                let _ = read(&damaged);
            }
        }
    }
}

#[test]
fn rules_are_refused_by_name() {
    let mut json = serde_json::to_value(rules()).unwrap();
    assert_eq!(alerts::rules(json.to_string().as_bytes()).unwrap(), rules());
    json["burst_edits"] = 1.into();
    let refused = alerts::rules(json.to_string().as_bytes()).unwrap_err();
    assert!(
        refused.to_string().contains("burst_edits is 1"),
        "{refused}"
    );
    json["burst_edits"] = 3.into();
    json["burst_edit"] = 3.into();
    let refused = alerts::rules(json.to_string().as_bytes()).unwrap_err();
    assert!(refused.to_string().contains("burst_edit"), "{refused}");
    json.as_object_mut().unwrap().remove("burst_edit");
    json.as_object_mut().unwrap().remove("cooldown_ms");
    let refused = alerts::rules(json.to_string().as_bytes()).unwrap_err();
    assert!(refused.to_string().contains("cooldown_ms"), "{refused}");
}

#[test]
fn a_watch_tells_of_a_feed_that_stalled() {
    let mut watch = Watch::open(&rules(), None, now()).unwrap();
    let after = |seconds: i64| EventTime::from_millis(START + seconds * 1_000).unwrap();
    assert!(watch.tick(after(119)).is_empty());
    let (key, json) = watch.tick(after(120)).remove(0);
    assert_eq!(key, b"feed");
    assert!(
        String::from_utf8(json)
            .unwrap()
            .contains("\"feed_stalled\"")
    );
    assert!(watch.tick(after(121)).is_empty(), "once for each stall");
    let bot = edit("Ann", 0);
    assert_eq!(
        bot[1],
        UserType::ALL
            .iter()
            .position(|one| *one == UserType::Registered)
            .unwrap() as u8
    );
    let signal = alerts::signal(&rules(), &bot).unwrap();
    watch.observe(&signal, after(700)).unwrap();
    assert!(watch.tick(after(800)).is_empty(), "it came back");
    assert_eq!(watch.tick(after(820)).len(), 1, "the next stall");
}
