//! Symbolic links, pipes and files of others in the lake and in the registry: nothing behind a link is
//! read, written or removed, only what has a name of ours goes, and nothing is waited for.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive_sample;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use wikisentry_lake::LakeError;
use wikisentry_lake::archive::{Archive, Lake, Recovered};
use wikisentry_lake::registry::{Registry, RegistryError};

// 2026-09-17T03:00:00Z.
const START_MILLIS: i64 = 1_789_614_000_000;

#[test]
fn the_folder_of_a_model_that_is_a_link_is_neither_read_nor_written() {
    let place = Place::new();
    let (models, behind) = (place.at("models"), place.at("thesis"));
    Registry::open(&place.at("whole"), "edit-risk")
        .bootstrap()
        .unwrap();
    fs::create_dir(&models).unwrap();
    symlink(&behind, models.join("edit-risk")).unwrap();
    let registry = Registry::open(&models, "edit-risk");
    let hold = || registry.hold(None).map(drop);
    for refused in [registry.bootstrap(), hold(), registry.champion().map(drop)] {
        let error = refused.unwrap_err();
        assert!(matches!(&error, RegistryError::Io { .. }), "{error}");
        assert!(error.to_string().contains("symbolic link"), "{error}");
    }
    assert_eq!(fs::read_dir(&behind).unwrap().count(), 1);
    // What is there already is not used either.
    fs::remove_file(models.join("edit-risk")).unwrap();
    symlink(place.at("whole/edit-risk"), models.join("edit-risk")).unwrap();
    hold().unwrap_err();
    assert!(!place.at("whole/edit-risk/.lock").exists());
    // The folder of all models may be on another disk.
    symlink(place.at("whole"), place.at("linked")).unwrap();
    let registry = Registry::open(&place.at("linked"), "edit-risk");
    assert!(registry.hold(None).unwrap());
}

/// A folder with a lake in it, and beside it the work of somebody else.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("thesis")).unwrap();
        fs::write(folder.path().join("thesis/chapter.tex"), "mine").unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Result<(Archive, Recovered), LakeError> {
        Archive::open(Lake::new(self.at("lake")), None)
    }

    /// Publishes some edits; says what refuses it.
    fn publish(&self) -> Result<(), LakeError> {
        let (mut archive, _) = self.open()?;
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut batch = archive.batch();
        for row in 0..10 {
            batch.push(row, &archive_sample::edit(&mut rng, START_MILLIS))?;
        }
        let prepared = batch.finish()?.unwrap();
        archive.publish(&prepared).map(drop)
    }

    fn check_theirs(&self) {
        let theirs = fs::read_dir(self.at("thesis")).unwrap();
        let names: Vec<_> = theirs.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["chapter.tex"]);
        assert_eq!(fs::read(self.at("thesis/chapter.tex")).unwrap(), b"mine");
    }
}

fn said(error: &impl std::error::Error, link: &Path) -> bool {
    let said = error.to_string();
    said.contains(&link.display().to_string()) && said.contains("symbolic link")
}

#[test]
fn nothing_goes_through_a_link_in_the_lake() {
    for link in [
        "lake/.staging",
        "lake/edits",
        "lake/edits/user_type=registered",
    ] {
        let place = Place::new();
        fs::create_dir_all(place.at(link).parent().unwrap()).unwrap();
        symlink(place.at("thesis"), place.at(link)).unwrap();
        let error = place.publish().unwrap_err();
        assert!(said(&error, &place.at(link)), "{link}: {error}");
        // Nothing is damaged: it goes on once the link is gone.
        assert!(error.is_transient(), "{link}: {error}");
        place.check_theirs();
        fs::remove_file(place.at(link)).unwrap();
        place.publish().unwrap();
        place.check_theirs();
    }
}

#[test]
fn what_is_behind_a_link_is_not_part_of_the_lake() {
    let place = Place::new();
    place.publish().unwrap();
    let lake = Lake::new(place.at("lake"));
    let (files, totals) = (lake.files(None).unwrap(), lake.totals().unwrap());
    let hour = files[0].path.parent().unwrap().to_owned();
    symlink(&hour, hour.with_file_name("hour=23")).unwrap();
    symlink(&files[0].path, hour.join("part-x.parquet")).unwrap();
    symlink(place.at("lake"), place.at("lake/edits/again")).unwrap();
    assert_eq!(lake.files(None).unwrap(), files);
    assert_eq!(lake.totals().unwrap(), totals);
    let links = [
        place.at("lake/edits/again"),
        hour.join("part-x.parquet"),
        hour.with_file_name("hour=23"),
    ];
    let mut links = links.to_vec();
    links.sort();
    assert_eq!(lake.links().unwrap(), links);
}

