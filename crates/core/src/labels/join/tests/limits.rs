//! The fields of a label, bounds of memory, and damaged states.

use super::*;

#[test]
fn a_label_says_when_and_by_whom() {
    let labels = run(&[edit(1, 0, "X", 10), undo(2, 1, "192.0.2.1", 12, 1)]);
    let expected = Label {
        wiki: "enwiki".to_owned(),
        rev_id: 1,
        page_title: "P".to_owned(),
        edit_time: at(10),
        kind: Kind::Damage,
        source: LabelSource::Undo,
        reverting_rev_id: Some(2),
        reverting_user_type: Some(UserType::Anonymous),
        reverted_at: at(12),
        delay_seconds: 120,
        update: 0,
    };
    assert_eq!(labels, [expected]);
}

#[test]
fn an_undo_of_another_page_or_wiki_is_ignored() {
    let mut labeler = Labeler::new(LabelerSettings::default());
    let mut labels = Vec::new();
    let seen = |wiki, page_title, rev_id, comment| SeenEdit {
        wiki,
        page_title,
        rev_id,
        rev_old_id: Some(rev_id - 1),
        user: Some("A"),
        user_type: UserType::Registered,
        event_time: at(rev_id),
        comment,
        revert: None,
    };
    let undo = Some("Undid revision 10 by [[Special:Contributions/B|B]]");
    labeler.edit(&seen("enwiki", "P", 10, None), &mut labels);
    labeler.edit(&seen("enwiki", "Q", 20, undo), &mut labels);
    labeler.edit(&seen("dewiki", "P", 21, undo), &mut labels);
    assert_eq!(labels, []);
    assert_eq!(labeler.counters().contradicted, 1);
    // Unless the summary names its author: then the page was moved.
    let undo = Some("Undid revision 10 by [[Special:Contributions/A|A]]");
    labeler.edit(&seen("enwiki", "Q", 22, undo), &mut labels);
    assert_eq!(labels.len(), 1);
}

#[test]
fn memory_is_bounded_and_dropped_edits_are_counted() {
    let mut labeler = Labeler::new(LabelerSettings {
        max_edits: 100,
        ..LabelerSettings::default()
    });
    let mut labels = Vec::new();
    for rev in 1..=5_000 {
        feed(
            &mut labeler,
            &undo(rev, rev - 1, "A", rev / 100, rev - 1),
            &mut labels,
        );
    }
    assert_eq!(
        (labeler.edits_held(), labeler.counters().dropped),
        (100, 4_900)
    );
    assert!(labeler.graph.reverted.len() <= 100 && labeler.graph.reverts.len() <= 100);
    // Edits that leave the window by age do not count as dropped.
    let mut labeler = Labeler::new(LabelerSettings::default());
    for rev in 1..=500 {
        feed(&mut labeler, &edit(rev, 0, "A", rev * 60), &mut labels);
    }
    assert_eq!((labeler.edits_held(), labeler.counters().dropped), (50, 0));
    feed(&mut labeler, &edit(9_000, 0, "A", 1), &mut labels);
    assert_eq!(labeler.counters().unusable, 1);
}

#[test]
fn damaged_states_are_refused() {
    let mut labeler = Labeler::new(LabelerSettings::default());
    for event in [
        edit(1, 0, "A", 0),
        undo(2, 1, "B", 1, 1),
        undo(9, 8, "B", 1, 8),
    ] {
        feed(&mut labeler, &event, &mut Vec::new());
    }
    let mut bytes = Vec::new();
    labeler.save(&mut bytes).unwrap();
    assert!(Labeler::restore(&bytes).is_ok());
    assert_eq!(Labeler::restore(b"{}").unwrap_err(), StateError::Foreign);
    for at in 8..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        assert_eq!(
            Labeler::restore(&bad).unwrap_err(),
            StateError::Damaged,
            "{at}"
        );
        assert!(Labeler::restore(&bytes[..at]).is_err(), "{at}");
        // A state that is cut off is refused even if its checksum fits.
        let mut cut = bytes[..at].to_vec();
        cut.extend(xxhash_rust::xxh3::xxh3_64(&bytes[..at]).to_le_bytes());
        assert!(
            at == bytes.len() - 8 || Labeler::restore(&cut).is_err(),
            "{at}"
        );
    }
}

#[test]
fn a_state_with_an_impossible_time_is_refused() {
    let mut labeler = Labeler::new(LabelerSettings::default());
    feed(&mut labeler, &edit(1, 0, "A", 7), &mut Vec::new());
    feed(&mut labeler, &edit(2, 1, "A", 8), &mut Vec::new());
    let mut bytes = Vec::new();
    labeler.save(&mut bytes).unwrap();
    bytes.truncate(bytes.len() - 8);
    let time = at(7).as_millis().to_le_bytes();
    let place = bytes.windows(8).position(|eight| eight == time).unwrap();
    bytes[place..place + 8].copy_from_slice(&i64::MAX.to_le_bytes());
    bytes.extend(xxhash_rust::xxh3::xxh3_64(&bytes).to_le_bytes());
    let error = Labeler::restore(&bytes).unwrap_err();
    assert_eq!(error, StateError::Malformed { at: place + 8 });
}
