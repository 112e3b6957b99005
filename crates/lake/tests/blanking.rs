//! What a wiki hides is taken out of the lake, and nothing else changes, whatever crashes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive_sample;

use arrow_array::RecordBatch;
use parquet::file::reader::{FileReader, SerializedFileReader};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::fs::File;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::edit::Edit;
use wikisentry_core::event::{Event, HiddenParts, Hiding};
use wikisentry_core::hidden::Hidden;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Archive, Edits, Lake, Prepared};
use wikisentry_lake::label_facts::{FactBatch, LabelFact, StoredFacts};

// 2026-09-17T03:00:00Z.
const START_MILLIS: i64 = 1_789_614_000_000;
const HOUR_MILLIS: i64 = 3_600_000;

const BOTH: HiddenParts = HiddenParts {
    user: true,
    comment: true,
};

struct Setting {
    folder: tempfile::TempDir,
    written: Vec<ClassifiedEdit<'static>>,
    last: Option<Prepared>,
}

impl Setting {
    /// Edits of three hours in some files each.
    fn new() -> Self {
        let mut setting = Self {
            folder: tempfile::tempdir().unwrap(),
            written: Vec::new(),
            last: None,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..3 {
            let mut archive = setting.archive();
            let mut batch = archive.batch();
            for number in 0..120 {
                let millis = START_MILLIS + number * 3 * HOUR_MILLIS / 120;
                let mut edit = archive_sample::edit(&mut rng, millis);
                edit.edit.user_type = UserType::Registered;
                edit.edit.user_groups = Some(vec!["sysop".into(), "rollbacker".into()]);
                edit.edit.user_edit_count = Some(17);
                edit.edit.user_registered_at = EventTime::from_millis(1_000);
                batch.push(setting.written.len() as u64, &edit).unwrap();
                setting.written.push(edit);
            }
            let prepared = batch.finish().unwrap().unwrap();
            archive.publish(&prepared).unwrap();
            setting.last = Some(prepared);
        }
        setting
    }

    fn archive(&self) -> Archive {
        let lake = Lake::new(self.folder.path().join("lake"));
        let intent = self.last.as_ref().map(Prepared::to_json);
        Archive::open(lake, intent.as_deref()).unwrap().0
    }

    /// All edits of the lake, as they were written.
    fn read(&self) -> Vec<Edit<'static>> {
        let lake = Lake::new(self.folder.path().join("lake"));
        let mut found = Vec::new();
        for partition in lake.partitions().unwrap() {
            for file in lake.open_partition(partition).unwrap() {
                let path = file.path().to_owned();
                for batch in file.batches().unwrap() {
                    let batch: RecordBatch = batch.unwrap();
                    let edits = Edits::of(&batch, partition.user_type(), &path).unwrap();
                    for row in 0..edits.len() {
                        let json = serde_json::to_string(&edits.edit(row)).unwrap();
                        let json: &'static str = json.leak();
                        found.push(serde_json::from_str(json).unwrap());
                    }
                }
            }
        }
        found.sort_by(|a: &Edit<'_>, b| a.meta_id.cmp(&b.meta_id));
        found
    }

    fn hide(&self, number: usize, parts: HiddenParts) -> Hiding {
        let edit = &self.written[number].edit;
        Hiding {
            wiki: edit.wiki.to_string(),
            page_title: edit.page_title.to_string(),
            rev_ids: edit.rev_id.into_iter().collect(),
            made_at: Some(edit.event_time),
            parts,
        }
    }
}

fn without(edit: &mut Edit<'_>, parts: HiddenParts) {
    if parts.user {
        edit.user = None;
        edit.user_id = None;
        edit.user_edit_count = None;
        edit.user_registered_at = None;
        edit.user_groups = None;
    }
    if parts.comment {
        edit.comment = None;
    }
}

#[test]
fn names_and_summaries_go_and_every_other_value_stays() {
    let setting = Setting::new();
    let before = setting.read();
    assert_eq!(before.len(), 360);
    let (name, summary) = (
        HiddenParts {
            comment: false,
            ..BOTH
        },
        HiddenParts {
            user: false,
            ..BOTH
        },
    );
    let (mut hidden, mut expected) = (Hidden::default(), before);
    let mut times = Vec::new();
    for (number, parts) in [(3, name), (4, summary), (330, BOTH)] {
        let hiding = setting.hide(number, parts);
        hidden.add(&hiding);
        times.extend(hiding.made_at);
        let id = &setting.written[number].edit.meta_id;
        let edit = expected.iter_mut().find(|edit| edit.meta_id == *id);
        without(edit.unwrap(), parts);
    }
    // Of a wiki that has such a revision too, nothing is hidden.
    hidden.add(&Hiding {
        wiki: "xxwiki".to_owned(),
        ..setting.hide(9, BOTH)
    });
    let mut archive = setting.archive();
    let blanked = archive.blank(&hidden, Some(&times)).unwrap();
    assert_eq!(
        (blanked.edits, blanked.files, blanked.hours.len()),
        (3, 2, 2)
    );
    assert_eq!(setting.read(), expected);
    // Done again, as after a crash before it was noted, there is nothing to do.
    assert_eq!(archive.blank(&hidden, None).unwrap(), Default::default());
    assert_eq!(setting.read(), expected);
    assert!(
        std::fs::read_dir(setting.folder.path().join("lake/.staging"))
            .unwrap()
            .next()
            .is_none()
    );
}

#[test]
fn of_a_hidden_page_all_edits_are_blanked_and_no_name_is_left_in_a_footer() {
    let setting = Setting::new();
    let mut hidden = Hidden::default();
    for number in 0..setting.written.len() {
        let hiding = setting.hide(number, BOTH);
        hidden.add(&Hiding {
            rev_ids: Vec::new(),
            made_at: None,
            ..hiding
        });
    }
    let blanked = setting.archive().blank(&hidden, None).unwrap();
    assert_eq!(blanked.edits, 360);
    assert!(
        setting
            .read()
            .iter()
            .all(|edit| edit.user.is_none() && edit.comment.is_none())
    );
    let lake = Lake::new(setting.folder.path().join("lake"));
    for file in lake.files(None).unwrap() {
        let reader = SerializedFileReader::new(File::open(&file.path).unwrap()).unwrap();
        for group in reader.metadata().row_groups() {
            for column in group.columns() {
                let name = column.column_descr().name();
                if ["user", "comment"].contains(&name) {
                    let least = column.statistics().and_then(|known| known.min_bytes_opt());
                    assert_eq!(least, None, "{name}");
                }
            }
        }
    }
}

/// The files keep their names and what they say they have replaced, so that a start recognises them.
#[test]
fn a_start_finds_blanked_files_in_place_and_removes_what_a_crash_left() {
    let setting = Setting::new();
    let mut archive = setting.archive();
    let mut hidden = Hidden::default();
    hidden.add(&setting.hide(250, BOTH));
    archive.blank(&hidden, None).unwrap();
    let staged = setting
        .folder
        .path()
        .join("lake/.staging/0123456789abcdef-blank");
    std::fs::write(&staged, b"PAR1").unwrap();
    drop(setting.archive());
    assert!(!staged.exists());
    let mut archive = setting.archive();
    while archive.compact_next(1).unwrap().is_some() {}
    hidden.add(&setting.hide(251, BOTH));
    archive.blank(&hidden, None).unwrap();
    drop(setting.archive());
    let edits = setting.read();
    assert_eq!(edits.len(), 360);
    assert_eq!(edits.iter().filter(|edit| edit.user.is_none()).count(), 2);
}

#[test]
fn facts_lose_names_and_summaries_and_stay_facts() {
    let folder = tempfile::tempdir().unwrap();
    let facts = StoredFacts::of(&Lake::new(folder.path().join("lake")));
    let payload = include_bytes!("../../../testdata/events/page-change-revert.json");
    let event = Event::parse(payload).unwrap();
    let time = event.time.unwrap();
    let mut batch = FactBatch::default();
    batch.push(1, time, &event, payload);
    facts.write(&batch.close()).unwrap();
    let mut hidden = Hidden::default();
    hidden.add(&Hiding {
        wiki: "enwiki".to_owned(),
        page_title: "Talk:Example page".to_owned(),
        rev_ids: vec![1002],
        made_at: None,
        parts: BOTH,
    });
    let days = [time.utc().date()].into();
    assert_eq!(facts.blank(&hidden, &days).unwrap(), 1);
    let found = facts.of_day(time.utc().date()).unwrap();
    let [LabelFact::Revert(revert)] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((&revert.user, &revert.comment), (&None, &None));
    assert!(revert.revert.is_some());
    assert_eq!(facts.blank(&hidden, &days).unwrap(), 0);
}
