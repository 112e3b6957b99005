//! Whatever bytes come in, each function answers or refuses: no panic, and no stack that runs over.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use proptest::prelude::*;
use std::io::Read;
use std::sync::LazyLock;
use wikisentry_core::model::Scorer;
use wikisentry_core::time::EventTime;
use wikisentry_jvm::work::alerts::{self, Watch};
use wikisentry_jvm::work::classify::{Times, classify};
use wikisentry_jvm::work::{lake, model};
use wikisentry_lake::archive::FileWriter;

const MODEL: &[u8] = include_bytes!("../../../models/edit-risk/versions/1/model.json");
const CARD: &[u8] = include_bytes!("../../../models/edit-risk/versions/1/card.json");

static SCORER: LazyLock<Scorer> = LazyLock::new(|| model::bootstrap().unwrap());
static EVENTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let packed = include_bytes!("../../../testdata/sample/recentchange.jsonl.gz");
    let mut lines = Vec::new();
    let mut unpacked = flate2::read::GzDecoder::new(&packed[..]);
    unpacked.read_to_end(&mut lines).unwrap();
    let lines = lines.split(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
});

fn rules() -> wikisentry_core::anomaly::AlertRules {
    alerts::rules(
        br#"{"high_risk_score": 0, "burst_edits": 2, "burst_window_ms": 60000, "war_reverts": 2,
             "war_window_ms": 60000, "stalled_after_ms": 1, "drift_psi": 0.1, "drift_window": 100,
             "cooldown_ms": 0, "max_per_minute": 60}"#,
    )
    .unwrap()
}

/// Takes an event as far as it goes.
fn take(event: &[u8], times: Times) {
    let Ok(Some(envelope)) = classify(&SCORER, event, times, true) else {
        return;
    };
    through(&envelope).unwrap();
}

/// Takes an envelope through everything that takes one.
fn through(envelope: &[u8]) -> Result<(), wikisentry_jvm::work::WorkError> {
    let rules = rules();
    let (state, _) = alerts::burst(&rules, None, envelope)?;
    let (_, burst) = alerts::burst(&rules, Some(&state), envelope)?;
    let (state, _) = alerts::war(&rules, None, envelope)?;
    let (_, war) = alerts::war(&rules, Some(&state), envelope)?;
    let now = EventTime::default();
    let mut watch = Watch::open(&rules, None, now)?;
    watch.observe(&alerts::signal(&rules, envelope)?, now)?;
    for detected in [burst, war].into_iter().flatten() {
        watch.admit(&detected, now)?;
    }
    let mut file = FileWriter::new().unwrap();
    lake::push(&mut file, envelope)?;
    file.finish().unwrap();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn events_with_bytes_changed_are_classified_or_refused(
        number in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..6),
        ingest in any::<i64>(),
    ) {
        let mut event = EVENTS[number.index(EVENTS.len())].clone();
        for (at, byte, how) in changes {
            let at = at.index(event.len().max(1));
            match how {
                0 if at < event.len() => event[at] = byte,
                1 => event.truncate(at),
                _ => event.insert(at, byte),
            }
        }
        take(&event, Times::of_millis(ingest, ingest));
    }

    #[test]
    fn envelopes_with_bytes_changed_are_taken_or_refused(
        number in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let event = &EVENTS[number.index(EVENTS.len())];
        if let Ok(Some(mut envelope)) = classify(&SCORER, event, Times::of_millis(0, 0), true) {
            for (at, byte) in changes {
                let at = at.index(envelope.len());
                envelope[at] = byte;
            }
            let _ = through(&envelope);
        }
    }
}

/// Java's threads have a megabyte of stack or less, and the JVM dies if native code runs over it.
#[test]
fn deep_json_does_not_run_over_a_small_stack() {
    let deep =
        |open: &str, close: &str| format!("{}{}", open.repeat(200_000), close.repeat(200_000));
    let nested = [deep("[", "]"), deep("{\"a\":", "}"), deep("[{\"a\":", "}]")];
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let work = thread.spawn(move || {
        for value in nested {
            let event = String::from_utf8(EVENTS[0].clone()).unwrap();
            let inside = format!("{},\"deep\":{value}}}", event.trim_end_matches('}'));
            for event in [value.as_bytes(), inside.as_bytes()] {
                // What no field is read from may be passed over.
                let _ = classify(&SCORER, event, Times::of_millis(0, 0), true);
            }
            for (model, card) in [(value.as_bytes(), CARD), (MODEL, value.as_bytes())] {
                assert!(model::load("edit-risk", 1, model, card, None).is_err());
            }
            assert!(alerts::rules(value.as_bytes()).is_err());
            let mut watch = Watch::open(&rules(), None, EventTime::default()).unwrap();
            assert!(watch.admit(value.as_bytes(), EventTime::default()).is_err());
        }
    });
    work.unwrap().join().unwrap();
}

#[test]
fn models_are_refused_with_the_reason_of_the_registry() {
    let loaded = model::load("edit-risk", 1, MODEL, CARD, None).unwrap();
    assert_eq!(loaded.version(), SCORER.version());
    let mut other: serde_json::Value = serde_json::from_slice(CARD).unwrap();
    other["features"]["version"] = 1.into();
    let other = serde_json::to_vec(&other).unwrap();
    let mut flipped = MODEL.to_vec();
    let digit = flipped.iter().rposition(u8::is_ascii_digit).unwrap();
    flipped[digit] ^= 1;
    for (name, version, model, card, reason) in [
        ("edit-risk", 1, &flipped[..], CARD, "SHA-256"),
        ("edit-risk", 1, &MODEL[..MODEL.len() / 2], CARD, "model"),
        ("edit-risk", 1, MODEL, &other[..], "features"),
        ("edit-risk", 1, MODEL, &CARD[..CARD.len() / 2], "card"),
        ("edit-risk", 2, MODEL, CARD, "edit-risk/2"),
        ("edit-risk", -1, MODEL, CARD, "edit-risk/0"),
        ("anonymous-risk", 1, MODEL, CARD, "anonymous-risk/1"),
    ] {
        let refused = model::load(name, version, model, card, None).unwrap_err();
        let told = refused.to_string();
        assert!(
            told.starts_with("the model cannot be used: ") && told.contains(reason),
            "{told}"
        );
    }
}
