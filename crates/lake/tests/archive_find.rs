//! Archived edits come back by their revision, as they were pushed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive_sample;

use rand::SeedableRng;
use std::path::Path;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_lake::archive::{Archive, Lake, RevisionSearch, find_revision};

// 2026-09-17T03:00:00Z.
const START_MILLIS: i64 = 1_789_614_000_000;
const HOUR_MILLIS: i64 = 3_600_000;

/// A lake of four hours with two batches: each edit a minute after the one before.
fn lake(folder: &Path) -> (Lake, Vec<ClassifiedEdit<'static>>) {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut edits: Vec<_> = (0..240)
        .map(|minute| archive_sample::edit(&mut rng, START_MILLIS + minute * 60_000))
        .collect();
    for (number, edit) in edits.iter_mut().enumerate() {
        edit.edit.rev_id = Some(1_000 + number as i64);
    }
    let lake = Lake::new(folder.join("lake"));
    let mut archive = Archive::open(lake.clone(), None).unwrap().0;
    for (at, half) in edits.chunks(120).enumerate() {
        let mut batch = archive.batch();
        for (offset, edit) in half.iter().enumerate() {
            batch.push((at * 120 + offset) as u64, edit).unwrap();
        }
        let prepared = batch.finish().unwrap().unwrap();
        archive.publish(&prepared).unwrap();
    }
    (lake, edits)
}

fn classified(search: &RevisionSearch) -> Vec<ClassifiedEdit<'_>> {
    let found = search.found.iter();
    found.map(|edit| edit.classified().unwrap()).collect()
}

#[test]
fn every_edit_is_found_by_its_revision_as_it_was_archived() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, edits) = lake(folder.path());
    for edit in edits.iter().step_by(11) {
        let rev_id = edit.edit.rev_id.unwrap();
        for wiki in [None, Some(edit.edit.wiki.as_str())] {
            let search = find_revision(&lake, wiki, rev_id).unwrap();
            assert_eq!(classified(&search), std::slice::from_ref(edit));
        }
    }
}

#[test]
fn a_search_with_a_wiki_ends_at_the_edit_and_one_without_goes_through_all() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, edits) = lake(folder.path());
    let newest = edits.last().unwrap();
    let rev_id = newest.edit.rev_id.unwrap();
    let near = find_revision(&lake, Some(&newest.edit.wiki), rev_id).unwrap();
    assert!(near.edits <= 60, "{} edits", near.edits);
    let last_hour = START_MILLIS + 3 * HOUR_MILLIS;
    assert_eq!(near.oldest.unwrap().start_millis(), last_hour);
    let far = find_revision(&lake, None, rev_id).unwrap();
    assert_eq!(far.edits, 240);
    assert_eq!(far.oldest.unwrap().start_millis(), START_MILLIS);
}

#[test]
fn a_revision_that_is_not_there_is_looked_for_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, edits) = lake(folder.path());
    let rev_id = edits[5].edit.rev_id.unwrap();
    for (wiki, rev_id) in [(None, 5), (Some("nowiki"), rev_id)] {
        let search = find_revision(&lake, wiki, rev_id).unwrap();
        assert!(search.found.is_empty());
        assert_eq!(search.edits, 240, "{wiki:?}");
    }
    let empty = find_revision(&Lake::new(folder.path().join("none")), None, 5).unwrap();
    assert!(empty.found.is_empty() && empty.oldest.is_none() && empty.edits == 0);
}

#[test]
fn a_revision_of_several_wikis_gives_the_newest_edit_of_each() {
    let folder = tempfile::tempdir().unwrap();
    let (lake, mut edits) = lake(folder.path());
    let mut archive = Archive::open(lake.clone(), None).unwrap().0;
    // An old, a newer and, in another wiki, an edit with the same number.
    let mut batch = archive.batch();
    let doubles = [(10, "xwiki"), (150, "xwiki"), (70, "ywiki")];
    for (at, wiki) in doubles {
        edits[at].edit.rev_id = Some(77);
        edits[at].edit.wiki = wiki.into();
        batch.push(1_000 + at as u64, &edits[at]).unwrap();
    }
    let prepared = batch.finish().unwrap().unwrap();
    archive.publish(&prepared).unwrap();
    let search = find_revision(&lake, None, 77).unwrap();
    assert_eq!(classified(&search), [edits[150].clone(), edits[70].clone()]);
}
