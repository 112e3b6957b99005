//! Histories of a page, each with the labels that it must give.

use super::*;

#[test]
fn histories_give_the_expected_labels() {
    use LabelSource::{PageChange, Rollback, Tag, Undo};
    let cases: Vec<(&str, Vec<PageEvent>, Vec<Expected>)> = vec![
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
            "a rollback of a user who was not last gives no label",
            vec![
                edit(1, 0, "X", 0),
                edit(2, 1, "A", 1),
                rollback(3, 2, "C", 2, "X"),
            ],
            vec![],
        ),
        (
            "a rollback of a hidden user means the last user",
            vec![
                edit(1, 0, "A", 0),
                edit(2, 1, "hidden", 1),
                PageEvent::Edit(
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
                PageEvent::Edit(
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
            "reverts by the author and by bots are not damage",
            vec![
                edit(1, 0, "A", 0),
                undo(2, 1, "A", 1, 1),
                edit(3, 2, "B", 2),
                undo(4, 3, "Tidybot", 3, 3),
            ],
            vec![
                (1, Kind::SelfRevert, Undo, Some(2)),
                (3, Kind::BotRevert, Undo, Some(4)),
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
            "two users who revert each other have a dispute",
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
            "so does who adds an edit again and is reverted by the same user",
            vec![
                edit(1, 0, "A", 0),
                undo(2, 1, "B", 1, 1),
                undo(3, 2, "A", 2, 2),
                undo(4, 3, "B", 3, 3),
            ],
            vec![
                (1, Kind::Damage, Undo, Some(2)),
                (2, Kind::Restored, Undo, Some(3)),
                (3, Kind::RevertOfRevert, Undo, Some(4)),
            ],
        ),
        (
            "an edit that is added again without a word is another edit",
            vec![
                edit(1, 0, "A", 0),
                undo(2, 1, "B", 1, 1),
                edit(3, 2, "A", 2),
            ],
            vec![(1, Kind::Damage, Undo, Some(2))],
        ),
        (
            "the stronger source replaces the weaker",
            vec![
                edit(1, 0, "X", 0),
                rollback(2, 1, "B", 1, "X"),
                PageEvent::Tags(1, 2, REVERTED),
                PageEvent::Range(2, 1, "B", 1, (1, 1)),
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
                PageEvent::Range(5, 4, "B", 4, (2, 3)),
            ],
            vec![
                (2, Kind::Damage, PageChange, Some(5)),
                (3, Kind::Damage, PageChange, Some(5)),
            ],
        ),
        (
            "a tag alone names no reverter",
            vec![edit(1, 0, "A", 0), PageEvent::Tags(1, 9, REVERTED)],
            vec![(1, Kind::Damage, Tag, None)],
        ),
        (
            "a tag and a revert by hand after it belong together",
            vec![
                edit(1, 0, "A", 0),
                PageEvent::Edit(2, 1, "A", 1, "rv".into()),
                PageEvent::Tags(1, 2, REVERTED),
            ],
            vec![(1, Kind::SelfRevert, Tag, Some(2))],
        ),
        (
            "in either order",
            vec![
                edit(1, 0, "A", 0),
                PageEvent::Tags(1, 2, REVERTED),
                edit(2, 1, "A", 1),
                PageEvent::Tags(2, 2, MANUAL),
            ],
            vec![(1, Kind::SelfRevert, Tag, Some(2))],
        ),
        (
            "the rollback tag stands for the summary",
            vec![
                edit(1, 0, "A", 0),
                edit(2, 1, "X", 1),
                PageEvent::Tags(3, 2, ROLLBACK),
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
        check(name, &steps, &expected);
    }
}