#[test]
fn the_lake_itself_may_be_a_link_to_another_disk() {
    let place = Place::new();
    fs::create_dir(place.at("disk")).unwrap();
    symlink(place.at("disk"), place.at("lake")).unwrap();
    place.publish().unwrap();
    assert!(Lake::new(place.at("disk")).rows().unwrap() > 0);
}

#[test]
fn a_start_removes_from_staging_what_is_ours_by_name_and_nothing_else() {
    let place = Place::new();
    let staging = place.at("lake/.staging");
    fs::create_dir_all(staging.join("0123456789abcdef-compaction/below")).unwrap();
    fs::create_dir(staging.join("notes")).unwrap();
    for name in [
        "0123456789abcdef-0.staged",
        "0123456789abcdef-1.staged#1",
        "thesis.tex",
    ] {
        fs::write(staging.join(name), "x").unwrap();
    }
    symlink(place.at("thesis"), staging.join("0123456789abcdef-blank")).unwrap();
    let (_, recovered) = place.open().unwrap();
    assert_eq!(recovered.removed, 3);
    let left = fs::read_dir(&staging).unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["0123456789abcdef-blank", "notes", "thesis.tex"]);
    place.check_theirs();
}

#[test]
fn a_damaged_file_is_not_set_aside_through_a_link() {
    let place = Place::new();
    place.publish().unwrap();
    let lake = Lake::new(place.at("lake"));
    let file = lake.files(None).unwrap().remove(0).path;
    fs::write(&file, "no parquet").unwrap();
    symlink(place.at("thesis"), place.at("lake/damaged")).unwrap();
    let error = lake.readable(|| lake.rows()).unwrap_err();
    assert!(said(&error, &place.at("lake/damaged")), "{error}");
    assert!(file.exists());
    place.check_theirs();
}

#[test]
fn a_registry_reads_and_writes_nothing_through_links_and_no_file_beyond_its_bound() {
    let place = Place::new();
    let registry = Registry::open(&place.at("models"), "edit-risk");
    registry.bootstrap().unwrap();
    let card = place.at("models/edit-risk/versions/1/card.json");
    let moved = place.at("card.json");
    fs::rename(&card, &moved).unwrap();
    symlink(&moved, &card).unwrap();
    let error = registry.load(1).unwrap_err();
    assert!(said(&error, &card), "{error}");

    fs::remove_file(&card).unwrap();
    File::create(&card).unwrap().set_len(2 << 30).unwrap();
    let error = registry.load(1).unwrap_err();
    assert!(matches!(&error, RegistryError::Io { path, .. } if *path == card));
    let said = error.to_string();
    assert!(
        said.contains("2147483648 bytes or more, and at most 16777216"),
        "{said}"
    );
    // It is listed, with what is wrong.
    let versions = registry.versions().unwrap();
    assert!(versions.len() == 1 && versions[0].fault.is_some());

    fs::remove_file(&card).unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &card, kind, mode, 0).unwrap();
    let error = registry.load(1).unwrap_err().to_string();
    assert!(error.contains("not a regular file"), "{error}");
}

#[test]
fn weights_that_a_card_does_not_name_are_refused() {
    let place = Place::new();
    let registry = Registry::open(&place.at("models"), "edit-risk");
    registry.bootstrap().unwrap();
    let files = registry.files(1).unwrap();
    let adopt = |with_weights: bool| {
        registry.adopt(
            Path::new("elsewhere"),
            |name| {
                let found = files.iter().find(|(found, _)| *found == name);
                let weights = with_weights && name == "text_risk.bin";
                Ok(found
                    .map(|(_, bytes)| bytes.to_vec())
                    .or(weights.then(|| vec![1])))
            },
            |_| {},
        )
    };
    let error = adopt(true).unwrap_err();
    assert!(error.to_string().contains("text_risk_sha256"), "{error}");
    assert_eq!(registry.versions().unwrap().len(), 1);
    assert_eq!(adopt(false).unwrap(), 2);
}
