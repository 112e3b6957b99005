//! What the parts of a data set hold: by time, by label, and at most as many rows as asked for.

use super::world::{World, simulation};
use crate::dataset::{Dataset, DatasetOptions, Part, Spans};
use crate::labelling::label;
use std::ops::ControlFlow;
use wikisentry_core::features::TextWeights;
use wikisentry_core::time::EventTime;
use wikisentry_lake::label_table::{LabelTable, revision_key};
use wikisentry_replay::simulation::SimulationOptions;

#[test]
fn no_part_has_more_rows_than_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    let lake = world.lake();
    let report = label(&lake, &mut |_, _| ControlFlow::Continue(())).unwrap();
    let datasets = world.settings().datasets;
    let build = |train, calibrate, test| {
        let options = DatasetOptions {
            max_train_rows: train,
            max_calibrate_rows: calibrate,
            max_test_rows: test,
            ..options(report.stream_now.unwrap())
        };
        let go_on = &mut |_, _| ControlFlow::Continue(());
        Dataset::build(&lake, &datasets, &options, go_on).unwrap()
    };
    let whole = build(u64::MAX, u64::MAX, u64::MAX);
    let damage = whole.part(Part::Train).damage;
    assert_eq!(whole.manifest.left_out.sampled, 0);
    // Below, at and above the damage that there is; damage alone may be too much.
    for most in [1, 20, damage / 2, damage, 2 * damage, 3_000] {
        let capped = build(most, most, most);
        for part in Part::ALL {
            let (rows, of) = (capped.part(part).rows, whole.part(part).rows);
            assert!(
                rows <= most.min(of),
                "{part:?}: {rows} rows of at most {most}"
            );
            let enough = most.min(of) as f64;
            assert!(
                rows as f64 > enough - 10.0 * enough.sqrt() - 0.2 * enough,
                "{rows}: {most}"
            );
        }
        assert_eq!(capped.manifest.new_damage, whole.manifest.new_damage);
    }
    let fourfold = build(4 * damage, u64::MAX, u64::MAX).part(Part::Train);
    assert!(
        fourfold.damage == damage,
        "good edits go first: {fourfold:?}"
    );
    // The later parts stay as the feed is.
    let test = build(u64::MAX, u64::MAX, 800).part(Part::Test);
    let share = |part: crate::dataset::PartSummary| part.damage as f64 / part.rows as f64;
    let (all, capped) = (share(whole.part(Part::Test)), share(test));
    assert!((all - capped).abs() < 0.04, "{all} and {capped}");
}

#[test]
fn the_window_leaves_out_what_is_older() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    let lake = world.lake();
    let report = label(&lake, &mut |_, _| ControlFlow::Continue(())).unwrap();
    let options = DatasetOptions {
        spans: Spans {
            window_ms: 3 * 24 * HOUR_MS,
            calibrate_ms: 6 * HOUR_MS,
            test_ms: 12 * HOUR_MS,
        },
        ..options(report.stream_now.unwrap())
    };
    let datasets = world.settings().datasets;
    let go_on = &mut |_, _| ControlFlow::Continue(());
    let dataset = Dataset::build(&lake, &datasets, &options, go_on).unwrap();
    let split = dataset.manifest.split;
    let hours = |from: EventTime, to: EventTime| (to.as_millis() - from.as_millis()) / HOUR_MS;
    assert!((72..=73).contains(&hours(split.train_from, split.young_from)));
    assert!(hours(split.test_from, split.young_from) <= 13);
    assert!(hours(split.calibrate_from, split.test_from) <= 7);
    let parts = Part::ALL.map(|part| dataset.part(part));
    assert!(parts[0].from.unwrap() >= split.train_from);
    let in_parts: u64 = parts.iter().map(|part| part.rows).sum();
    assert!(
        dataset.manifest.left_out.old > in_parts,
        "{:?}",
        dataset.manifest.left_out
    );
}

const HOUR_MS: i64 = 3_600_000;

/// Everything that has matured, in parts as the settings have them.
pub(super) fn options(stream_now: EventTime) -> DatasetOptions {
    DatasetOptions {
        maturity_ms: 48 * HOUR_MS,
        stream_now,
        champion_text: TextWeights::of_program().clone(),
        test_after: None,
        spans: Spans {
            window_ms: 45 * 24 * HOUR_MS,
            calibrate_ms: 24 * HOUR_MS,
            test_ms: 48 * HOUR_MS,
        },
        max_train_rows: u64::MAX,
        max_calibrate_rows: u64::MAX,
        max_test_rows: u64::MAX,
        seed: 1,
    }
}

#[test]
fn parts_follow_each_other_in_time_and_hold_what_the_labels_say() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    let lake = world.lake();
    let report = label(&lake, &mut |_, _| ControlFlow::Continue(())).unwrap();
    let options = DatasetOptions {
        max_train_rows: 2_000,
        ..options(report.stream_now.unwrap())
    };
    let datasets = world.settings().datasets;
    let build = || {
        Dataset::build(&lake, &datasets, &options, &mut |_, _| {
            ControlFlow::Continue(())
        })
    };
    let dataset = build().unwrap();
    let parts = Part::ALL.map(|part| dataset.part(part));
    for pair in parts.windows(2) {
        assert!(pair[0].to < pair[1].from, "{parts:?}");
    }
    let manifest = &dataset.manifest;
    assert!(manifest.left_out.sampled > 1_000 && manifest.negatives_kept < 0.5);
    let good = (parts[0].rows - parts[0].damage) as f64;
    let kept = good / (good + manifest.left_out.sampled as f64);
    assert!(
        (kept - manifest.negatives_kept).abs() < 0.03,
        "{kept} of the good: {manifest:?}"
    );
    assert!(manifest.left_out.same_war > 0 && manifest.left_out.undecided > 0);

    let table = LabelTable::of(&lake);
    let truth = world
        .truth
        .iter()
        .map(|truth| (revision_key(&truth.wiki, truth.rev_id), truth));
    let truth: std::collections::HashMap<_, _> = truth.collect();
    let mut damage = 0;
    for block in dataset.blocks(Part::Test).unwrap() {
        damage += block.unwrap().labels.iter().filter(|label| **label).count() as u64;
    }
    assert_eq!(damage, parts[2].damage);
    assert!(
        truth.len() > 7_000
            && !table
                .read(world.truth[0].time.utc().date())
                .unwrap()
                .is_empty()
    );

    // Built again it is the same; of old ones few are kept.
    let again = build().unwrap();
    for part in Part::ALL {
        let bytes = |set: &Dataset| std::fs::read(set.file(part)).unwrap();
        assert!(bytes(&dataset) == bytes(&again), "{part:?}");
    }
    Dataset::prune(&datasets, 1);
    assert!(!dataset.file(Part::Test).exists() && again.file(Part::Test).exists());
}
