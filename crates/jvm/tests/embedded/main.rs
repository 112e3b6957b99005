//! The library against the embedded pipeline on the same recording: the same records, the same alerts,
//! the same files, byte for byte.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod pipeline;

use pipeline::{Embedded, Kept, rules};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use wikisentry_core::anomaly::{Alert, AlertRules};
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::deadletter::DeadLetter;
use wikisentry_core::model::Scorer;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;
use wikisentry_core::user::UserType;
use wikisentry_jvm::work::alerts::{self, Watch};
use wikisentry_jvm::work::classify::{Place, Times, classify, dead_letter};
use wikisentry_jvm::work::envelope::{Envelope, seal};
use wikisentry_jvm::work::{facts, lake, model};
use wikisentry_lake::archive::{FILE_SUFFIX, FileWriter};
use wikisentry_lake::label_facts::{FACTS_SUFFIX, FactWriter};
use xxhash_rust::xxh3::xxh3_128;

const RAW: [Topic; 3] = [
    Topic::EditsRegistered,
    Topic::EditsAnonymous,
    Topic::EditsBot,
];

fn place() -> Place {
    Place {
        topic: "edits.registered".to_owned(),
        partition: 3,
        offset: 17,
    }
}

fn number<const N: usize>(envelope: &[u8], at: usize) -> [u8; N] {
    envelope[at..at + N].try_into().unwrap()
}

/// One test, since the pipeline runs once: its state folder is the expected value of all parts.
#[test]
fn the_library_writes_what_the_embedded_pipeline_writes() {
    let embedded = Embedded::run();
    let scorer = model::bootstrap().unwrap();
    records(&embedded, &scorer);
    dead_letters(&embedded, &scorer);
    alerts_of(&embedded, &scorer);
    files(&embedded);
    files_of_facts(&embedded);
}

fn records(embedded: &Embedded, scorer: &Scorer) {
    let expected = &embedded.topics[&Topic::EditsClassified];
    let by_id: HashMap<String, &Kept> = expected
        .iter()
        .map(|kept| {
            let edit = ClassifiedEdit::from_json(&kept.value).unwrap();
            (edit.edit.meta_id.to_string(), kept)
        })
        .collect();
    assert!(by_id.len() > 3_000, "{}", by_id.len());
    let mut seen = 0;
    let mut by_type = BTreeMap::<UserType, usize>::new();
    for raw in RAW.iter().flat_map(|topic| &embedded.topics[topic]) {
        // The time of scoring is the pipeline's clock; all else follows from the event.
        let id: serde_json::Value = serde_json::from_slice(&raw.value).unwrap();
        let kept = by_id[id["meta"]["id"].as_str().unwrap()];
        let record = ClassifiedEdit::from_json(&kept.value).unwrap();
        let classification = &record.classification;
        let times = Times {
            ingest: raw.timestamp,
            score: classification.score_time,
        };
        let envelope = classify(scorer, &raw.value, times, false).unwrap().unwrap();
        let opened = Envelope::open(&envelope).unwrap();
        assert_eq!(
            String::from_utf8_lossy(opened.json()),
            String::from_utf8_lossy(&kept.value)
        );
        // The header, read as Java reads it.
        let edit = &record.edit;
        assert_eq!(UserType::ALL[usize::from(envelope[1])], edit.user_type);
        assert_eq!(
            i64::from_be_bytes(number(&envelope, 2)),
            edit.event_time.as_millis()
        );
        assert_eq!(
            i64::from_be_bytes(number(&envelope, 10)),
            classification.ingest_time.as_millis()
        );
        let id = xxh3_128(edit.meta_id.as_bytes());
        assert_eq!(u128::from_be_bytes(number(&envelope, 18)), id);
        let user = u64::from_be_bytes(number(&envelope, 34));
        assert_eq!(user == 0, edit.is_bot || edit.user.is_none());
        assert_ne!(u64::from_be_bytes(number(&envelope, 42)), 0);
        let score = f64::from_be_bytes(number(&envelope, 50));
        assert_eq!(
            Some(score).filter(|score| !score.is_nan()),
            classification.score
        );
        let length = u32::from_be_bytes(number(&envelope, 58)) as usize;
        assert_eq!(envelope[62..62 + length], kept.key);
        *by_type.entry(edit.user_type).or_default() += 1;
        seen += 1;
    }
    assert_eq!(seen, expected.len());
    assert_eq!(by_type.len(), 3, "{by_type:?}");
    // Scored if asked for.
    let bot = &embedded.topics[&Topic::EditsBot][0];
    let times = Times {
        ingest: bot.timestamp,
        score: bot.timestamp,
    };
    let scored = classify(scorer, &bot.value, times, true).unwrap().unwrap();
    assert!(Envelope::open(&scored).unwrap().score().is_some());
}

