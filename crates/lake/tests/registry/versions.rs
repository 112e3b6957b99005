//! Publishing and reading versions.

use crate::sample;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use wikisentry_core::features::TextWeights;
use wikisentry_lake::registry::{Registry, RegistryError, is_bootstrap};

#[test]
fn a_published_version_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let registry = sample::registry(folder.path());
    let mut card = sample::card(7);
    card.decision = json!({"promote": false, "rows": 10});
    card.other.insert("note".to_owned(), json!({"of": [1, 2]}));
    assert_eq!(registry.publish(sample::model(), card.clone()).unwrap(), 2);

    let found = registry.card(2).unwrap();
    assert_ne!(found.model_sha256, card.model_sha256);
    card.version = 2;
    card.model_sha256.clone_from(&found.model_sha256);
    assert_eq!(found, card);
    let loaded = registry.load(2).unwrap();
    assert_eq!(loaded.scorer.version(), "edit-risk/2");
    // Publishing promotes nothing.
    assert_eq!(registry.champion_version().unwrap(), Some(1));
}

#[test]
fn a_version_scores_with_its_own_weights_of_text_risk_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let registry = sample::registry(folder.path());
    let text = sample::text();
    let own = registry.publish_with_text(sample::model(), Some(&text), sample::card(1));
    let own = own.unwrap();
    assert_eq!(registry.load(own).unwrap().scorer.text(), &text);
    // A card that is published again, without weights, does not go on naming some.
    let card = registry.card(own).unwrap();
    let without = registry.publish(sample::model(), card).unwrap();
    let of = |version: u32, file: &str| {
        let folder = folder.path().join("edit-risk/versions");
        folder.join(version.to_string()).join(file)
    };
    fs::copy(of(own, "text_risk.bin"), of(without, "text_risk.bin")).unwrap();
    let loaded = registry.load(without).unwrap();
    assert_eq!(loaded.scorer.text(), TextWeights::of_program());

    fs::write(of(own, "text_risk.bin"), b"cut").unwrap();
    let damaged = registry.load(own).unwrap_err();
    assert!(
        matches!(&damaged, RegistryError::Damaged { path, .. } if path.ends_with("text_risk.bin")),
        "{damaged}"
    );
    fs::remove_file(of(own, "text_risk.bin")).unwrap();
    let gone = registry.version(own).unwrap().fault.unwrap();
    assert!(
        matches!(&gone, RegistryError::Absent { path } if path.ends_with("text_risk.bin")),
        "{gone}"
    );
}

#[test]
fn a_version_is_taken_along_with_its_weights_and_only_whole() {
    let folder = tempfile::tempdir().unwrap();
    let registry = sample::registry(&folder.path().join("here"));
    let text = sample::text();
    let own = registry.publish_with_text(sample::model(), Some(&text), sample::card(1));
    let files = registry.files(own.unwrap()).unwrap();
    let names: Vec<_> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["model.json", "card.json", "text_risk.bin"]);

    let elsewhere = sample::registry(&folder.path().join("there"));
    type Change<'a> = &'a dyn Fn(&str, Vec<u8>) -> Option<Vec<u8>>;
    let adopt = |change: Change<'_>| {
        let file = |name: &str| {
            let found = files.iter().find(|(known, _)| *known == name);
            Ok(found.and_then(|(_, bytes)| change(name, bytes.to_vec())))
        };
        elsewhere.adopt(Path::new("(folder)"), file, |card| card.seed = 77)
    };
    let adopted = adopt(&|_, bytes| Some(bytes)).unwrap();
    let loaded = elsewhere.load(adopted).unwrap().scorer;
    assert_eq!((loaded.text(), loaded.card().seed), (&text, 77));
    for missing in names {
        let refused = adopt(&|name, bytes| (name != missing).then_some(bytes)).unwrap_err();
        assert!(
            matches!(&refused, RegistryError::Absent { path } if path.ends_with(missing)),
            "{refused}"
        );
    }
    let cut = adopt(&|name, mut bytes| {
        bytes.truncate(if name == "text_risk.bin" {
            7
        } else {
            bytes.len()
        });
        Some(bytes)
    });
    assert!(matches!(cut.unwrap_err(), RegistryError::Damaged { .. }));
    let versions = elsewhere.versions().unwrap();
    assert_eq!(versions.len(), 2, "what was refused left nothing");
}

#[test]
fn reading_an_empty_registry_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(&folder.path().join("models"), "edit-risk");
    assert!(registry.versions().unwrap().is_empty());
    assert_eq!(registry.aliases().unwrap().champion, None);
    assert!(is_bootstrap(registry.champion().unwrap().scorer.card()));
    let error = registry.card(3).unwrap_err();
    assert_eq!(error.to_string(), "edit-risk has no version 3");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_candidate_that_does_not_load_is_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let registry = sample::registry(folder.path());
    let mut foreign = sample::card(1);
    foreign.features.names.swap(0, 1);
    for (model, card) in [(&b"{}"[..], sample::card(1)), (sample::model(), foreign)] {
        let error = registry.publish(model, card).unwrap_err();
        assert!(matches!(error, RegistryError::Model { .. }), "{error}");
    }
    assert_eq!(registry.versions().unwrap().len(), 1);
    let left = fs::read_dir(folder.path().join("edit-risk/versions"));
    assert_eq!(left.unwrap().count(), 1);
}

