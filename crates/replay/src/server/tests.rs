//! Tests of the parts of the replay that need no socket.

use super::faults::{Fault, Faults, FaultsError};
use super::options::FIRST_OFFSET;
use super::recording::{Recording, Round};
use super::start::{Start, read_last_event_id, read_since};
use super::{Rate, ReplayOptions};
use crate::simulation::{SimulationOptions, bundled};
use crate::source::ReplaySource;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::HashSet;
use std::num::NonZeroU32;

fn options(faults: &str, repeat: u32) -> ReplayOptions {
    let repeat = NonZeroU32::new(repeat).unwrap();
    ReplayOptions {
        faults: faults.parse().unwrap(),
        seed: 7,
        repeat,
        ..Default::default()
    }
}

fn recording(lines: &[&str]) -> Recording {
    let text = lines.join("\n");
    let source = ReplaySource::from_bytes("test", text.as_bytes()).unwrap();
    Recording::new(source.clone(), &options("", 1))
}

fn only_payload(line: &str) -> String {
    let recording = recording(&[line]);
    let payload = recording.expected().next().unwrap().payload;
    String::from_utf8(payload).unwrap()
}

fn without(mut event: Value, keys: &[&str]) -> Value {
    for key in keys {
        event["meta"].as_object_mut().unwrap().remove(*key);
    }
    event
}

#[test]
fn rewriting_the_sample_changes_topic_partition_and_offset_and_nothing_else() {
    let source = ReplaySource::sample().unwrap();
    let recording = Recording::new(source.clone(), &options("", 2));
    let lines: Vec<&[u8]> = source.lines().collect();
    let rewritten = ["topic", "partition", "offset"];
    let mut ids = [HashSet::new(), HashSet::new()];
    for (number, expected) in recording.expected().enumerate() {
        let round = number / lines.len();
        let was: Value = serde_json::from_slice(lines[number % lines.len()]).unwrap();
        let is: Value = serde_json::from_slice(&expected.payload).unwrap();
        assert_eq!(is["meta"]["topic"], "eqiad.mediawiki.recentchange");
        assert_eq!(is["meta"]["partition"], 0);
        assert_eq!(is["meta"]["offset"], FIRST_OFFSET + number as u64);
        assert_eq!(expected.offset, FIRST_OFFSET + number as u64);
        ids[round].insert(is["meta"]["id"].as_str().unwrap().to_owned());
        if round == 0 {
            assert_eq!(without(is, &rewritten), without(was, &rewritten));
        } else {
            let keys = ["topic", "partition", "offset", "id"];
            assert_eq!(without(is, &keys), without(was, &keys));
        }
    }
    assert_eq!((ids[0].len(), ids[1].len()), (4_142, 4_142));
    assert!(ids[0].is_disjoint(&ids[1]), "each round has ids of its own");
}

#[test]
fn every_byte_but_the_three_values_stays() {
    for (line, served) in [
        (
            r#"{ "meta" : {"topic":"codfw.x" , "partition": 3,"offset":9}, "a":1e3}"#,
            r#"{ "meta" : {"topic":"codfw.x" , "partition": 0,"offset":1000000}, "a":1e3}"#,
        ),
        (
            r#"{"meta":{"offset":null,"id":"x"}}"#,
            r#"{"meta":{"offset":1000000,"id":"x","topic":"eqiad.mediawiki.recentchange","partition":0}}"#,
        ),
        (
            r#"{"meta":{ },"t":"\u00e9é"}"#,
            r#"{"meta":{ "topic":"eqiad.mediawiki.recentchange","partition":0,"offset":1000000},"t":"\u00e9é"}"#,
        ),
        (
            r#"{"meta":{"stream":"mediawiki.page_change.v1","topic":"no topic","partition":0,"offset":1}}"#,
            r#"{"meta":{"stream":"mediawiki.page_change.v1","topic":"eqiad.mediawiki.page_change.v1","partition":0,"offset":1000000}}"#,
        ),
    ] {
        assert_eq!(only_payload(line), served);
    }
}

#[test]
fn what_is_no_event_is_served_untouched() {
    for line in [
        "nonsense",
        "[]",
        r#"{"meta":3}"#,
        r#"{"meta":["i","d","s","t","p","o"]}"#,
        r#"[{"offset":1},"schema"]"#,
        r#"{"meta":{"offset":1},"meta":{"offset":2}}"#,
        r#"{"meta":{"offset":1,"offset":2}}"#,
        r#"{"meta":{"offset":1}"#,
    ] {
        assert_eq!(only_payload(line), line);
    }
    let bytes: &[u8] = b"{\"meta\":{\"offset\":1},\"u\":\"\xff\"}";
    let source = ReplaySource::from_bytes("test", bytes).unwrap();
    let recording = Recording::new(source.clone(), &options("", 1));
    assert_eq!(recording.expected().next().unwrap().payload, bytes);
}

