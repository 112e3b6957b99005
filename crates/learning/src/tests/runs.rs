//! Labels do not depend on when they are made: in one run or in many, as edits come or long after.

use super::datasets::options;
use crate::dataset::{Dataset, Part};
use crate::labelling::label;
use proptest::prelude::*;
use std::ops::ControlFlow;
use std::path::Path;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::edit::{Edit, EditType};
use wikisentry_core::event::Event;
use wikisentry_core::labels::LabelKind;
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Archive, Lake};
use wikisentry_lake::label_facts::{FactBatch, StoredFacts};
use wikisentry_lake::label_table::{KnownLabel, LabelTable, revision_key};

// 2026-03-01T00:00:00Z.
const START_MS: i64 = 1_772_323_200_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const WIKI: &str = "enwiki";

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn time(millis: i64) -> EventTime {
    EventTime::from_millis(millis).unwrap()
}

/// An edit of a history, or a tag that one of its edits gets.
#[derive(Debug, Clone)]
enum Happening {
    Edit(Made),
    Reverted { rev_id: i64, at: i64 },
}

#[derive(Debug, Clone)]
struct Made {
    rev_id: i64,
    parent: Option<i64>,
    page: usize,
    user: usize,
    at: i64,
    arrival: i64,
    comment: String,
}

impl Made {
    fn new(rev_id: i64, parent: Option<i64>, user: usize, at: i64, comment: &str) -> Self {
        Self {
            rev_id,
            parent,
            page: 0,
            user,
            at,
            arrival: at + 500,
            comment: comment.to_owned(),
        }
    }

    fn classified(&self) -> ClassifiedEdit<'static> {
        let edit = Edit {
            meta_id: Text::from(format!("00000000-0000-4000-8000-{:012}", self.rev_id)),
            wiki: Text::from(WIKI),
            edit_type: EditType::Edit,
            rev_id: Some(self.rev_id),
            rev_old_id: self.parent,
            page_id: None,
            page_title: Text::from(format!("Page {}", self.page)),
            namespace: Some(0),
            user: Some(Text::from(name(self.user))),
            user_id: None,
            user_type: UserType::Registered,
            is_bot: false,
            is_minor: None,
            is_patrolled: None,
            comment: Some(Text::from(self.comment.clone())),
            length_old: None,
            length_new: None,
            event_time: time(self.at),
            user_edit_count: None,
            user_registered_at: None,
            user_groups: None,
            page_revision_count: None,
            source_topic: None,
            source_partition: None,
            source_offset: None,
        };
        let classification = Classification {
            score: None,
            class: None,
            model_version: None,
            ingest_time: time(self.arrival),
            score_time: time(self.arrival),
        };
        ClassifiedEdit {
            edit,
            classification,
        }
    }
}

fn name(user: usize) -> String {
    format!("User {user}")
}

fn undo(rev_id: i64, user: usize) -> String {
    let user = name(user);
    format!("Undid revision {rev_id} by [[Special:Contributions/{user}|{user}]]")
}

/// Archives what happened as one batch; offsets begin with `first`.
fn archive(lake: &Lake, first: u64, happened: &[Happening]) {
    let (mut archive, _) = Archive::open(lake.clone(), None).unwrap();
    let (mut batch, mut facts) = (archive.batch(), FactBatch::default());
    let tags = include_str!("../../../../testdata/events/revision-tags-change.json");
    for (offset, happening) in (first..).zip(happened) {
        match happening {
            Happening::Edit(made) => batch.push(offset, &made.classified()).unwrap(),
            Happening::Reverted { rev_id, at } => {
                let mut event: serde_json::Value = serde_json::from_str(tags).unwrap();
                event["rev_id"] = (*rev_id).into();
                event["meta"]["dt"] = time(*at).to_string().into();
                let payload = serde_json::to_vec(&event).unwrap();
                facts.push(
                    offset,
                    time(*at),
                    &Event::parse(&payload).unwrap(),
                    &payload,
                );
            }
        }
    }
    StoredFacts::of(lake).write(&facts.close()).unwrap();
    if let Some(prepared) = batch.finish().unwrap() {
        archive.publish(&prepared).unwrap();
    }
}

/// The files of labels with what is in them.
fn labels(lake: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(days) = std::fs::read_dir(lake.join("labels")) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for day in days {
        let path = day.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        files.extend(std::fs::read(path.join("labels.parquet")).map(|bytes| (name, bytes)));
    }
    files.sort();
    files
}

fn known(lake: &Lake, made: &Made) -> Option<KnownLabel> {
    let day = time(made.at).utc().date();
    let of_day = LabelTable::of(lake).read(day).unwrap();
    of_day.get(&revision_key(WIKI, made.rev_id)).copied()
}