fn dead_letters(embedded: &Embedded, scorer: &Scorer) {
    let letters = &embedded.topics[&Topic::DeadLetter];
    assert_eq!(letters.len(), pipeline::UNREADABLE.len());
    for kept in letters {
        let mut letter: DeadLetter = serde_json::from_slice(&kept.value).unwrap();
        let payload = letter.payload.clone().unwrap();
        let times = Times {
            ingest: letter.received_at,
            score: letter.received_at,
        };
        let reason = classify(scorer, payload.as_bytes(), times, false).unwrap_err();
        let written = dead_letter(&reason, place(), payload.as_bytes(), letter.received_at);
        assert_eq!(written[0], 255);
        // Only the origin is another one.
        letter.origin.source = "edits.registered".to_owned();
        letter.origin.id = Some("3/17".to_owned());
        let expected = serde_json::to_string(&letter).unwrap();
        assert_eq!(String::from_utf8_lossy(&written[1..]), expected);
        let refused = Envelope::open(&written).unwrap_err();
        assert!(refused.to_string().contains("dead letter"), "{refused}");
    }
}

/// The steps as Flink takes them: states by key, all of it as bytes, the watch written and read again
/// every so often.
fn alerts_of(embedded: &Embedded, scorer: &Scorer) {
    let rules = alerts::rules(&serde_json::to_vec(&rules()).unwrap()).unwrap();
    let (mut users, mut pages) = (HashMap::new(), HashMap::new());
    let start = EventTime::default();
    let mut watch = Watch::open(&rules, None, start).unwrap();
    watch.follow(scorer);
    let mut raised = Vec::new();
    for (number, kept) in embedded.topics[&Topic::EditsClassified].iter().enumerate() {
        let edit = ClassifiedEdit::from_json(&kept.value).unwrap();
        let envelope = seal(&edit);
        raised.extend(
            watch
                .observe(&alerts::signal(&rules, &envelope).unwrap(), start)
                .unwrap(),
        );
        let detected = [
            step(&rules, &mut users, &envelope, 34, alerts::burst),
            step(&rules, &mut pages, &envelope, 42, alerts::war),
        ];
        for detected in detected.into_iter().flatten() {
            raised.extend(watch.admit(&detected, start).unwrap());
        }
        if number % 100 == 0 {
            watch = Watch::open(&rules, Some(&watch.snapshot()), start).unwrap();
        }
    }
    let at_start = |kept: &Kept| {
        let mut alert: Alert = serde_json::from_slice(&kept.value).unwrap();
        alert.raised_at = start;
        let json = serde_json::to_string(&alert).unwrap();
        (String::from_utf8(kept.key.clone()).unwrap(), json)
    };
    let mut expected: Vec<_> = embedded.topics[&Topic::Alerts]
        .iter()
        .map(at_start)
        .collect();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let mut raised: Vec<_> = raised
        .into_iter()
        .map(|(key, json)| (text(key), text(json)))
        .collect();
    for kind in ["high_risk_edit", "edit_burst"] {
        let named = format!("\"kind\":\"{kind}\"");
        let of_kind = |(_, json): &&(String, String)| json.contains(&named);
        assert!(
            expected.iter().filter(of_kind).count() > 0,
            "no {kind} to compare"
        );
    }
    expected.sort();
    raised.sort();
    assert_eq!(raised, expected);
    assert_eq!(watch.suppressed(), embedded.suppressed);
    assert!(embedded.suppressed > 0, "the rate of alerts is part of it");
}

