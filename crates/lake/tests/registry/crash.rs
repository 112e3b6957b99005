//! A writer killed at any moment leaves whole versions, a champion that loads, and no lock.

use crate::sample;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::time::Duration;
use wikisentry_lake::registry::{Registry, RegistryError};

/// How often the writers are killed.
const ROUNDS: usize = 30;

fn seed() -> u64 {
    let given = std::env::var("REGISTRY_SEED").ok();
    let seed = given.map_or_else(rand::random, |seed| seed.parse().unwrap());
    eprintln!("REGISTRY_SEED={seed}");
    seed
}

#[test]
fn kill_9_at_random_moments_leaves_whole_versions_and_a_champion() {
    let mut rng = ChaCha8Rng::seed_from_u64(seed());
    let folder = tempfile::tempdir().unwrap();
    let registry = sample::registry(folder.path());
    let versions_folder = folder.path().join("edit-risk/versions");
    let folders = || fs::read_dir(&versions_folder).unwrap().count();
    let mut known = 1;
    for _ in 0..ROUNDS {
        let before = folders();
        let mut children: Vec<_> = (0..2)
            .map(|_| sample::child("crash::child_promotes_until_killed", folder.path()))
            .collect();
        // A publication takes some 10 ms; they are killed in the midst of one or of what follows.
        while folders() == before {
            for child in &mut children {
                assert!(
                    child.try_wait().unwrap().is_none(),
                    "the child failed by itself"
                );
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(rng.random_range(0..60_000)));
        for child in &mut children {
            child.kill().unwrap();
        }
        for child in &mut children {
            let status = child.wait().unwrap();
            assert_eq!(status.code(), None, "the child failed by itself");
        }
        let versions = registry.versions().unwrap();
        for version in &versions {
            assert!(version.fault.is_none(), "{version:?}");
        }
        assert!(versions.len() >= known, "a version is gone");
        known = versions.len();
        let champion = registry.champion().unwrap();
        let aliases = registry.aliases().unwrap();
        assert_eq!(Some(champion.scorer.card().version), aliases.champion);
        assert_ne!(aliases.previous, aliases.champion);
        if let Some(previous) = aliases.previous {
            registry.load(previous).unwrap();
        }
    }
    assert!(known > 1, "no version was ever published");
    // No lock is left, and the next writer goes on as if nothing had been.
    let before = registry.champion_version().unwrap();
    let version = registry.publish(sample::model(), sample::card(0)).unwrap();
    let aliases = registry.promote(version, before).unwrap().aliases;
    assert_eq!(
        (aliases.champion, aliases.previous),
        (Some(version), before)
    );
    assert_eq!(registry.rollback().unwrap().champion, before);
}

#[test]
#[ignore = "a child process of the test above"]
fn child_promotes_until_killed() {
    let Some(folder) = sample::folder_of_child() else {
        return;
    };
    let registry = Registry::open(&folder, "edit-risk");
    for seed in 0.. {
        registry.bootstrap().unwrap();
        let text = (seed % 2 == 0).then(sample::text);
        let version = registry
            .publish_with_text(sample::model(), text.as_ref(), sample::card(seed))
            .unwrap();
        let champion = registry.champion_version().unwrap();
        let moved = registry.promote(version, champion).map(|_| ());
        let back = match seed % 3 {
            0 => registry.rollback().map(|_| ()),
            _ => Ok(()),
        };
        for outcome in [moved, back] {
            match outcome {
                // The other child was faster.
                Ok(()) | Err(RegistryError::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}
