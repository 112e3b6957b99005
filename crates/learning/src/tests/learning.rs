//! What is learnt from the simulated stream, and what is made of it, mostly as if its edits were real.
//! How good the models are is not to be read here: the feature `text_risk` was fitted on the very
//! edits that are simulated, and knows their labels.

use super::world::{World, go_on, retrain, simulation};
use crate::dataset::{Dataset, DatasetOptions, Part};
use crate::error::LearningError;
use crate::labelling::label;
use crate::retrain::{Phase, RetrainEvent, refusal};
use std::ops::ControlFlow;
use wikisentry_core::evaluation::promotion::PromotionCheck;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::scoring::Scoring;
use wikisentry_lake::label_table::{LabelTable, revision_key};
use wikisentry_lake::registry::Registry;
use wikisentry_replay::ReplaySource;
use wikisentry_replay::simulation::SimulationOptions;

fn scores(registry: &Registry) -> Vec<u64> {
    let champion = registry.champion().unwrap();
    let sample = ReplaySource::sample().unwrap();
    let events = sample.lines().filter_map(|line| Event::parse(line).ok());
    let edits: Vec<_> = events
        .filter_map(|event| match event.body {
            Body::Edit(edit) => Some(*edit),
            _ => None,
        })
        .collect();
    let scores = Scoring::new().score(&champion.scorer, &edits, true);
    scores
        .iter()
        .flatten()
        .map(|score| score.score.to_bits())
        .collect()
}

#[test]
fn a_better_model_is_promoted_and_rollback_restores_the_scores_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    world.score_elsewhere();
    let flag = world.crown_the_flag();
    let before = scores(&world.registry());
    let mut events = Vec::new();
    let done = retrain(&world.settings(), &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    })
    .unwrap();
    println!("{:#?}", done.decision);
    assert!(done.decision.promote, "{}", refusal(&done.decision));
    assert_eq!(
        world.registry().champion_version().unwrap(),
        Some(done.version)
    );
    assert_ne!(scores(&world.registry()), before);
    let finished = |event: &&RetrainEvent| matches!(event, RetrainEvent::Finished { .. });
    assert_eq!(events.iter().filter(finished).count(), 6);
    assert!(done.card.is_file());
    let card = world.registry().card(done.version).unwrap();
    assert_eq!(card.decision["promote"], true);
    assert!(card.score_reference.is_some());

    // What Wikimedia says of half of the edits is on the card, on the same edits.
    let shared = &done.evaluation.scored_by["revertrisk-language-agnostic"];
    let share = shared.own.rows as f64 / done.evaluation.overall.rows as f64;
    assert!((0.4..0.6).contains(&share), "{share}");
    assert_eq!(shared.own.damage, shared.baseline.damage);
    let theirs = shared.baseline.figures.as_ref().unwrap();
    assert!(theirs.ranking.roc_auc.value > 0.8, "{theirs:?}");
    assert!(card.metrics["scored_by"].is_object());

    let aliases = world.registry().rollback().unwrap();
    assert_eq!(aliases.champion, Some(flag));
    assert_eq!(scores(&world.registry()), before);

    // The same data and seed give the same model, which is measured the same, and stays rolled back.
    let mut again = retrain(&world.settings(), &mut go_on).unwrap();
    let model = |version: u32| {
        let versions = world.folder.join("models/edit-risk/versions");
        std::fs::read(versions.join(version.to_string()).join("model.json")).unwrap()
    };
    assert!(
        model(done.version) == model(again.version),
        "the models differ"
    );
    let ruling = again.decision.findings.pop().unwrap();
    assert_eq!(ruling.check, PromotionCheck::RolledBack);
    assert!(!again.decision.promote);
    assert_eq!(again.decision.findings, done.decision.findings);
    assert_eq!(world.registry().champion_version().unwrap(), Some(flag));
    // A person may still take it.
    world.registry().promote(again.version, Some(flag)).unwrap();
}