/// What the next edit does, by a number: most reverts happen within hours, some just within the 48.
fn history(steps: &[(usize, usize, u8, i64)]) -> Vec<Happening> {
    let mut happened = Vec::new();
    let mut pages: Vec<Vec<Made>> = vec![Vec::new(); 3];
    let mut at = START_MS;
    for (step, (page, user, what, gap)) in (1..).zip(steps) {
        at += gap * 60_000 + 1;
        let (rev_id, page) = (step * 10, *page);
        let last = pages[page].last().cloned();
        let older = pages[page].iter().rev().nth(1).cloned();
        let comment = match (what, &last, &older) {
            (0..=2, Some(last), _) => undo(last.rev_id, last.user),
            (3, _, Some(older)) => undo(older.rev_id, older.user),
            (4, Some(last), Some(older)) => {
                let (bad, good) = (name(last.user), name(older.user));
                format!(
                    "Reverted edits by [[Special:Contributions/{bad}|{bad}]] \
                     ([[User talk:{bad}|talk]]) to last version by {good}"
                )
            }
            (5, _, Some(older)) => format!("Restored revision {} by [[User:X|X]]", older.rev_id),
            _ => "fixed a typo".to_owned(),
        };
        if let (6, Some(last)) = (what, &last) {
            let rev_id = last.rev_id;
            happened.push((at + 7, Happening::Reverted { rev_id, at: at + 7 }));
        }
        let mut made = Made::new(rev_id, last.map(|last| last.rev_id), *user, at, &comment);
        made.page = page;
        happened.push((at, Happening::Edit(made.clone())));
        pages[page].push(made);
    }
    happened.sort_by_key(|(at, _)| *at);
    happened.into_iter().map(|(_, one)| one).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// In chunks that come in any order, with a run after each.
    #[test]
    fn labelling_in_any_number_of_runs_equals_labelling_all_at_once(
        steps in prop::collection::vec((0..3_usize, 0..4_usize, 0..9_u8, 0..420_i64), 20..70),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
        order in any::<u64>(),
    ) {
        let happened = history(&steps);
        let folder = tempfile::tempdir().unwrap();
        let (at_once, in_runs) = (folder.path().join("a"), folder.path().join("b"));
        let lake = Lake::new(&at_once);
        archive(&lake, 0, &happened);
        label(&lake, &mut go_on).unwrap();

        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(happened.len())).collect();
        ends.extend([0, happened.len()]);
        ends.sort_unstable();
        let mut chunks: Vec<_> = ends.windows(2).map(|pair| pair[0]..pair[1]).collect();
        // Late ones, a back-fill: one chunk comes after all others. Or none.
        let late = order as usize % (2 * chunks.len());
        if late < chunks.len() {
            let late = chunks.remove(late);
            chunks.push(late);
        }
        let lake = Lake::new(&in_runs);
        for chunk in chunks {
            archive(&lake, chunk.start as u64, &happened[chunk]);
            label(&lake, &mut go_on).unwrap();
        }
        prop_assert_eq!(labels(&in_runs), labels(&at_once));
    }
}

/// V damages, G undoes it before midnight, V undoes that after it: nobody knows who is right.
#[test]
fn a_revert_of_a_revert_over_midnight_is_a_dispute_in_every_run() {
    let (v, g, h) = (1, 2, 3);
    let midnight = START_MS + 6 * DAY_MS;
    let bad = Made::new(100, Some(90), v, midnight - 2 * HOUR_MS, "hello");
    let undone = Made::new(110, Some(100), g, midnight - HOUR_MS, &undo(100, v));
    let again = Made::new(120, Some(110), v, midnight + HOUR_MS, &undo(110, g));
    let filler = |rev_id: i64, at: i64| {
        let mut made = Made::new(rev_id, None, h, at, "fixed a typo");
        made.page = 5;
        Happening::Edit(made)
    };
    let early = filler(10, START_MS);
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::new(folder.path().join("lake"));
    let happened = [&bad, &undone, &again].map(|made| Happening::Edit(made.clone()));
    archive(&lake, 0, &[early]);
    archive(&lake, 1, &happened);
    // The first day is settled before the second: 49 hours after its end.
    for (offset, day) in [(10, 2), (11, 3), (12, 4), (13, 9)] {
        archive(
            &lake,
            offset,
            &[filler(1_000 + day, midnight + day * DAY_MS + 2 * HOUR_MS)],
        );
        label(&lake, &mut go_on).unwrap();
        let kind = |made| known(&lake, made).map(|label| label.kind);
        assert_eq!(kind(&undone), Some(LabelKind::RevertOfRevert), "day {day}");
        assert_eq!(kind(&bad), Some(LabelKind::Restored), "day {day}");
    }
}