#[test]
fn topics_follow_stream_then_topic_then_default_and_count_by_themselves() {
    let recording = recording(&[
        r#"{"meta":{"stream":"mediawiki.page_change.v1"}}"#,
        r#"{"meta":{"topic":"codfw.mediawiki.revision-tags-change"}}"#,
        r#"{"meta":{}}"#,
        "garbage",
        r#"{"meta":{"stream":"recentchange","topic":"codfw.other"}}"#,
        r#"{"meta":{"stream":"mediawiki.recentchange","topic":"eqiad.mediawiki.recentchange"}}"#,
    ]);
    let placed: Vec<_> = recording
        .expected()
        .map(|e| (e.topic, e.offset - FIRST_OFFSET))
        .collect();
    assert_eq!(
        placed,
        [
            ("eqiad.mediawiki.page_change.v1", 0),
            ("codfw.mediawiki.revision-tags-change", 0),
            ("eqiad.mediawiki.recentchange", 0),
            ("eqiad.mediawiki.recentchange", 1),
            ("codfw.mediawiki.recentchange", 0),
            ("eqiad.mediawiki.recentchange", 2),
        ]
    );
    assert_eq!(recording.events_by_stream()["mediawiki.recentchange"], 4);
}

#[test]
fn every_offset_is_found_again_in_every_round() {
    let source = ReplaySource::sample().unwrap();
    let recording = Recording::new(source.clone(), &options("gap=0.2,canary=0.1", 3));
    let mut before = None;
    for position in 0..recording.len() {
        let offset = recording.offset_at(position);
        assert_eq!(recording.seek_offset(0, offset), position);
        let skipped = before.map_or(0, |before| offset - before - 1);
        assert!(skipped <= 10, "{skipped} offsets skipped");
        if skipped > 0 {
            assert_eq!(
                recording.seek_offset(0, offset - 1),
                position,
                "skipped offsets lead on"
            );
        }
        before = Some(offset);
    }
    assert_eq!(recording.seek_offset(0, 0), 0);
    assert_eq!(
        recording.seek_offset(0, before.unwrap() + 1),
        recording.len()
    );
    assert_eq!(recording.seek_offset(0, u64::MAX), recording.len());
    assert!(recording.gaps() > 1_500, "{} gaps", recording.gaps());
}

#[test]
fn canaries_have_offsets_of_their_own_and_only_schema_and_meta() {
    let source = ReplaySource::sample().unwrap();
    let recording = Recording::new(source.clone(), &options("canary=1", 1));
    assert_eq!(recording.len(), 2 * 4_231);
    assert_eq!(recording.expected().count(), 4_231);
    for position in (0..recording.len()).filter(|&p| recording.is_canary(p)) {
        let mut payload = Vec::new();
        recording.write_payload(position, &Round::new(0), b"\n", &mut payload);
        let event: Value = serde_json::from_slice(&payload).unwrap();
        let keys: Vec<&String> = event.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["$schema", "meta"]);
        assert_eq!(event["meta"]["domain"], "canary");
        assert_eq!(event["meta"]["offset"], recording.offset_at(position));
    }
}

