//! What the lake promises its readers, seen through the files alone: every row as it was pushed,
//! in the right folder, readable by column.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive_sample;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rand::SeedableRng;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::edit::EditType;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::{
    Archive, Lake, Partition, Prepared, RecentId, SCHEMA_VERSION, Totals, lake_schema,
};
use wikisentry_lake::clock;

// 2026-09-17T03:00:00Z.
const START_MILLIS: i64 = 1_789_614_000_000;

fn open(folder: &Path) -> Archive {
    Archive::open(Lake::new(folder.join("lake")), None)
        .unwrap()
        .0
}

fn archive_edits(archive: &mut Archive, edits: &[ClassifiedEdit<'_>]) -> Option<Prepared> {
    let mut batch = archive.batch();
    for (offset, edit) in edits.iter().enumerate() {
        batch.push(offset as u64, edit).unwrap();
    }
    let prepared = batch.finish().unwrap();
    if let Some(prepared) = &prepared {
        assert_eq!(archive.publish(prepared).unwrap(), prepared.files().len());
    }
    prepared
}

fn sample(seed: u64, rows: usize, step_millis: i64) -> Vec<ClassifiedEdit<'static>> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..rows)
        .map(|row| archive_sample::edit(&mut rng, START_MILLIS + row as i64 * step_millis))
        .collect()
}

fn read(path: &Path) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let metadata = reader.metadata().file_metadata().key_value_metadata();
    let version = metadata
        .into_iter()
        .flatten()
        .find(|pair| pair.key == "wikisentry.schema_version");
    assert_eq!(version.unwrap().value.as_deref(), Some(SCHEMA_VERSION));
    assert_eq!(reader.schema().fields(), lake_schema().fields());
    reader.build().unwrap().map(Result::unwrap).collect()
}

/// A row as the lake holds it, column by column, for comparison with what was pushed.
fn row(batch: &RecordBatch, at: usize) -> serde_json::Value {
    let mut row = serde_json::Map::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if column.is_null(at) {
            continue;
        }
        let time = |array: &dyn Array| {
            let millis = array.as_primitive::<TimestampMillisecondType>().value(at);
            EventTime::from_millis(millis).unwrap().to_string().into()
        };
        let value: serde_json::Value = match field.name().as_str() {
            "user_groups" => {
                let groups = column.as_list::<i32>().value(at);
                groups.as_string::<i32>().iter().collect()
            }
            "source_partition" => column.as_primitive::<Int32Type>().value(at).into(),
            "score" => column.as_primitive::<Float64Type>().value(at).into(),
            "is_bot" | "is_minor" | "is_patrolled" => column.as_boolean().value(at).into(),
            name if name.ends_with("_time") || name.ends_with("_at") => time(column),
            _ if column.as_string_opt::<i32>().is_some() => {
                column.as_string::<i32>().value(at).into()
            }
            _ => column.as_primitive::<Int64Type>().value(at).into(),
        };
        row.insert(field.name().clone(), value);
    }
    row.into()
}

/// The record's JSON form without its nulls, and with its address: the lake's columns have the same
/// names. The user type is in the name of the folder.
fn expected(edit: &ClassifiedEdit<'_>) -> serde_json::Value {
    let mut json = serde_json::to_value(edit).unwrap();
    if let Some(url) = wikisentry_core::link::diff_of(&edit.edit) {
        json["url"] = url.into();
    }
    json.as_object_mut()
        .unwrap()
        .retain(|name, value| !value.is_null() && name != "user_type");
    json
}

#[test]
fn every_field_comes_back_as_it_was_pushed() {
    let mut edits = sample(7, 40, 1_000);
    for edit in &mut edits {
        edit.edit.user_type = UserType::Registered;
    }
    let hostile = [
        "",
        "\0",
        "\u{202e}evil",
        "a\nb\r\n\"quoted\", 'x'; DROP",
        "🏳️‍🌈\u{fffd}\u{10ffff}",
        "null",
    ];
    for (edit, text) in edits.iter_mut().zip(hostile) {
        edit.edit.page_title = text.into();
        edit.edit.comment = Some(text.into());
        edit.edit.user = Some(text.into());
        edit.edit.user_groups = Some(vec![text.into(), "sysop".into()]);
    }
    edits[7].edit.comment = Some("é".repeat(100_000).into());
    let bare = &mut edits[8];
    bare.edit = wikisentry_core::edit::Edit {
        rev_id: None,
        rev_old_id: None,
        namespace: None,
        user: None,
        is_minor: None,
        is_patrolled: None,
        comment: None,
        length_old: None,
        length_new: None,
        source_topic: None,
        source_partition: None,
        source_offset: None,
        ..bare.edit.clone()
    };
    (
        bare.classification.score,
        bare.classification.class,
        bare.classification.model_version,
    ) = (None, None, None);
    let full = &mut edits[9];
    full.edit.edit_type = EditType::New;
    full.edit.page_id = Some(i64::MAX);
    full.edit.user_id = Some(i64::MIN);
    full.edit.user_edit_count = Some(0);
    full.edit.user_registered_at = EventTime::parse("2001-01-15T00:00:00Z");
    full.edit.user_groups = Some(Vec::new());
    full.edit.page_revision_count = Some(1);
    full.classification.score = Some(f64::MIN_POSITIVE);

    let folder = tempfile::tempdir().unwrap();
    let mut archive = open(folder.path());
    let prepared = archive_edits(&mut archive, &edits).unwrap();
    assert_eq!(prepared.rows(), 40);
    let [file] = prepared.files() else {
        panic!("one hour of one user type is one file: {prepared:?}");
    };
    let batches = read(&archive.lake().edits().join(&file.path));
    let rows: Vec<_> = batches
        .iter()
        .flat_map(|batch| (0..batch.num_rows()).map(|at| row(batch, at)))
        .collect();
    let expected: Vec<_> = edits.iter().map(expected).collect();
    assert_eq!(rows, expected);
}

