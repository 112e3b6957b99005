//! Histories of pages, and the labels that must come of them.

use super::*;
use crate::event::RevertRange;
use crate::labels::LabelKind as Kind;
use crate::text::Text;
use std::collections::BTreeMap;

mod orders;

const MINUTE: i64 = 60_000;

/// An event of the page `P` of enwiki.
#[derive(Debug, Clone)]
enum Step {
    /// Revision, revision before, user, minute, summary.
    Edit(i64, i64, &'static str, i64, String),
    /// Revision, minute, tags.
    Tags(i64, i64, RevertTags),
    /// As `Edit`, with the range that the event says it reverts.
    Range(i64, i64, &'static str, i64, (i64, i64)),
}

fn edit(rev: i64, old: i64, user: &'static str, minute: i64) -> Step {
    Step::Edit(rev, old, user, minute, String::new())
}

fn undo(rev: i64, old: i64, user: &'static str, minute: i64, undone: i64) -> Step {
    let summary = format!("Undid revision {undone} by [[Special:Contributions/X|X]]");
    Step::Edit(rev, old, user, minute, summary)
}

fn rollback(rev: i64, old: i64, user: &'static str, minute: i64, whose: &str) -> Step {
    let summary = format!(
        "Reverted edits by [[Special:Contributions/{whose}|{whose}]] ([[User talk:{whose}|talk]]) to last version by Y"
    );
    Step::Edit(rev, old, user, minute, summary)
}

const REVERTED: RevertTags = RevertTags {
    reverted: true,
    rollback: false,
    undo: false,
    manual_revert: false,
};
const ROLLBACK: RevertTags = RevertTags {
    reverted: false,
    rollback: true,
    undo: false,
    manual_revert: false,
};
const MANUAL: RevertTags = RevertTags {
    reverted: false,
    rollback: false,
    undo: false,
    manual_revert: true,
};

fn at(minute: i64) -> EventTime {
    EventTime::from_millis(minute * MINUTE).unwrap()
}

fn feed(labeler: &mut Labeler, step: &Step, labels: &mut Vec<Label>) {
    let (rev_id, old, user, minute, comment, revert) = match step {
        Step::Tags(rev_id, minute, added) => {
            let change = TagChange {
                wiki: Text::from("enwiki"),
                page_title: Text::from("P"),
                rev_id: *rev_id,
                time: at(*minute),
                added: *added,
            };
            return labeler.tags(&change, labels);
        }
        Step::Edit(rev, old, user, minute, comment) => {
            (rev, old, user, minute, comment.as_str(), None)
        }
        Step::Range(rev, old, user, minute, (oldest, newest)) => {
            let (oldest, newest) = (*oldest, *newest);
            (
                rev,
                old,
                user,
                minute,
                "",
                Some(RevertRange { oldest, newest }),
            )
        }
    };
    let is_bot = user.ends_with("bot");
    let seen = SeenEdit {
        wiki: "enwiki",
        page_title: "P",
        rev_id: *rev_id,
        rev_old_id: Some(*old).filter(|old| *old != 0),
        user: Some(user).copied().filter(|name| *name != "hidden"),
        user_type: UserType::of(Some(user), is_bot),
        event_time: at(*minute),
        comment: Some(comment),
        revert,
    };
    labeler.edit(&seen, labels);
}

fn run(steps: &[Step]) -> Vec<Label> {
    let mut labeler = Labeler::new(LabelerSettings::default());
    let mut labels = Vec::new();
    for step in steps {
        feed(&mut labeler, step, &mut labels);
    }
    labels
}

/// The last word on each revision.
fn last(labels: &[Label]) -> BTreeMap<i64, &Label> {
    let mut last: BTreeMap<i64, &Label> = BTreeMap::new();
    for label in labels {
        if let Some(before) = last.insert(label.rev_id, label) {
            assert_eq!(label.update, before.update + 1, "{label:?}");
        }
    }
    last
}

/// Revision, kind, source, reverting revision.
type Expected = (i64, Kind, LabelSource, Option<i64>);

#[test]
fn histories_give_the_labels_that_they_should() {
    use LabelSource::{PageChange, Rollback, Tag, Undo};
    let cases: Vec<(&str, Vec<Step>, Vec<Expected>)> = vec![
        (
            "an undo names its revision",
            vec![
                edit(1, 0, "A", 0),
                edit(2, 1, "X", 1),
                edit(3, 2, "B", 2),
                undo(4, 3, "C", 3, 2),
            ],
            vec![(2, Kind::Damage, Undo, Some(4))],
        ),
        (
            "a rollback means the user's latest run",
            vec![
                edit(1, 0, "X", 0),
                edit(2, 1, "A", 1),
                edit(3, 2, "X", 2),
                edit(4, 3, "X", 3),
                rollback(5, 4, "C", 4, "X"),
            ],
            vec![
                (3, Kind::Damage, Rollback, Some(5)),
                (4, Kind::Damage, Rollback, Some(5)),
            ],
        ),
        (
            "a rollback of someone who was not last says nothing",
            vec![
                edit(1, 0, "X", 0),
                edit(2, 1, "A", 1),
                rollback(3, 2, "C", 2, "X"),
            ],
            vec![],
        ),
        (
            "a rollback of a hidden user means whoever was last",
            vec![
                edit(1, 0, "A", 0),
                edit(2, 1, "hidden", 1),
                Step::Edit(
                    3,
                    2,
                    "C",
                    2,
                    "Reverted edits by a hidden user to last revision by [[User:A|A]]".into(),
                ),
            ],
            vec![(2, Kind::Damage, Rollback, Some(3))],
        ),
        (
            "a restored revision is the last good one",
            vec![
                edit(100_000, 0, "A", 0),
                edit(100_001, 100_000, "X", 1),
                edit(100_002, 100_001, "Y", 2),
                Step::Edit(
                    100_003,
                    100_002,
                    "C",
                    3,
                    "Reverted to revision 100000 by [[Special:Contributions/A|A]]".into(),
                ),
            ],
            vec![
                (100_001, Kind::Damage, Undo, Some(100_003)),
                (100_002, Kind::Damage, Undo, Some(100_003)),
            ],
        ),
        (
            "one's own edits and bots' clean-ups are no damage",
            vec![
                edit(1, 0, "A", 0),
                undo(2, 1, "A", 1, 1),
                edit(3, 2, "B", 2),
                rollback(4, 3, "Tidybot", 3, "B"),
            ],
            vec![
                (1, Kind::SelfRevert, Undo, Some(2)),
                (3, Kind::BotRevert, Rollback, Some(4)),
            ],
        ),
        (
            "a reverted revert gives the edit back and was itself the damage",
            vec![
                edit(1, 0, "A", 0),
                undo(2, 1, "Vandal", 1, 1),
                undo(3, 2, "C", 2, 2),
            ],
            vec![
                (1, Kind::Restored, Undo, Some(2)),
                (2, Kind::Damage, Undo, Some(3)),
            ],
        ),
        (
            "a vandal's revert of a revert does not last",
            vec![
                edit(1, 0, "V", 0),
                undo(2, 1, "A", 1, 1),
                undo(3, 2, "V", 2, 2),
                undo(4, 3, "B", 3, 3),
            ],
            vec![
                (1, Kind::Damage, Undo, Some(2)),
                (2, Kind::Restored, Undo, Some(3)),
                (3, Kind::Damage, Undo, Some(4)),
            ],
        ),
        (
            "two who revert each other have a dispute",
            vec![
                edit(1, 0, "A", 0),
                undo(2, 1, "B", 1, 1),
                undo(3, 2, "A", 2, 2),
            ],
            vec![
                (1, Kind::Restored, Undo, Some(2)),
                (2, Kind::RevertOfRevert, Undo, Some(3)),
            ],
        ),
        (
            "the stronger source replaces the weaker",
            vec![
                edit(1, 0, "X", 0),
                rollback(2, 1, "B", 1, "X"),
                Step::Tags(1, 2, REVERTED),
                Step::Range(2, 1, "B", 1, (1, 1)),
            ],
            vec![(1, Kind::Damage, PageChange, Some(2))],
        ),
        (
            "a range covers its revisions and no others",
            vec![
                edit(1, 0, "A", 0),
                edit(2, 1, "X", 1),
                edit(3, 2, "Y", 2),
                edit(4, 3, "Z", 3),
                Step::Range(5, 4, "B", 4, (2, 3)),
            ],
            vec![
                (2, Kind::Damage, PageChange, Some(5)),
                (3, Kind::Damage, PageChange, Some(5)),
            ],
        ),
        (
            "a tag alone names no reverter",
            vec![edit(1, 0, "A", 0), Step::Tags(1, 9, REVERTED)],
            vec![(1, Kind::Damage, Tag, None)],
        ),
        (
            "a tag and a revert by hand after it belong together",
            vec![
                edit(1, 0, "A", 0),
                Step::Edit(2, 1, "A", 1, "rv".into()),
                Step::Tags(1, 2, REVERTED),
            ],
            vec![(1, Kind::SelfRevert, Tag, Some(2))],
        ),
        (
            "in either order",
            vec![
                edit(1, 0, "A", 0),
                Step::Tags(1, 2, REVERTED),
                edit(2, 1, "A", 1),
                Step::Tags(2, 2, MANUAL),
            ],
            vec![(1, Kind::SelfRevert, Tag, Some(2))],
        ),
        (
            "the rollback tag stands for the summary",
            vec![
                edit(1, 0, "A", 0),
                edit(2, 1, "X", 1),
                Step::Tags(3, 2, ROLLBACK),
                edit(3, 2, "B", 2),
            ],
            vec![(2, Kind::Damage, Rollback, Some(3))],
        ),
        (
            "an undo may come before its edit",
            vec![undo(3, 2, "B", 2, 2), edit(2, 1, "X", 1)],
            vec![(2, Kind::Damage, Undo, Some(3))],
        ),
        (
            "a run may come in any order",
            vec![
                rollback(4, 3, "B", 3, "X"),
                edit(2, 1, "X", 1),
                edit(3, 2, "X", 2),
                edit(1, 0, "A", 0),
            ],
            vec![
                (2, Kind::Damage, Rollback, Some(4)),
                (3, Kind::Damage, Rollback, Some(4)),
            ],
        ),
        (
            "but not hours before",
            vec![
                undo(3, 2, "B", 2, 2),
                edit(9, 8, "Z", 60),
                edit(2, 1, "X", 1),
            ],
            vec![],
        ),
        (
            "what comes after 48 hours does not count",
            vec![
                edit(1, 0, "X", 0),
                edit(2, 0, "Y", 1),
                undo(3, 2, "B", 48 * 60 + 1, 1),
                undo(4, 3, "B", 48 * 60 + 1, 2),
            ],
            vec![(2, Kind::Damage, Undo, Some(4))],
        ),
        (
            "nor does a revert of what comes later or of itself",
            vec![
                edit(5, 0, "X", 0),
                undo(3, 0, "B", 1, 5),
                undo(4, 3, "B", 2, 4),
            ],
            vec![],
        ),
        (
            "repeated events change nothing",
            vec![
                edit(1, 0, "X", 0),
                undo(2, 1, "B", 1, 1),
                edit(1, 0, "X", 0),
                undo(2, 1, "B", 1, 1),
            ],
            vec![(1, Kind::Damage, Undo, Some(2))],
        ),
    ];
    for (name, steps, expected) in cases {
        let labels = run(&steps);
        let got: Vec<Expected> = last(&labels)
            .values()
            .map(|label| {
                (
                    label.rev_id,
                    label.kind,
                    label.source,
                    label.reverting_rev_id,
                )
            })
            .collect();
        assert_eq!(got, expected, "{name}: {labels:#?}");
    }
}

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
fn another_page_or_wiki_is_not_meant() {
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
    // The author named is the author: the page was moved.
    let undo = Some("Undid revision 10 by [[Special:Contributions/A|A]]");
    labeler.edit(&seen("enwiki", "Q", 22, undo), &mut labels);
    assert_eq!(labels.len(), 1);
}

#[test]
fn memory_is_bounded_and_what_is_dropped_is_counted() {
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
    assert!(labeler.verdicts.reverted.len() <= 100 && labeler.verdicts.reverts.len() <= 100);
    // By age, too: nothing is dropped before its time.
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
    for step in [
        edit(1, 0, "A", 0),
        undo(2, 1, "B", 1, 1),
        undo(9, 8, "B", 1, 8),
    ] {
        feed(&mut labeler, &step, &mut Vec::new());
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
        // With a checksum that fits, what is cut off is still noticed.
        let mut cut = bytes[..at].to_vec();
        cut.extend(xxhash_rust::xxh3::xxh3_64(&bytes[..at]).to_le_bytes());
        assert!(
            at == bytes.len() - 8 || Labeler::restore(&cut).is_err(),
            "{at}"
        );
    }
}
