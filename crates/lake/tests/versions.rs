//! Files of the schema before, which have the column `user_type` and no `url`: they are read like those of
//! today, blanked, and rewritten once their hour is closed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive_sample;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{ArrayRef, DictionaryArray, RecordBatch};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::event::{HiddenParts, Hiding};
use wikisentry_core::hidden::Hidden;
use wikisentry_core::link;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Archive, Lake, LakeFile, find_revision, lake_schema};

// 2026-09-17T03:00:00Z.
const START_MILLIS: i64 = 1_789_614_000_000;
const HOUR_MILLIS: i64 = 3_600_000;

/// Writes a file as the version before did, in the place of one of today.
fn made_old(file: &LakeFile) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&file.path).unwrap());
    let batches = reader.unwrap().build().unwrap().map(Result::unwrap);
    let with_kind = batches.map(|batch| {
        let kinds = vec![file.partition.user_type().name(); batch.num_rows()];
        let kinds: DictionaryArray<Int32Type> = kinds.into_iter().collect();
        let kinds: ArrayRef = Arc::new(kinds);
        let (mut fields, mut columns) =
            (batch.schema().fields().to_vec(), batch.columns().to_vec());
        assert_eq!(fields.pop().unwrap().name(), "url");
        columns.pop();
        let field = Field::new("user_type", kinds.data_type().clone(), false);
        fields.insert(7, Arc::new(field));
        columns.insert(7, kinds);
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    });
    let batches: Vec<RecordBatch> = with_kind.collect();
    let name = file.path.file_name().unwrap().to_str().unwrap();
    let old = file
        .path
        .with_file_name(name.replace("-v2.parquet", ".parquet"));
    let version = KeyValue::new("wikisentry.schema_version".to_owned(), "1".to_owned());
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![version]));
    let written = File::create(&old).unwrap();
    let mut writer =
        ArrowWriter::try_new(written, batches[0].schema(), Some(properties.build())).unwrap();
    batches
        .iter()
        .for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
    fs::remove_file(&file.path).unwrap();
}

/// Three hours of edits by registered users; in the first are a file of before and one of today, in the
/// second one of before.
fn mixed(folder: &Path) -> (Lake, Vec<ClassifiedEdit<'static>>) {
    let lake = Lake::new(folder.join("lake"));
    let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut edits = Vec::new();
    for hour in [0, 0, 1, 3] {
        let mut batch = archive.batch();
        for _ in 0..30 {
            let millis = START_MILLIS + hour * HOUR_MILLIS + edits.len() as i64;
            let mut edit = archive_sample::edit(&mut rng, millis);
            edit.edit.user_type = UserType::Registered;
            edit.edit.rev_id = Some(1_000 + edits.len() as i64);
            batch.push(edits.len() as u64, &edit).unwrap();
            edits.push(edit);
        }
        archive.publish(&batch.finish().unwrap().unwrap()).unwrap();
    }
    let files = lake.files(None).unwrap();
    assert_eq!(files.len(), 4);
    made_old(&files[0]);
    made_old(&files[2]);
    (lake, edits)
}

fn found(lake: &Lake, edits: &[ClassifiedEdit<'_>]) -> usize {
    let is_there = |edit: &&ClassifiedEdit<'_>| {
        let search = find_revision(lake, None, edit.edit.rev_id.unwrap()).unwrap();
        search.found.len() == 1 && search.found[0].classified().unwrap() == **edit
    };
    edits.iter().filter(is_there).count()
}

fn names(lake: &Lake) -> Vec<String> {
    let files = lake.files(None).unwrap().into_iter();
    let name = |file: LakeFile| {
        file.path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned()
    };
    files.map(name).collect()
}

#[test]
fn files_of_before_are_read_and_become_files_of_today_once_their_hour_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, edits) = mixed(folder.path());
    assert_eq!(found(&lake, &edits), edits.len());
    let since = EventTime::from_millis(START_MILLIS).unwrap();
    assert_eq!(lake.recent_ids(since).unwrap().count(), edits.len());
    let looked = lake.examine(Instant::now() + Duration::from_secs(60));
    assert_eq!(looked.unwrap().damaged.len(), 0);

    let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
    let mut rewritten = Vec::new();
    // As many files as there are were allowed: it is their age that counts.
    while let Some(compaction) = archive.compact_next(9).unwrap() {
        rewritten.push((compaction.files, compaction.rows));
    }
    assert_eq!(rewritten, [(2, 60), (1, 30)]);
    let names = names(&lake);
    assert!(names.len() == 3 && names.iter().all(|name| name.ends_with("-v2.parquet")));
    for file in lake.files(None).unwrap() {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&file.path).unwrap());
        let reader = reader.unwrap();
        assert_eq!(reader.schema().fields(), lake_schema().fields());
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            let text = |name| {
                batch
                    .column_by_name(name)
                    .unwrap()
                    .as_string::<i32>()
                    .clone()
            };
            let rev_ids = batch.column_by_name("rev_id").unwrap();
            let rev_ids = rev_ids.as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let expected = link::diff(text("wiki").value(row), rev_ids.value(row));
                assert_eq!(Some(text("url").value(row)), expected.as_deref());
            }
        }
    }
    assert_eq!(found(&lake, &edits), edits.len());
    // Once only, also after a start.
    let (mut archive, _) = Archive::open(lake, None).unwrap();
    assert!(archive.compact_next(9).unwrap().is_none());
}

#[test]
fn what_is_hidden_goes_from_files_of_before_too() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, mut edits) = mixed(folder.path());
    let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
    for number in [0, 31, 61] {
        let edit = &mut edits[number].edit;
        let mut hidden = Hidden::default();
        hidden.add(&Hiding {
            wiki: edit.wiki.to_string(),
            page_title: edit.page_title.to_string(),
            rev_ids: edit.rev_id.into_iter().collect(),
            made_at: Some(edit.event_time),
            parts: HiddenParts {
                user: true,
                comment: true,
            },
        });
        archive.blank(&hidden, Some(&[edit.event_time])).unwrap();
        (edit.user, edit.comment, edit.user_id) = (None, None, None);
        (
            edit.user_edit_count,
            edit.user_registered_at,
            edit.user_groups,
        ) = (None, None, None);
    }
    assert_eq!(found(&lake, &edits), edits.len());
    while archive.compact_next(9).unwrap().is_some() {}
    assert_eq!(found(&lake, &edits), edits.len());
}