type Count =
    fn(&AlertRules, Option<&[u8]>, &[u8]) -> Result<alerts::Step, wikisentry_jvm::work::WorkError>;

fn step(
    rules: &AlertRules,
    states: &mut HashMap<u64, Vec<u8>>,
    envelope: &[u8],
    key_at: usize,
    count: Count,
) -> Option<Vec<u8>> {
    let key = u64::from_be_bytes(number(envelope, key_at));
    // As the job: edits of hidden users and of bots are no user's.
    if key == 0 {
        return None;
    }
    let kept = states.get(&key).map(Vec::as_slice);
    let (state, detected) = count(rules, kept, envelope).unwrap();
    states.insert(key, state);
    detected
}

fn files(embedded: &Embedded) {
    let mut by_partition = BTreeMap::<String, FileWriter>::new();
    for kept in &embedded.topics[&Topic::EditsClassified] {
        let edit = ClassifiedEdit::from_json(&kept.value).unwrap();
        let envelope = seal(&edit);
        let opened = Envelope::open(&envelope).unwrap();
        let partition = lake::partition(i32::from(envelope[1]), opened.event_time().as_millis());
        let file = by_partition
            .entry(partition.unwrap())
            .or_insert_with(|| FileWriter::new().unwrap());
        lake::push(file, &envelope).unwrap();
    }
    let written: BTreeMap<String, Vec<u8>> = by_partition
        .into_iter()
        .map(|(partition, mut file)| {
            let mut bytes = file.take();
            bytes.extend(file.finish().unwrap());
            (partition, bytes)
        })
        .collect();
    let archived = archived(&embedded.lake, FILE_SUFFIX);
    assert!(archived.len() > 10, "{:?}", archived.keys());
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        archived.keys().collect::<Vec<_>>()
    );
    for (partition, bytes) in &archived {
        assert!(
            &written[partition] == bytes,
            "the files of {partition} differ"
        );
    }
}

fn files_of_facts(embedded: &Embedded) {
    let mut by_day = BTreeMap::<String, FactWriter>::new();
    let (mut kept, mut passed) = (0, 0);
    for raw in &embedded.topics[&Topic::RevisionTags] {
        let Some(fact) = facts::keep(&raw.value, raw.timestamp).unwrap() else {
            passed += 1;
            continue;
        };
        kept += 1;
        // Kind and time, read as Java reads them.
        let time = i64::from_be_bytes(number(&fact, 2));
        let day = facts::folder(i32::from(fact[1]), time).unwrap();
        facts::push(by_day.entry(day).or_default(), &fact).unwrap();
    }
    assert!(kept > 200 && passed > 50, "{kept} kept, {passed} not");
    let written: BTreeMap<String, Vec<u8>> = by_day
        .into_iter()
        .map(|(day, mut file)| {
            let mut bytes = file.take();
            bytes.extend(file.finish());
            (day, bytes)
        })
        .collect();
    let archived = archived(&embedded.labels, FACTS_SUFFIX);
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        archived.keys().collect::<Vec<_>>()
    );
    for (day, bytes) in &archived {
        assert!(&written[day] == bytes, "the facts of {day} differ");
    }
}

/// The one file of each folder below one.
fn archived(lake: &Path, suffix: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![lake.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            assert!(path.to_str().unwrap().ends_with(suffix), "{path:?}");
            let partition = folder
                .strip_prefix(lake)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let before = files.insert(partition, std::fs::read(&path).unwrap());
            assert!(before.is_none(), "two files in {folder:?}");
        }
    }
    files
}