#[test]
fn large_batches_are_encoded_as_they_grow_and_stay_whole() {
    // More than one chunk per partition, and hours on both sides of one boundary.
    let edits = sample(11, 40_000, 150);
    let folder = tempfile::tempdir().unwrap();
    let mut archive = open(folder.path());
    let prepared = archive_edits(&mut archive, &edits).unwrap();
    assert_eq!(prepared.files().len(), 6);
    let mut seen = BTreeSet::new();
    for file in archive.lake().files(None).unwrap() {
        for batch in read(&file.path) {
            for at in 0..batch.num_rows() {
                let row = row(&batch, at);
                let time = EventTime::parse(row["event_time"].as_str().unwrap()).unwrap();
                assert_eq!(
                    Partition::of(file.partition.user_type(), time),
                    file.partition
                );
                assert!(row.get("user_type").is_none(), "it is in the folder's name");
                assert!(seen.insert(row["meta_id"].to_string()));
            }
        }
    }
    assert_eq!(seen.len(), edits.len());
}

#[test]
fn a_batch_is_full_by_rows_or_by_memory() {
    let folder = tempfile::tempdir().unwrap();
    let archive = open(folder.path());
    let mut edits = sample(3, 3, 1_000);
    let mut batch = archive.batch();
    for (offset, edit) in edits.iter().enumerate() {
        assert!(!batch.is_full(3));
        batch.push(offset as u64, edit).unwrap();
    }
    assert!(batch.is_full(3));

    // One edit for each of very many hours: the folders themselves take the memory. Backwards, since
    // what is dated ahead goes to the hour of its arrival.
    let mut batch = archive.batch();
    while !batch.is_full(usize::MAX) {
        let hour = START_MILLIS - batch.rows() as i64 * 3_600_000;
        edits[0].edit.event_time = EventTime::from_millis(hour).unwrap();
        batch.push(batch.rows() as u64, &edits[0]).unwrap();
    }
    assert!((1_000..10_000).contains(&batch.rows()), "{}", batch.rows());
}

#[test]
fn nothing_is_visible_before_it_is_published_and_nothing_is_left_of_what_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let mut archive = open(folder.path());
    let staging = folder.path().join("lake/.staging");
    let staged = || fs::read_dir(&staging).unwrap().count();
    let edits = sample(5, 30_000, 10);

    let mut batch = archive.batch();
    for (offset, edit) in edits.iter().enumerate() {
        batch.push(offset as u64, edit).unwrap();
    }
    assert!(staged() > 0, "the batch has begun its files");
    drop(batch);
    assert_eq!(staged(), 0);
    assert_eq!(archive.batch().finish().unwrap(), None);

    let mut batch = archive.batch();
    batch.push(0, &edits[0]).unwrap();
    let prepared = batch.finish().unwrap().unwrap();
    assert_eq!(
        (staged(), archive.lake().totals().unwrap()),
        (1, Totals::default())
    );
    archive.discard(prepared.clone()).unwrap();
    assert_eq!(staged(), 0);
    assert!(matches!(
        archive.publish(&prepared),
        Err(LakeError::Lost { rows: 1, .. })
    ));
}