#[test]
fn ids_that_are_no_uuid_get_the_round_appended() {
    let source = ReplaySource::from_bytes("test", br#"{"meta":{"id":"a\"b"}}"#).unwrap();
    let recording = Recording::new(source.clone(), &options("", 2));
    let ids: Vec<Value> = recording
        .expected()
        .map(|e| serde_json::from_slice::<Value>(&e.payload).unwrap()["meta"]["id"].clone())
        .collect();
    assert_eq!(ids, ["a\"b", "a\"b-1"]);
}

#[test]
fn fault_specifications_are_read_or_refused_with_the_reason() {
    let faults: Faults = "disconnect=0.5, stall=1:20ms,oversized=0.1:2000000,429=1"
        .parse()
        .unwrap();
    assert_eq!(faults.probability(Fault::Disconnect), 0.5);
    assert_eq!(faults.probability(Fault::TooManyRequests), 1.0);
    assert_eq!(faults.probability(Fault::Garbage), 0.0);
    assert_eq!(
        (faults.stall.as_millis(), faults.oversized_bytes),
        (20, 2_000_000)
    );
    assert_eq!("".parse(), Ok(Faults::default()));

    let unknown = "explode=1".parse::<Faults>().unwrap_err();
    assert_eq!(
        unknown,
        FaultsError::Unknown {
            name: "explode".into()
        }
    );
    for fault in Fault::ALL {
        assert!(unknown.to_string().contains(fault.name()), "{unknown}");
    }
    for spec in [
        "gap",
        "gap=",
        "gap=2",
        "gap=-1",
        "gap=NaN",
        "gap=1:3",
        "gap=1,gap=1",
        "stall=1:soon",
    ] {
        assert!(spec.parse::<Faults>().is_err(), "{spec}");
    }
}

#[test]
fn rates_are_max_or_a_number_above_zero() {
    assert_eq!("max".parse(), Ok(Rate::Max));
    assert_eq!("0.5".parse(), Ok(Rate::PerSecond(0.5)));
    for text in ["", "0", "-1", "NaN", "inf", "fast"] {
        assert!(text.parse::<Rate>().is_err(), "{text}");
    }
}

#[test]
fn starts_are_read_or_refused() {
    let id = br#"[{"topic":"a","partition":0,"offset":5,"timestamp":9},
        {"topic":"b","partition":0,"timestamp":1000},
        {"topic":"c","partition":0,"offset":-1},{"topic":"d","partition":2,"offset":1}]"#;
    let starts = read_last_event_id(id).unwrap();
    let time = read_since("1970-01-01T00:00:01Z").unwrap();
    assert_eq!(
        starts,
        [
            ("a".into(), Start::Offset(5)),
            ("b".into(), Start::Time(time)),
            ("c".into(), Start::Latest)
        ]
    );
    for id in [
        "x",
        "{}",
        "[1]",
        r#"[{"topic":"a","partition":0}]"#,
        "[{\"topic\":\"a\"}]",
    ] {
        assert!(read_last_event_id(id.as_bytes()).is_err(), "{id}");
    }
    assert!(read_last_event_id(br#"[{"topic":"a","partition":0,"offset":-2}]"#).is_err());
    assert!(read_last_event_id(&[b'['; 70_000]).is_err());
    assert_eq!(read_since("1000").unwrap(), time);
    assert_eq!(read_since("1970-01-01T01:00:01 01:00").unwrap(), time);
    for since in ["", "yesterday", "99999999999999999"] {
        assert!(read_since(since).is_err(), "{since}");
    }
}

proptest! {
    #[test]
    fn any_bytes_load_and_payloads_keep_their_json(lines in proptest::collection::vec(line(), 0..8)) {
        let text = lines.join(&b'\n');
        let source = ReplaySource::from_bytes("test", &text).unwrap();
        let recording = Recording::new(source.clone(), &options("gap=0.5,canary=0.5", 2));
        let served: Vec<Vec<u8>> = recording.expected().map(|e| e.payload).collect();
        let original: Vec<&[u8]> = source.lines().collect();
        prop_assert_eq!(served.len(), 2 * original.len());
        for (served, original) in served.iter().zip(original) {
            let is = serde_json::from_slice::<Value>(served);
            match serde_json::from_slice::<Value>(original) {
                Ok(was) if was["meta"].is_object() => {
                    let keys = ["topic", "partition", "offset"];
                    prop_assert_eq!(without(is.unwrap(), &keys), without(was, &keys));
                }
                Ok(was) => prop_assert_eq!(is.unwrap(), was),
                Err(_) => prop_assert!(is.is_err()),
            }
        }
    }
}

/// Lines that are events in odd spelling, and bytes that are not.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let space = "[ \t\r]{0,2}";
    let value = prop_oneof![
        Just("null"),
        Just("7"),
        Just(r#""é\"}""#),
        Just(r#"{"offset":[]}"#)
    ];
    let key = proptest::sample::subsequence(
        vec!["id", "dt", "stream", "topic", "partition", "offset", "x"],
        0..7,
    );
    let event = (key, value, space).prop_map(|(keys, value, s)| {
        let members: Vec<String> = keys
            .iter()
            .map(|key| format!("{s}\"{key}\"{s}:{s}{value}{s}"))
            .collect();
        format!(
            "{s}{{\"a\":{value},{s}\"meta\":{s}{{{s}{}}}{s}}}",
            members.join(",")
        )
        .into_bytes()
    });
    prop_oneof![3 => event, 1 => proptest::collection::vec(any::<u8>(), 0..40)]
}

#[test]
fn a_simulation_is_served_with_a_topic_for_each_stream() {
    let options = SimulationOptions {
        seed: 18,
        ..Default::default()
    };
    let simulation = bundled(&options).unwrap();
    let recording = Recording::new(simulation.source, &Default::default());
    let streams = recording.events_by_stream();
    let names: Vec<&str> = streams.keys().copied().collect();
    assert_eq!(
        names,
        [
            "mediawiki.page_change.v1",
            "mediawiki.recentchange",
            "mediawiki.revision-tags-change"
        ]
    );
}