/// Edits and reverts of a back-fill, on days that were settled long before.
#[test]
fn damage_that_comes_late_is_found_and_days_far_from_it_are_not_read_again() {
    let edit = |number: i64| {
        let at = START_MS + number * 6 * HOUR_MS;
        let mut made = Made::new(number * 10 + 10, None, 1, at, "fixed a typo");
        made.page = number as usize;
        Happening::Edit(made)
    };
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::new(folder.path().join("lake"));
    let all: Vec<Happening> = (0..120).map(edit).collect();
    archive(&lake, 0, &all);
    let first = label(&lake, &mut go_on).unwrap();
    assert_eq!(first.counters.edits, 120);

    let late = START_MS + 10 * DAY_MS + HOUR_MS;
    let mut bad = Made::new(10_001, Some(9_999), 2, late, "hello");
    bad.page = 7_000;
    let mut undone = Made::new(10_002, Some(10_001), 3, late + HOUR_MS, &undo(10_001, 2));
    undone.page = 7_000;
    archive(
        &lake,
        200,
        &[Happening::Edit(bad.clone()), Happening::Edit(undone)],
    );
    let again = label(&lake, &mut go_on).unwrap();
    let label_of = known(&lake, &bad).unwrap();
    assert_eq!(label_of.kind, LabelKind::Damage);
    // Seven days get new labels, and what the labeler remembers is read before and after them.
    assert!(again.counters.edits < 80, "{:?}", again.counters);
    assert_eq!(again.stream_now, first.stream_now);
    // And then it is settled again.
    let third = label(&lake, &mut go_on).unwrap();
    assert!(third.counters.edits < 30, "{:?}", third.counters);
}

/// An edit dated 2031 and one of 1970 among ordinary ones: in lakes of this version, and where an
/// earlier one has put the first under 2031.
#[test]
fn wrongly_dated_edits_mature_and_settle_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::new(folder.path().join("lake"));
    let mut all = Vec::new();
    for number in 0..200 {
        let at = START_MS + number * HOUR_MS;
        let mut made = Made::new(10 + number, None, 1, at, "fixed a typo");
        made.page = number as usize;
        all.push(Happening::Edit(made));
    }
    let last = START_MS + 199 * HOUR_MS;
    for (rev_id, stated) in [
        (5_000, "2031-05-01T00:00:00Z"),
        (5_001, "1970-01-01T00:00:00Z"),
    ] {
        let stated = EventTime::parse(stated).unwrap().as_millis();
        let mut made = Made::new(rev_id, None, 2, stated, "hello");
        (made.page, made.arrival) = (6_000, last - 20 * HOUR_MS);
        all.push(Happening::Edit(made));
    }
    archive(&lake, 0, &all);
    let check = |lake: &Lake| {
        let report = label(lake, &mut go_on).unwrap();
        assert_eq!(report.stream_now, Some(time(last)));
        let datasets = folder.path().join("datasets");
        let dataset = Dataset::build(lake, &datasets, &options(time(last)), &mut go_on).unwrap();
        let young_from = last - 48 * HOUR_MS;
        assert_eq!(dataset.manifest.split.young_from, time(young_from));
        let rows: u64 = Part::ALL.map(|part| dataset.part(part).rows).iter().sum();
        // Those of 2031 and of the last 48 hours are young; that of 1970 is taken at its word: it
        // lies before the window.
        (rows, dataset.manifest.left_out)
    };
    let (rows, left_out) = check(&lake);
    assert_eq!((rows, left_out.young, left_out.ahead), (151, 50, 0));
    assert_eq!(left_out.old, 1);
    // Damage of the open days is still found.
    let bad = Made::new(9_000, Some(8_999), 2, last + HOUR_MS, "hello");
    let undone = Made::new(9_001, Some(9_000), 3, last + 2 * HOUR_MS, &undo(9_000, 2));
    archive(
        &lake,
        300,
        &[Happening::Edit(bad.clone()), Happening::Edit(undone)],
    );
    label(&lake, &mut go_on).unwrap();
    assert_eq!(known(&lake, &bad).unwrap().kind, LabelKind::Damage);
}

/// As earlier versions did: the time as stated, and a folder of that day.
#[test]
fn a_lake_that_holds_edits_under_2031_is_read_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lake");
    let lake = Lake::new(&path);
    let mut all = Vec::new();
    for number in 0..100 {
        let mut made = Made::new(10 + number, None, 1, START_MS + number * HOUR_MS, "a typo");
        made.page = number as usize;
        all.push(Happening::Edit(made));
    }
    archive(&lake, 0, &all);
    let last = time(START_MS + 99 * HOUR_MS);
    // Moved there: the rows say when they arrived.
    let ahead = path.join("edits/user_type=registered/date=2031-05-01/hour=00");
    std::fs::create_dir_all(&ahead).unwrap();
    let hour = path.join("edits/user_type=registered/date=2026-03-02/hour=05");
    let file = std::fs::read_dir(&hour).unwrap().next().unwrap().unwrap();
    std::fs::rename(file.path(), ahead.join(file.file_name())).unwrap();
    let report = label(&lake, &mut go_on).unwrap();
    assert_eq!(report.stream_now, Some(last));
    assert_eq!(report.counters.edits, 99);
    let datasets = folder.path().join("datasets");
    let dataset = Dataset::build(&lake, &datasets, &options(last), &mut go_on).unwrap();
    assert_eq!(dataset.manifest.left_out.ahead, 1);
    let again = label(&lake, &mut go_on).unwrap();
    assert_eq!(again.stream_now, Some(last));
}
