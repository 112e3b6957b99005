//! What people rule holds against what happens unattended: rolled-back models and held champions.

use crate::sample;
use std::fs;
use std::path::Path;
use wikisentry_lake::registry::{Registry, RegistryError};

/// The sample model with a checksum of its own.
fn model(number: usize) -> Vec<u8> {
    [sample::model(), &b"\n".repeat(number)].concat()
}

/// A registry with versions up to 4, each another model, the first its champion.
fn four(folder: &Path) -> Registry {
    let registry = sample::registry(folder);
    for number in [2, 3, 4] {
        let card = sample::card(number as u64);
        registry.publish(&model(number), card).unwrap();
    }
    registry
}

fn rolled_back(registry: &Registry) -> Vec<u32> {
    let ruling = registry.ruling().unwrap();
    ruling.rolled_back.iter().map(|one| one.version).collect()
}

#[test]
fn a_rolled_back_model_is_not_promoted_unattended_under_any_number() {
    let folder = tempfile::tempdir().unwrap();
    let registry = four(folder.path());
    registry.promote_unattended(3, Some(1)).unwrap();
    registry.rollback().unwrap();
    assert_eq!(rolled_back(&registry), [3]);
    // Trained again, it is another version of the same bytes.
    let again = registry.publish(&model(3), sample::card(9)).unwrap();
    for version in [3, again] {
        let error = registry.promote_unattended(version, Some(1)).unwrap_err();
        assert!(
            matches!(&error, RegistryError::RolledBack { before, .. } if before.version == 3),
            "{error}"
        );
    }
    assert_eq!(registry.champion_version().unwrap(), Some(1));
    // Another model is promoted, and what was ruled stays.
    registry.promote_unattended(4, Some(1)).unwrap();
    assert!(registry.promote_unattended(again, Some(4)).is_err());
    // A person may.
    registry.promote(again, Some(4)).unwrap();
    assert_eq!(rolled_back(&registry), Vec::<u32>::new());
}

#[test]
fn a_second_rollback_takes_the_first_back_and_both_rulings_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let registry = four(folder.path());
    registry.promote_unattended(2, Some(1)).unwrap();
    registry.promote_unattended(3, Some(2)).unwrap();
    for expected in [vec![3], vec![], vec![3]] {
        registry.rollback().unwrap();
        assert_eq!(rolled_back(&registry), expected);
    }
}

#[test]
fn to_promote_an_older_version_by_hand_is_to_roll_the_newer_one_back() {
    let folder = tempfile::tempdir().unwrap();
    let registry = four(folder.path());
    registry.promote_unattended(3, Some(1)).unwrap();
    registry.promote(2, Some(3)).unwrap();
    assert_eq!(rolled_back(&registry), [3]);
    registry.promote(4, Some(2)).unwrap();
    assert_eq!(rolled_back(&registry), [3]);
}

#[test]
fn a_damaged_champion_can_be_rolled_back_and_is_known_again() {
    let folder = tempfile::tempdir().unwrap();
    let registry = four(folder.path());
    registry.promote_unattended(3, Some(1)).unwrap();
    let card = folder.path().join("edit-risk/versions/3/card.json");
    fs::write(card, "{}").unwrap();
    registry.rollback().unwrap();
    let again = registry.publish(&model(3), sample::card(9)).unwrap();
    assert!(registry.promote_unattended(again, Some(1)).is_err());
}

#[test]
fn a_held_champion_is_replaced_by_hand_alone() {
    let folder = tempfile::tempdir().unwrap();
    let registry = four(folder.path());
    let reason = || Some("until the election".to_owned());
    assert!(registry.hold(reason()).unwrap());
    assert!(!registry.hold(reason()).unwrap(), "it was held already");
    assert!(registry.hold(None).unwrap(), "the reason is another");
    assert!(registry.hold(reason()).unwrap());
    let error = registry.promote_unattended(2, Some(1)).unwrap_err();
    assert!(error.to_string().contains("until the election"), "{error}");
    // By hand it is, and the hold stays, as it does over a rollback.
    registry.promote(2, Some(1)).unwrap();
    assert!(registry.promote_unattended(3, Some(2)).is_err());
    registry.rollback().unwrap();
    assert!(registry.promote_unattended(3, Some(1)).is_err());
    let hold = registry.release().unwrap().unwrap();
    assert_eq!(hold.reason, reason());
    assert_eq!(registry.release().unwrap(), None);
    registry.promote_unattended(3, Some(1)).unwrap();
}

#[test]
fn a_hold_set_while_a_retraining_decides_is_not_missed() {
    let folder = tempfile::tempdir().unwrap();
    let registry = four(folder.path());
    let decided_on = registry.champion_version().unwrap();
    registry.hold(None).unwrap();
    assert!(matches!(
        registry.promote_unattended(2, decided_on),
        Err(RegistryError::Held { .. })
    ));
}

#[test]
fn without_a_champion_there_is_nothing_to_hold() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(folder.path(), "another");
    for refused in [registry.hold(None).err(), registry.release().err()] {
        assert!(matches!(refused, Some(RegistryError::NoChampion { .. })));
    }
}

#[test]
fn what_others_keep_in_the_alias_is_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let registry = four(folder.path());
    let champion = folder.path().join("edit-risk/aliases/champion");
    let theirs = r#"{"version":2,"updated_at":"2026-11-22T17:00:00.000Z","ticket":17}"#;
    fs::write(&champion, theirs).unwrap();
    registry.hold(None).unwrap();
    registry.promote(3, Some(2)).unwrap();
    let alias: serde_json::Value = serde_json::from_slice(&fs::read(&champion).unwrap()).unwrap();
    assert_eq!(
        (&alias["ticket"], &alias["version"]),
        (&17.into(), &3.into())
    );
    assert!(alias["hold"]["since"].is_string(), "{alias}");
}