#[test]
fn what_a_killed_writer_left_is_no_version_and_its_number_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let registry = sample::registry(folder.path());
    let versions = folder.path().join("edit-risk/versions");
    // A model whose card was never written, and one that was not even complete.
    fs::create_dir_all(versions.join("2")).unwrap();
    fs::write(versions.join("2/model.json"), sample::model()).unwrap();
    fs::write(versions.join("2/card.json#1"), "{").unwrap();
    fs::create_dir_all(versions.join("3")).unwrap();
    fs::write(versions.join("3/model.json#1"), "{\"lear").unwrap();
    // Not ours at all.
    fs::create_dir_all(versions.join("04")).unwrap();
    fs::write(versions.join("README"), "").unwrap();

    let numbers = |registry: &Registry| -> Vec<u32> {
        let versions = registry.versions().unwrap();
        versions.iter().map(|version| version.number).collect()
    };
    assert_eq!(numbers(&registry), [1]);
    assert!(registry.load(2).is_err() && registry.promote(3, Some(1)).is_err());
    assert_eq!(
        registry.publish(sample::model(), sample::card(1)).unwrap(),
        4
    );
    assert_eq!(numbers(&registry), [1, 4]);
}

#[test]
fn a_damaged_version_is_listed_with_its_reason_and_the_others_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let registry = sample::registry(folder.path());
    for seed in 2..=6 {
        registry
            .publish(sample::model(), sample::card(seed))
            .unwrap();
    }
    let at = |version: u32, file: &str| {
        folder
            .path()
            .join(format!("edit-risk/versions/{version}/{file}"))
    };
    let edit = |version: u32, change: &dyn Fn(&mut Value)| {
        let file = at(version, "card.json");
        let mut card = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        change(&mut card);
        fs::write(file, serde_json::to_vec(&card).unwrap()).unwrap();
    };
    // A space at its end leaves the model the same, and its checksum not.
    fs::write(at(2, "model.json"), [sample::model(), b" "].concat()).unwrap();
    fs::remove_file(at(3, "model.json")).unwrap();
    edit(4, &|card| card["features"]["version"] = json!(999));
    edit(5, &|card| card["version"] = json!(4));
    fs::write(at(6, "card.json"), "{\"name\":").unwrap();

    let versions = registry.versions().unwrap();
    let faults: Vec<String> = versions
        .iter()
        .map(|version| version.fault.as_ref().map(ToString::to_string))
        .map(Option::unwrap_or_default)
        .collect();
    for (fault, reason) in faults.iter().zip([
        "",
        "/2/model.json: SHA-256 is ",
        "/3/model.json: it is not there",
        "/4: the model was trained on features of version 999",
        "/5/card.json: it is the card of edit-risk/4, not of edit-risk/5",
        "/6: card refused: not a model card",
    ]) {
        assert!(fault.contains(reason), "{fault}");
        assert_eq!(fault.is_empty(), reason.is_empty(), "{fault}");
    }
    let cards: Vec<bool> = versions.iter().map(|it| it.card.is_some()).collect();
    assert_eq!(cards, [true, true, true, true, true, false]);
}

#[test]
fn the_bootstrap_model_becomes_champion_whatever_has_its_number() {
    let own = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let own = format!("{own}/../../models/edit-risk/versions/1/model.json");
    type Lay<'a> = &'a dyn Fn(&std::path::Path);
    let cases: [(&str, Lay<'_>, u32); 4] = [
        ("nothing", &|_| {}, 1),
        (
            "a start that was killed after the model",
            &|one| {
                fs::copy(&own, one.join("model.json")).unwrap();
            },
            1,
        ),
        (
            "a killed writer's other model",
            &|one| fs::write(one.join("model.json"), sample::model()).unwrap(),
            2,
        ),
        (
            "a damaged version",
            &|one| {
                fs::write(one.join("model.json"), "{}").unwrap();
                fs::write(one.join("card.json"), "{}").unwrap();
            },
            2,
        ),
    ];
    for (name, lay, version) in cases {
        let folder = tempfile::tempdir().unwrap();
        let one = folder.path().join("edit-risk/versions/1");
        if name != "nothing" {
            fs::create_dir_all(&one).unwrap();
        }
        lay(&one);
        // Once more with the alias removed, as the remedy for a damaged champion says.
        for _ in 0..2 {
            let registry = sample::registry(folder.path());
            assert_eq!(
                registry.champion_version().unwrap(),
                Some(version),
                "{name}"
            );
            assert!(is_bootstrap(registry.champion().unwrap().scorer.card()));
            fs::remove_file(folder.path().join("edit-risk/aliases/champion")).unwrap();
        }
    }
}

#[test]
fn a_copy_of_the_bootstrap_model_is_not_made_the_champion_by_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let registry = sample::registry(folder.path());
    let files = registry.files(1).unwrap();
    let file = |name: &str| {
        let found = files.iter().find(|(known, _)| *known == name);
        Ok(found.map(|(_, bytes)| bytes.to_vec()))
    };
    let mark = |card: &mut wikisentry_core::model::Card| {
        card.other.insert("imported".to_owned(), json!({}));
    };
    let adopt = || registry.adopt(Path::new("(folder)"), file, mark).unwrap();
    assert_eq!(adopt(), 2);
    let own = folder.path().join("edit-risk");
    fs::remove_file(own.join("aliases/champion")).unwrap();
    fs::write(own.join("versions/1/model.json"), "{}").unwrap();
    // The next start, or import, puts the model of the program there once more.
    assert_eq!(adopt(), 4);
    assert_eq!(registry.champion_version().unwrap(), Some(3));
    let champion = registry.champion().unwrap();
    assert!(!champion.scorer.card().other.contains_key("imported"));
}