#[test]
fn a_held_champion_is_kept_and_the_better_candidate_is_there_when_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    let flag = world.crown_the_flag();
    let registry = world.registry();
    registry.hold(Some("a test".to_owned())).unwrap();
    let held = retrain(&world.settings(), &mut go_on).unwrap();
    assert!(!held.decision.promote);
    assert!(
        refusal(&held.decision).contains("a test"),
        "{:?}",
        held.decision
    );
    let failed = held
        .decision
        .findings
        .iter()
        .filter(|finding| !finding.passed);
    assert!(
        failed
            .map(|finding| finding.check)
            .eq([PromotionCheck::Held])
    );
    assert_eq!(registry.champion_version().unwrap(), Some(flag));
    assert_eq!(
        registry.card(held.version).unwrap().decision["promote"],
        false
    );
    registry.release().unwrap();
    let done = retrain(&world.settings(), &mut go_on).unwrap();
    assert!(done.decision.promote);
}

#[test]
fn a_hold_that_comes_after_the_decision_holds() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    let flag = world.crown_the_flag();
    let registry = world.registry();
    let done = retrain(&world.settings(), &mut |event| {
        if matches!(event, RetrainEvent::Started { phase: Phase::Swap }) {
            registry.hold(None).unwrap();
        }
        ControlFlow::Continue(())
    });
    assert!(!done.unwrap().decision.promote);
    assert_eq!(registry.champion_version().unwrap(), Some(flag));
}

#[test]
fn nothing_is_promoted_for_what_it_makes_of_simulated_edits() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = simulation(&SimulationOptions::default());
    let world = World::simulated(folder.path(), simulation);
    let flag = world.crown_the_flag();
    let done = retrain(&world.settings(), &mut go_on).unwrap();
    let finding = &done.decision.findings[0];
    assert_eq!(finding.check, PromotionCheck::UnseenLabels);
    let said = ["simulated", "PAN-WVC-11", "KI-2022"];
    assert!(
        said.iter().all(|word| finding.text.contains(word)),
        "{}",
        finding.text
    );
    assert!(!finding.passed && !done.decision.promote);
    assert_eq!(world.registry().champion_version().unwrap(), Some(flag));
    // The figures are there for who wants to see the loop.
    assert!(done.evaluation.overall.figures.is_some());
    let card = world.registry().card(done.version).unwrap();
    let test = &card.data["parts"]["test"];
    assert_eq!(test["simulated"], test["rows"]);
}

#[test]
fn with_shuffled_labels_there_is_nothing_to_learn_and_the_candidate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = SimulationOptions {
        shuffle_labels: true,
        ..SimulationOptions::default()
    };
    let world = World::of(folder.path(), simulation(&options));
    let flag = world.crown_the_flag();
    match retrain(&world.settings(), &mut go_on) {
        Ok(done) => {
            assert!(!done.decision.promote, "{:?}", done.decision);
            assert!(!refusal(&done.decision).is_empty());
        }
        // Noise alone may give scores that fall as the risk rises.
        Err(error) => assert!(matches!(error, LearningError::Calibrate(_)), "{error}"),
    }
    assert_eq!(world.registry().champion_version().unwrap(), Some(flag));
}

#[test]
fn a_champion_that_learnt_from_all_there_is_cannot_be_judged_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    world.crown_the_flag();
    let first = retrain(&world.settings(), &mut go_on).unwrap();
    assert!(first.decision.promote);
    // The test part is newer than what the new champion learnt from: the same candidate again is
    // no better beyond noise.
    let second = retrain(&world.settings(), &mut go_on).unwrap();
    assert!(!second.decision.promote);
    let against = second
        .decision
        .findings
        .iter()
        .find(|finding| !finding.passed);
    assert_eq!(
        against.map(|finding| finding.check),
        Some(PromotionCheck::Better)
    );

    let mut settings = world.settings();
    settings.min_new_damage = 100_000;
    let early = retrain(&settings, &mut go_on);
    assert!(
        matches!(early, Err(LearningError::TooLittle { .. })),
        "{early:?}"
    );
}

#[test]
fn parts_follow_each_other_in_time_and_hold_what_the_labels_say() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    let lake = world.lake();
    let report = label(&lake, &mut |_, _| ControlFlow::Continue(())).unwrap();
    let options = DatasetOptions {
        maturity_ms: 48 * 3_600_000,
        stream_now: report.stream_now.unwrap(),
        test_after: None,
        max_train_rows: 2_000,
        seed: 1,
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