#[test]
fn recent_identities_and_latest_times_come_from_the_newest_hours() {
    let folder = tempfile::tempdir().unwrap();
    let mut archive = open(folder.path());
    assert!(
        archive
            .lake()
            .latest_event_times(clock::now())
            .unwrap()
            .is_empty()
    );
    // Twelve hours.
    let mut edits = sample(13, 4_320, 10_000);
    // Two that came hours late, when the others were read already.
    for (row, hours) in [(7, 12), (8, 60)] {
        let made = edits[row].edit.event_time.as_millis();
        let received = EventTime::from_millis(made + hours * 3_600_000).unwrap();
        edits[row].classification.ingest_time = received;
    }
    archive_edits(&mut archive, &edits);
    let lake = archive.lake();
    let since = EventTime::from_millis(START_MILLIS + 10 * 3_600_000 + 1_234_567).unwrap();
    let found: BTreeSet<String> = lake
        .recent_ids(since)
        .unwrap()
        .map(|id| {
            let RecentId {
                meta_id,
                event_time,
                user_type,
                ..
            } = id.unwrap();
            format!("{meta_id} {event_time} {user_type}")
        })
        .collect();
    let wanted: BTreeSet<String> = edits
        .iter()
        .filter(|record| {
            record.edit.event_time >= since || record.classification.ingest_time >= since
        })
        .map(|record| &record.edit)
        .map(|edit| format!("{} {} {}", edit.meta_id, edit.event_time, edit.user_type))
        .collect();
    assert!(!wanted.is_empty());
    assert_eq!(found, wanted);

    let latest = lake.latest_event_times(clock::now()).unwrap();
    for user_type in UserType::ALL {
        let of_type = edits
            .iter()
            .filter(|record| record.edit.user_type == user_type);
        let newest = of_type.map(|record| record.edit.event_time).max().unwrap();
        assert_eq!(latest[&user_type], newest);
    }
    let bytes = |file: &wikisentry_lake::archive::LakeFile| fs::metadata(&file.path).unwrap().len();
    let files = lake.files(None).unwrap();
    let totals = Totals {
        files: files.len() as u64,
        bytes: files.iter().map(bytes).sum(),
    };
    assert_eq!(lake.totals().unwrap(), totals);
}

#[test]
fn a_damaged_file_is_named_and_the_others_are_still_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut archive = open(folder.path());
    let edits = sample(17, 300, 1_000);
    archive_edits(&mut archive, &edits);
    let files = archive.lake().files(None).unwrap();
    let damaged = &files[0].path;
    let mut bytes = fs::read(damaged).unwrap();
    let end = bytes.len() - 20;
    bytes[end..].fill(0xff);
    fs::write(damaged, bytes).unwrap();

    let since = EventTime::from_millis(START_MILLIS).unwrap();
    let (ids, errors): (Vec<_>, Vec<_>) = archive
        .lake()
        .recent_ids(since)
        .unwrap()
        .partition(Result::is_ok);
    let [Err(error)] = &errors[..] else {
        panic!("one error for one damaged file: {errors:?}");
    };
    assert!(
        error.to_string().contains(damaged.to_str().unwrap()),
        "{error}"
    );
    assert!(!error.is_transient());
    let others = edits
        .iter()
        .filter(|record| record.edit.user_type != files[0].partition.user_type());
    assert_eq!(ids.len(), others.count());
}

#[test]
fn an_intent_that_leads_out_of_the_lake_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (staged, path) in [
        (
            "../../etc/passwd",
            "user_type=bot/date=2026-09-17/hour=03/part-1.parquet",
        ),
        ("..", "user_type=bot/date=2026-09-17/hour=03/part-1.parquet"),
        ("a.staged", "../../part-1.parquet"),
        (
            "a.staged",
            "user_type=bot/date=2026-09-17/hour=03/../part-1.parquet",
        ),
        ("a.staged", "part-1.parquet"),
    ] {
        let newest = "2026-09-17T03:00:00.000Z";
        let file = serde_json::json!({"staged": staged, "path": path, "rows": 1, "bytes": 1, "newest": newest});
        let intent = serde_json::json!({ "files": [file] }).to_string();
        let lake = Lake::new(folder.path().join("lake"));
        let opened = Archive::open(lake, Some(intent.as_bytes()));
        assert!(
            matches!(opened.err(), Some(LakeError::Intent(_))),
            "{staged} {path}"
        );
    }
}

#[test]
fn the_contract_lists_the_columns_of_the_schema() {
    let contract = include_str!("../../../docs/contracts/lake.md");
    let documented: Vec<(String, String, bool)> = contract
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let name = cells.next()?.trim_end_matches('`').to_owned();
            Some((name, cells.next()?.to_owned(), cells.next()? != "–"))
        })
        .collect();
    let schema: Vec<_> = lake_schema()
        .fields()
        .iter()
        .map(|field| {
            let name = match field.data_type() {
                DataType::Utf8 => "string",
                DataType::Int64 => "int64",
                DataType::Int32 => "int32",
                DataType::Float64 => "double",
                DataType::Boolean => "bool",
                DataType::Timestamp(TimeUnit::Millisecond, Some(zone)) if &**zone == "UTC" => {
                    "timestamp"
                }
                DataType::List(_) => "list of string",
                other => panic!("{other}"),
            };
            (field.name().clone(), name.to_owned(), field.is_nullable())
        })
        .collect();
    assert_eq!(documented, schema);
}
