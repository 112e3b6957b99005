//! What is learnt from the simulated stream, and what is made of it, mostly as if its edits were real.
//! How good the models are is not to be read here: the feature `text_risk` was fitted on the very
//! edits that are simulated, and knows their labels.

use super::world::{World, go_on, retrain, simulation};
use crate::error::LearningError;
use crate::event::{Phase, RetrainEvent};
use crate::retrain::refusal;
use std::ops::ControlFlow;
use wikisentry_core::evaluation::promotion::PromotionCheck;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::features::TextWeights;
use wikisentry_core::scoring::Scoring;
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
    assert_eq!(events.iter().filter(finished).count(), 7);
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
fn with_shuffled_labels_there_is_next_to_nothing_to_learn() {
    let judged = |shuffle_labels| {
        let folder = tempfile::tempdir().unwrap();
        let options = SimulationOptions {
            shuffle_labels,
            ..SimulationOptions::default()
        };
        let world = World::of(folder.path(), simulation(&options));
        world.crown_the_flag();
        match retrain(&world.settings(), &mut go_on) {
            Ok(done) => {
                done.evaluation
                    .overall
                    .figures
                    .unwrap()
                    .ranking
                    .roc_auc
                    .value
            }
            // Noise alone may give scores that fall as the risk rises.
            Err(error) => {
                assert!(matches!(error, LearningError::Calibrate(_)), "{error}");
                0.5
            }
        }
    };
    let (found, shuffled) = (judged(false), judged(true));
    println!("ROC-AUC {found:.4}, with shuffled labels {shuffled:.4}");
    // That the edits which revert are no damage can still be known. More than that would have
    // leaked from the labels that judge.
    assert!(found > 0.8 && shuffled < 0.65, "{found} and {shuffled}");
}

#[test]
fn a_champion_that_learnt_from_all_there_is_cannot_be_judged_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    world.crown_the_flag();
    let first = retrain(&world.settings(), &mut go_on).unwrap();
    assert!(first.decision.promote);
    // It was fitted on everything up to the present: there is no newer edit to judge by.
    let second = retrain(&world.settings(), &mut go_on);
    let Err(LearningError::TooLittle { reason }) = second else {
        panic!("{second:?}");
    };
    assert!(reason.contains("has seen the edits up to"), "{reason}");
    let champion = world.registry().champion_version().unwrap();
    assert_eq!(champion, Some(first.version));

    let mut settings = world.settings();
    settings.min_new_damage = 100_000;
    let early = retrain(&settings, &mut go_on);
    assert!(
        matches!(early, Err(LearningError::TooLittle { .. })),
        "{early:?}"
    );
}

#[test]
fn what_is_promoted_was_fitted_again_up_to_the_present_and_its_card_says_both() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    world.crown_the_flag();
    let done = retrain(&world.settings(), &mut go_on).unwrap();
    assert!(done.decision.promote);
    let registry = world.registry();
    let card = registry.card(done.version).unwrap();
    let parts = &card.data["parts"];
    let trial = &card.data["trial"];
    assert_eq!(trial["range"]["to"], parts["calibrate"]["to"]);
    assert_eq!(card.data["range"]["to"], parts["test"]["to"]);
    let sum = |field: &str| -> u64 {
        let parts = ["train", "calibrate", "test"].map(|part| &parts[part][field]);
        parts.iter().map(|number| number.as_u64().unwrap()).sum()
    };
    assert_eq!(card.data["rows"], sum("rows"));
    assert_eq!(card.data["damage"], sum("damage"));
    assert_ne!(trial["model_sha256"], card.model_sha256);
    // As many trees as the trial found best.
    let model = world.folder.join("models/edit-risk/versions");
    let model = std::fs::read(model.join(done.version.to_string()).join("model.json")).unwrap();
    let model: serde_json::Value = serde_json::from_slice(&model).unwrap();
    let trees = &model["learner"]["gradient_booster"]["model"]["trees"];
    assert_eq!(card.parameters["trees"], trees.as_array().unwrap().len());
    // The trees have seen the edits they were judged on as a trial, and say so.
    let provenance = card.provenance.unwrap();
    let (part, to) = provenance.newest().unwrap();
    assert!(["text_risk", "trees"].contains(&part), "{part}");
    let newest: jiff::Timestamp = parts["test"]["to"].as_str().unwrap().parse().unwrap();
    assert_eq!(newest, to);
    // So have the weights of the texts, which began on two labelled sets.
    let text_risk = &provenance.parts["text_risk"];
    assert_eq!(text_risk.sets.len(), 2);
    assert_eq!(
        text_risk.ranges.iter().map(|range| range.to).max(),
        Some(newest)
    );
    let champion = registry.champion().unwrap().scorer;
    assert_ne!(champion.text(), TextWeights::of_program());
    assert!(card.text_risk_sha256.is_some());
}
