//! Several writers at once: in one folder from several processes, in a store that puts if a tag
//! matches, as S3 does, from several threads.

use crate::sample;
use object_store::memory::InMemory;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use wikisentry_lake::registry::{Registry, RegistryError};

const WRITERS: usize = 4;
const EACH: u64 = 12;

/// Publishes and promotes; each promotion as (before, after).
fn write(registry: &Registry) -> Vec<(u32, u32)> {
    let mut promotions = Vec::new();
    for seed in 0..EACH {
        let version = registry
            .publish(sample::model(), sample::card(seed))
            .unwrap();
        loop {
            let champion = registry.champion_version().unwrap().unwrap();
            match registry.promote(version, Some(champion)) {
                Ok(done) => {
                    assert!(done.changed);
                    promotions.push((champion, version));
                    break;
                }
                Err(RegistryError::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    promotions
}

/// Each promotion replaced the one before it and was replaced by the one after: none was lost.
fn assert_one_chain(registry: &Registry, promotions: &[(u32, u32)]) {
    let versions = registry.versions().unwrap();
    assert_eq!(versions.len(), promotions.len() + 1);
    assert!(versions.iter().all(|version| version.fault.is_none()));
    let next: BTreeMap<u32, u32> = promotions.iter().copied().collect();
    assert_eq!(next.len(), promotions.len(), "one champion, two successors");
    let (mut champion, mut previous) = (1, None);
    for _ in promotions {
        previous = Some(champion);
        champion = next[&champion];
    }
    let aliases = registry.aliases().unwrap();
    assert_eq!(
        (aliases.champion, aliases.previous),
        (Some(champion), previous)
    );
    assert_eq!(registry.rollback().unwrap().champion, previous);
}

#[test]
fn processes_that_promote_in_one_folder_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let registry = sample::registry(folder.path());
    let children: Vec<_> = (0..WRITERS)
        .map(|_| sample::child("together::child_writes", folder.path()))
        .collect();
    let mut promotions = Vec::new();
    for mut child in children {
        let told = folder.path().join(format!("{}.json", child.id()));
        assert!(child.wait().unwrap().success());
        let told: Vec<(u32, u32)> = serde_json::from_slice(&fs::read(told).unwrap()).unwrap();
        promotions.extend(told);
    }
    assert_eq!(promotions.len() as u64, WRITERS as u64 * EACH);
    let copy = fs::read(folder.path().join("edit-risk/aliases/previous")).unwrap();
    let copy: serde_json::Value = serde_json::from_slice(&copy).unwrap();
    let previous = registry.aliases().unwrap().previous;
    assert_eq!(copy["version"].as_u64(), previous.map(u64::from));
    assert_one_chain(&registry, &promotions);
}

#[test]
#[ignore = "a child process of the test above"]
fn child_writes() {
    let Some(folder) = sample::folder_of_child() else {
        return;
    };
    let promotions = write(&Registry::open(&folder, "edit-risk"));
    let told = folder.join(format!("{}.json", std::process::id()));
    fs::write(told, serde_json::to_vec(&promotions).unwrap()).unwrap();
}

#[test]
fn threads_that_promote_in_a_store_with_put_if_match_lose_nothing() {
    let store = Arc::new(InMemory::new());
    let open = || Registry::on_store(store.clone(), "models", "edit-risk");
    open().bootstrap().unwrap();
    // Another model in the same store is another registry.
    let other = Registry::on_store(store.clone(), "models", "edit-risk-anonymous");
    other.publish(sample::model(), sample::card(1)).unwrap();
    let promotions: Vec<_> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| scope.spawn(|| write(&open())))
            .collect();
        let each = writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap());
        each.collect()
    });
    assert_one_chain(&open(), &promotions);
    assert_eq!(other.versions().unwrap().len(), 1);
}

#[test]
fn starts_at_once_agree_on_one_bootstrap_version() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| sample::registry(folder.path()));
        }
    });
    let registry = sample::registry(folder.path());
    assert_eq!(registry.versions().unwrap().len(), 1);
    assert_eq!(registry.champion_version().unwrap(), Some(1));
}
