//! Promotion and rollback: which version each alias names before and after.

use crate::sample;
use std::fs;
use std::path::Path;
use wikisentry_lake::registry::{Aliases, Registry, RegistryError};

/// A registry with versions up to 3, the first its champion.
fn three(folder: &Path) -> Registry {
    let registry = sample::registry(folder);
    for seed in [2, 3] {
        registry
            .publish(sample::model(), sample::card(seed))
            .unwrap();
    }
    registry
}

fn named(champion: u32, previous: Option<u32>) -> Aliases {
    Aliases {
        champion: Some(champion),
        previous,
    }
}

/// What `aliases/previous` says, which other engines may read.
fn copy(folder: &Path) -> Option<u64> {
    let text = fs::read(folder.join("edit-risk/aliases/previous")).ok()?;
    let alias: serde_json::Value = serde_json::from_slice(&text).unwrap();
    alias["version"].as_u64()
}

#[test]
fn promotions_and_rollbacks_move_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let registry = three(folder.path());
    let error = registry.rollback().unwrap_err();
    assert_eq!(
        error.to_string(),
        "edit-risk has had no champion before version 1"
    );
    for (version, expected, changed, after) in [
        (1, Some(1), false, named(1, None)),
        (2, Some(1), true, named(2, Some(1))),
        // What is done already is done, whatever was expected.
        (2, Some(1), false, named(2, Some(1))),
        (2, None, false, named(2, Some(1))),
        (3, Some(2), true, named(3, Some(2))),
    ] {
        let done = registry.promote(version, expected).unwrap();
        assert_eq!((done.aliases, done.changed), (after, changed), "{version}");
        assert_eq!(registry.aliases().unwrap(), after);
        assert_eq!(copy(folder.path()), after.previous.map(u64::from));
    }
    for after in [named(2, Some(3)), named(3, Some(2))] {
        assert_eq!(registry.rollback().unwrap(), after);
        assert_eq!(registry.aliases().unwrap(), after);
        assert_eq!(copy(folder.path()), after.previous.map(u64::from));
    }
}

#[test]
fn a_promotion_over_a_champion_that_has_moved_is_a_conflict_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let registry = three(folder.path());
    registry.promote(2, Some(1)).unwrap();
    for expected in [Some(1), None] {
        let error = registry.promote(3, expected).unwrap_err();
        assert!(
            matches!(&error, RegistryError::Conflict { found: Some(2), .. }),
            "{error}"
        );
    }
    assert_eq!(registry.aliases().unwrap(), named(2, Some(1)));
}

#[test]
fn a_version_that_does_not_load_is_neither_promoted_nor_gone_back_to() {
    let folder = tempfile::tempdir().unwrap();
    let registry = three(folder.path());
    registry.promote(2, Some(1)).unwrap();
    for version in ["1", "3"] {
        let model = folder.path().join("edit-risk/versions").join(version);
        fs::write(model.join("model.json"), "{}").unwrap();
    }
    assert!(registry.promote(3, Some(2)).is_err());
    assert!(registry.rollback().is_err());
    assert!(registry.promote(9, Some(2)).is_err());
    assert_eq!(registry.aliases().unwrap(), named(2, Some(1)));
    registry.champion().unwrap();
}

#[test]
fn a_crash_between_the_two_names_is_mended_by_whoever_comes_next() {
    type Step<'a> = &'a dyn Fn(&Registry);
    let next: [(&str, Step<'_>); 3] = [
        ("a start", &|registry| registry.bootstrap().unwrap()),
        ("the same promotion", &|registry| {
            assert!(!registry.promote(3, Some(2)).unwrap().changed);
        }),
        ("two rollbacks", &|registry| {
            assert_eq!(registry.rollback().unwrap(), named(2, Some(3)));
            registry.rollback().unwrap();
        }),
    ];
    for (name, step) in next {
        let folder = tempfile::tempdir().unwrap();
        let registry = three(folder.path());
        registry.promote(2, Some(1)).unwrap();
        let previous = folder.path().join("edit-risk/aliases/previous");
        let before = fs::read(&previous).unwrap();
        registry.promote(3, Some(2)).unwrap();
        // As if the promotion had been killed after its first write.
        fs::write(&previous, before).unwrap();
        assert_eq!(registry.aliases().unwrap(), named(3, Some(2)), "{name}");
        step(&registry);
        assert_eq!(registry.aliases().unwrap(), named(3, Some(2)), "{name}");
        assert_eq!(copy(folder.path()), Some(2), "{name}");
    }
}

#[test]
fn an_alias_of_the_first_form_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let registry = three(folder.path());
    let champion = folder.path().join("edit-risk/aliases/champion");
    let old = r#"{"version":2,"updated_at":"2026-11-22T17:00:00.000Z"}"#;
    fs::write(&champion, old).unwrap();
    assert_eq!(registry.aliases().unwrap(), named(2, None));
    registry.promote(3, Some(2)).unwrap();
    assert_eq!(registry.aliases().unwrap(), named(3, Some(2)));
}

#[test]
fn an_alias_that_is_none_is_named_and_replaced_by_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let registry = three(folder.path());
    let champion = folder.path().join("edit-risk/aliases/champion");
    fs::write(&champion, "two").unwrap();
    for error in [
        registry.promote(2, Some(1)).unwrap_err(),
        registry.rollback().unwrap_err(),
        registry.bootstrap().unwrap_err(),
    ] {
        assert!(error.to_string().contains("aliases/champion: not an alias"));
    }
    assert_eq!(fs::read(&champion).unwrap(), b"two");
}

#[test]
fn an_alias_that_is_none_is_replaced_by_who_expects_none_and_by_what_was_before() {
    let folder = tempfile::tempdir().unwrap();
    let registry = three(folder.path());
    let champion = folder.path().join("edit-risk/aliases/champion");
    registry.promote(2, Some(1)).unwrap();
    fs::write(&champion, "two").unwrap();
    // The copy says that version 1 was before.
    assert_eq!(
        registry.promote(3, None).unwrap().aliases,
        named(3, Some(1))
    );
    fs::write(&champion, "three").unwrap();
    assert_eq!(registry.promote(1, None).unwrap().aliases, named(1, None));
    fs::write(&champion, "one").unwrap();
    assert_eq!(registry.rollback().unwrap().champion, Some(1));
    assert_eq!(registry.champion().unwrap().scorer.version(), "edit-risk/1");
}
