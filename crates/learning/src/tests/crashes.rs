//! `kill -9` in each phase of a retraining: the champion stays, and the next run is clean.

use super::world::{World, go_on, retrain, settings, simulation};
use crate::event::{Phase, RetrainEvent};
use crate::lock::is_busy;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use wikisentry_replay::simulation::SimulationOptions;

const FOLDER: &str = "TEST_RETRAIN_FOLDER";
const AT: &str = "TEST_RETRAIN_AT";

/// Where the child is killed, by the name of the phase: when it begins, and after some trees.
fn is_at(event: &RetrainEvent, at: &str) -> bool {
    match event {
        RetrainEvent::Started { phase } => phase.name() == at,
        RetrainEvent::Progress { phase, done, .. } => {
            at == "trees" && *phase == Phase::Train && *done >= 10
        }
        RetrainEvent::Finished { phase, .. } => at == format!("after {}", phase.name()),
    }
}

#[test]
#[ignore = "a child process of the kill -9 test"]
fn child_retrains_until_killed() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let at = std::env::var(AT).unwrap();
    let done = retrain(&settings(&folder), &mut |event| {
        if is_at(&event, &at) {
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
                .unwrap();
        }
        ControlFlow::Continue(())
    });
    panic!("not killed at {at}: {:?}", done.map(|done| done.version));
}

#[test]
fn killed_in_any_phase_the_champion_stays_and_the_next_run_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    let champion = world.crown_the_flag();
    let moments = [
        "label",
        "build",
        "train",
        "trees",
        "evaluate",
        "decide",
        "after decide",
        "refit",
        "swap",
    ];
    for at in moments {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "tests::crashes::child_retrains_until_killed",
            ])
            .env(FOLDER, folder.path())
            .env(AT, at)
            .stdout(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stderr);
        assert_eq!(child.status.code(), None, "{at}: it was not killed: {said}");
        let registry = world.registry();
        assert_eq!(registry.champion_version().unwrap(), Some(champion), "{at}");
        registry.champion().unwrap();
        assert!(!is_busy(&world.settings().models), "{at}");
        // What is visible is whole.
        for version in registry.versions().unwrap() {
            assert!(version.fault.is_none(), "{at}: {:?}", version.fault);
        }
    }
    let done = retrain(&world.settings(), &mut go_on).unwrap();
    assert!(done.decision.promote);
    assert_eq!(
        world.registry().champion_version().unwrap(),
        Some(done.version)
    );
    let datasets = std::fs::read_dir(world.settings().datasets).unwrap();
    let names = datasets.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<String> = names.collect();
    assert!(
        names.len() <= 2 && names.iter().all(|name| !name.starts_with('.')),
        "{names:?}"
    );
}

#[test]
fn stopped_by_request_it_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::of(folder.path(), simulation(&SimulationOptions::default()));
    let champion = world.crown_the_flag();
    let before = world.registry().versions().unwrap().len();
    let stopped = retrain(
        &world.settings(),
        &mut |event| match is_at(&event, "trees") {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        },
    );
    assert!(matches!(stopped, Err(crate::LearningError::Cancelled)));
    assert_eq!(world.registry().champion_version().unwrap(), Some(champion));
    assert_eq!(world.registry().versions().unwrap().len(), before);
}
