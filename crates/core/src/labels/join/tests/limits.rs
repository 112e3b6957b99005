//! The fields of a label, and bounds of memory.

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
    let seen = |wiki: &'static str,
                page_title: &'static str,
                rev_id,
                comment: Option<&'static str>| SeenEdit {
        wiki: wiki.into(),
        page_title: page_title.into(),
        page_id: None,
        rev_id,
        rev_old_id: Some(rev_id - 1),
        user: Some("A".into()),
        user_type: UserType::Registered,
        event_time: at(rev_id),
        comment: comment.map(Text::from),
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
    // Also of reverts by hand of edits that never came.
    for rev in 1_000..=5_000 {
        let by_hand = PageEvent::Edit(rev * 10, rev * 10 - 1, "A", 50, "rv".into());
        feed(&mut labeler, &by_hand, &mut labels);
        feed(
            &mut labeler,
            &PageEvent::Tags(rev * 10, 50, REVERTED),
            &mut labels,
        );
    }
    assert!(labeler.pairs.bytes() < 30_000, "{}", labeler.pairs.bytes());
    // Edits that leave the window by age do not count as dropped.
    let mut labeler = Labeler::new(LabelerSettings::default());
    for rev in 1..=500 {
        feed(&mut labeler, &edit(rev, 0, "A", rev * 60), &mut labels);
    }
    assert_eq!((labeler.edits_held(), labeler.counters().dropped), (50, 0));
    feed(&mut labeler, &edit(9_000, 0, "A", 1), &mut labels);
    assert_eq!(labeler.counters().unusable, 1);
}
