//! Labels found in the simulated stream, held to its truth.

use super::world::{World, simulation};
use crate::labelling::label;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::features::{self, TextWeights};
use wikisentry_core::labels::LabelKind;
use wikisentry_lake::archive::Edits;
use wikisentry_lake::label_table::{LabelTable, revision_key};
use wikisentry_replay::simulation::{ExpectedLabel, RevertEvidence, SimulationOptions};

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn kind(expected: ExpectedLabel) -> LabelKind {
    match expected {
        ExpectedLabel::Damage => LabelKind::Damage,
        ExpectedLabel::SelfRevert => LabelKind::SelfRevert,
        ExpectedLabel::BotRevert => LabelKind::BotRevert,
        ExpectedLabel::RevertOfRevert => LabelKind::RevertOfRevert,
        ExpectedLabel::Restored => LabelKind::Restored,
    }
}

#[test]
fn nearly_all_damage_is_found_and_none_is_invented() {
    let folder = tempfile::tempdir().unwrap();
    let options = SimulationOptions {
        seed: 11,
        ..SimulationOptions::default()
    };
    let world = World::of(folder.path(), simulation(&options));
    let report = label(&world.lake(), &mut go_on).unwrap();
    let table = LabelTable::of(&world.lake());
    let mut found: HashMap<RevertEvidence, (u32, u32)> = HashMap::new();
    let mut invented = Vec::new();
    for truth in world.truth.iter().filter(|truth| !truth.unclear) {
        let known = table.read(truth.time.utc().date()).unwrap();
        let label = known
            .get(&revision_key(&truth.wiki, truth.rev_id))
            .map(|label| label.kind);
        let expected = truth.reverted.map(|reverted| kind(reverted.expected));
        if let Some(reverted) = truth
            .reverted
            .filter(|one| one.expected == ExpectedLabel::Damage)
        {
            let (hit, all) = found.entry(reverted.evidence).or_default();
            *all += 1;
            *hit += u32::from(label == Some(LabelKind::Damage));
        } else if label == Some(LabelKind::Damage) {
            invented.push((truth, expected));
        }
    }
    println!("{found:?}, {:?}", report.by_kind);
    assert!(
        invented.is_empty(),
        "{} invented: {:?}",
        invented.len(),
        invented.first()
    );
    assert_eq!(found.len(), 4);
    for (evidence, (hit, all)) in found {
        let wanted = if evidence == RevertEvidence::Rollback {
            0.95
        } else {
            0.99
        };
        assert!(
            all > 30 && f64::from(hit) >= wanted * f64::from(all),
            "{evidence:?}: {hit} of {all}"
        );
    }
}

#[test]
fn labels_made_again_are_the_same_and_settled_days_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    let all = |world: &World| {
        let mut files = Vec::new();
        let labels = world.folder.join("lake/labels");
        for day in std::fs::read_dir(&labels).unwrap() {
            let file = day.unwrap().path().join("labels.parquet");
            files.extend(std::fs::read(&file).ok().map(|bytes| (file, bytes)));
        }
        files.sort();
        files
    };
    let first = label(&world.lake(), &mut go_on).unwrap();
    let before = all(&world);
    let again = label(&world.lake(), &mut go_on).unwrap();
    assert_eq!(all(&world), before);
    assert_eq!(again.stream_now, first.stream_now);
    // What is read again is the open days, and before them as long as a revert may take.
    assert!(
        again.counters.edits * 3 < first.counters.edits * 2,
        "{again:?}"
    );
    // Stopped in between, nothing is lost.
    std::fs::remove_dir_all(world.folder.join("lake/labels/date=2026-10-02")).unwrap();
    std::fs::remove_file(world.folder.join("lake/labels/settled.json")).unwrap();
    let mut calls = 0;
    let stopped = label(&world.lake(), &mut |_, _| {
        calls += 1;
        if calls > 6 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(stopped.is_err());
    label(&world.lake(), &mut go_on).unwrap();
    assert_eq!(all(&world), before);
}

#[test]
fn an_edit_read_back_from_the_lake_has_the_features_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = simulation(&SimulationOptions::default());
    let mut rows: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let bits = |row: &[f32]| {
        row.iter()
            .map(|value| value.to_bits())
            .collect::<Vec<u32>>()
    };
    let mut row = vec![f32::NAN; features::COUNT];
    for line in simulation.source.lines() {
        if let Event {
            body: Body::Edit(edit),
            is_page_change: false,
            ..
        } = Event::parse(line).unwrap()
        {
            features::extract(&edit, TextWeights::of_program(), &mut row);
            rows.insert(edit.meta_id.to_string(), bits(&row));
        }
    }
    let world = World::simulated(folder.path(), simulation);
    let mut compared = 0;
    let lake = world.lake();
    let partitions = lake.partitions().unwrap().into_iter();
    let files = partitions.flat_map(|partition| {
        let files = lake.open_partition(partition).unwrap().into_iter();
        files.map(move |file| (partition, file))
    });
    for (partition, file) in files {
        let path = file.path().to_owned();
        for batch in file.batches().unwrap() {
            let batch = batch.unwrap();
            let edits = Edits::of(&batch, partition.user_type(), &path).unwrap();
            for at in 0..edits.len() {
                let edit = edits.edit(at);
                features::extract(&edit, TextWeights::of_program(), &mut row);
                assert_eq!(rows[edit.meta_id.as_str()], bits(&row), "{edit:?}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, rows.len());
}
