//! How far a revert reaches where revisions are missing, pages move, or several addresses are one
//! person; and whose reverts count.

use super::*;
use LabelSource::{PageChange, Rollback, Tag, Undo};

/// An edit of another page, after the time for which facts are held.
fn later() -> PageEvent {
    on("Elsewhere", 99, edit(900, 0, "Z", 30))
}

fn says(rev: i64, old: i64, user: &'static str, minute: i64, summary: &str) -> PageEvent {
    PageEvent::Edit(rev, old, user, minute, summary.to_owned())
}

fn range(rev: i64, old: i64, range: (i64, i64)) -> PageEvent {
    PageEvent::Range(rev, old, "P", 3, range)
}

#[test]
fn revisions_that_no_event_is_about_are_passed() {
    let damage = |rev, source| (rev, Kind::Damage, source, Some(200));
    // Protections leave the title; moves change it, and only a page id or a range leads past them.
    for (name, id, title) in [
        ("protected", 0, "P"),
        ("protected", 7, "P"),
        ("moved", 7, "New"),
    ] {
        let start = [
            on("P", id, edit(90, 0, "G", 0)),
            on("P", id, edit(100, 90, "V", 1)),
        ];
        let with = |revert: PageEvent| {
            let [good, bad] = start.clone();
            [good, bad, on(title, id, revert), later()]
        };
        let roll = with(rollback(200, 120, "P", 3, "V"));
        check(name, &roll, &[damage(100, Rollback)]);
        check(
            name,
            &with(range(200, 120, (100, 120))),
            &[damage(100, PageChange)],
        );
        let to = "Restored revision 90 by [[Special:Contributions/G|G]]";
        check(
            name,
            &with(says(200, 120, "P", 3, to)),
            &[damage(100, Undo)],
        );
        // The revision on the other side of it is by another user.
        check(name, &with(rollback(200, 120, "P", 3, "G")), &[]);
        // Nobody knows who made the missing revision.
        let hidden = "Reverted edits by a hidden user to last revision by [[User:G|G]]";
        check(name, &with(says(200, 120, "P", 3, hidden)), &[]);
        check(name, &with(says(200, 120, "P", 3, "rv")), &[]);
    }
}

#[test]
fn a_range_leads_to_the_title_before_a_move() {
    let events = [
        edit(90, 0, "G", 0),
        edit(100, 90, "V", 1),
        edit(110, 100, "W", 2),
        on("New", 7, range(200, 120, (100, 120))),
        later(),
    ];
    let damage = |rev| (rev, Kind::Damage, PageChange, Some(200));
    check("range", &events, &[damage(100), damage(110)]);
}

#[test]
fn a_missing_revision_is_waited_for_before_it_is_passed() {
    // Revision 120 is by somebody else after all.
    let late = [
        edit(90, 0, "G", 0),
        edit(100, 90, "V", 1),
        rollback(200, 120, "P", 3, "V"),
        edit(120, 100, "W", 2),
        later(),
    ];
    check("late", &late, &[]);
    assert_eq!(run(&late[..3]), []);
}

#[test]
fn the_label_of_a_passed_revision_has_the_title_of_its_page() {
    let events = [
        edit(100, 90, "V", 1),
        rollback(200, 120, "P", 3, "V"),
        later(),
    ];
    let labels = run(&events);
    assert_eq!((labels.len(), labels[0].page_title.as_str()), (1, "P"));
}

#[test]
fn tags_after_a_missing_revision_belong_to_the_edit_before_it() {
    let events = [
        edit(100, 90, "A", 1),
        edit(200, 120, "A", 3),
        PageEvent::Tags(200, 3, MANUAL),
        PageEvent::Tags(100, 3, REVERTED),
    ];
    check("tags", &events, &[(100, Kind::SelfRevert, Tag, Some(200))]);
    // The same within a run of tagged edits.
    let events = [
        edit(100, 90, "A", 1),
        edit(130, 120, "A", 2),
        edit(200, 130, "A", 3),
        PageEvent::Tags(130, 3, REVERTED),
        PageEvent::Tags(100, 3, REVERTED),
        PageEvent::Tags(200, 3, MANUAL),
    ];
    let own = |rev| (rev, Kind::SelfRevert, Tag, Some(200));
    check("run", &events, &[own(100), own(130)]);
}

#[test]
fn moved_pages_are_followed_by_their_revisions() {
    let damage = |rev, source| (rev, Kind::Damage, source, Some(5));
    for id in [0, 7] {
        let on_moved = |revert: PageEvent| {
            [
                on("Old", id, edit(1, 0, "G", 0)),
                on("Old", id, edit(2, 1, "V", 1)),
                on("Old", id, edit(3, 2, "V", 1)),
                on("New", id, revert),
            ]
        };
        let both = |source| [damage(2, source), damage(3, source)];
        check(
            "rollback",
            &on_moved(rollback(5, 3, "P", 3, "V")),
            &both(Rollback),
        );
        check("range", &on_moved(range(5, 3, (2, 3))), &both(PageChange));
        let undo = says(
            5,
            3,
            "P",
            3,
            "Undid revision 2 by [[Special:Contributions/G|G]]",
        );
        let expected = [damage(2, Undo)];
        // Without an id nothing but the title says that the revision is of this page.
        check("undo", &on_moved(undo), &expected[..usize::from(id != 0)]);
    }
    // By their ids the pages are two, although their titles are the same now.
    let other = [
        on("P", 7, edit(2, 1, "V", 1)),
        on("P", 8, undo(5, 3, "P", 3, 2)),
        on("P", 8, range(6, 5, (2, 2))),
    ];
    check("other", &other, &[]);
}

#[test]
fn the_addresses_of_a_network_are_one_person() {
    let [one, two, three] = ["2001:DB8:0:0:0:0:0:1", "2001:DB8::2", "2001:DB8:1::3"];
    let run_of = |newest: &'static str, revert: PageEvent| {
        [
            edit(1, 0, three, 0),
            edit(2, 1, two, 1),
            edit(3, 2, newest, 2),
            revert,
        ]
    };
    let damage = |rev| (rev, Kind::Damage, Rollback, Some(4));
    let both = [damage(2), damage(3)];
    check("run", &run_of(one, rollback(4, 3, "P", 3, one)), &both);
    let network = "2001:DB8:0:0::/64";
    check(
        "network",
        &run_of(one, rollback(4, 3, "P", 3, network)),
        &both,
    );
    // MediaWiki's own rollback tells them apart: it restores the edit of the other address.
    let to = format!(
        "Reverted edits by [[Special:Contributions/{one}|{one}]] ([[User talk:{one}|talk]]) to last revision by [[User:{two}|{two}]]"
    );
    check("exact", &run_of(one, says(4, 3, "P", 3, &to)), &[damage(3)]);
    let tagged = [
        edit(2, 1, two, 1),
        edit(3, 2, one, 2),
        edit(4, 3, "P", 3),
        PageEvent::Tags(4, 3, ROLLBACK),
    ];
    check("tag", &tagged, &[damage(3)]);
    let own = [edit(2, 1, two, 1), undo(4, 2, one, 3, 2)];
    check("own", &own, &[(2, Kind::SelfRevert, Undo, Some(4))]);
}

#[test]
fn bots_that_undo_users_fight_vandalism_and_others_tidy_up() {
    let case =
        |author, reverter, summary: &str| [edit(2, 1, author, 1), says(4, 2, reverter, 3, summary)];
    let undo = "Undid revision 2 by [[Special:Contributions/V|V]]";
    let rollback = |whose: &str| {
        format!("Reverted edits by [[Special:Contributions/{whose}|{whose}]] to last version by G")
    };
    let expected = |kind, source| [(2, kind, source, Some(4))];
    check(
        "tidy",
        &case("V", "Tidybot", undo),
        &expected(Kind::BotRevert, Undo),
    );
    check(
        "rollback",
        &case("V", "Tidybot", &rollback("V")),
        &expected(Kind::Damage, Rollback),
    );
    // Flagged as a bot's in this test by its name's end, as by the wiki.
    check(
        "known",
        &case("V", "Salebot", undo),
        &expected(Kind::Damage, Undo),
    );
    check(
        "bots",
        &case("Newbot", "Tidybot", &rollback("Newbot")),
        &expected(Kind::BotRevert, Rollback),
    );
}

#[test]
fn what_follows_a_page_of_another_wiki_is_no_verdict() {
    let follows = "/* clientsitelink-update:0|enwiki|enwiki:A|enwiki:B */";
    let by_range = [
        edit(2, 1, "A", 1),
        PageEvent::Edit(4, 2, "M", 3, follows.to_owned()),
        PageEvent::Range(4, 2, "M", 3, (2, 2)),
    ];
    check(
        "range",
        &by_range,
        &[(2, Kind::BotRevert, PageChange, Some(4))],
    );
    let by_tag = [
        edit(2, 1, "A", 1),
        says(4, 2, "M", 3, follows),
        PageEvent::Tags(2, 3, REVERTED),
    ];
    check("tag", &by_tag, &[(2, Kind::BotRevert, Tag, Some(4))]);
    // The same by hand.
    let by_hand = [edit(2, 1, "A", 1), PageEvent::Range(4, 2, "M", 3, (2, 2))];
    check("hand", &by_hand, &[(2, Kind::Damage, PageChange, Some(4))]);
}

#[test]
fn tags_of_a_run_belong_to_the_revert_after_it() {
    // One revert takes back three edits of its own author.
    let edits = [
        edit(1, 0, "G", 0),
        edit(2, 1, "A", 1),
        edit(3, 2, "A", 1),
        edit(4, 3, "A", 1),
        edit(5, 4, "A", 2),
    ];
    let tags = [
        PageEvent::Tags(2, 3, REVERTED),
        PageEvent::Tags(3, 3, REVERTED),
        PageEvent::Tags(4, 3, REVERTED),
        PageEvent::Tags(5, 3, MANUAL),
    ];
    let own = |rev| (rev, Kind::SelfRevert, Tag, Some(5));
    // In each order of the tags.
    for turn in 0..4 {
        for is_reversed in [false, true] {
            let mut tags = tags.to_vec();
            tags.rotate_left(turn);
            if is_reversed {
                tags.reverse();
            }
            let events = [&edits[..], &tags[..]].concat();
            check(&format!("{tags:?}"), &events, &[own(2), own(3), own(4)]);
        }
    }
    // An edit between that is not tagged ends the run.
    let events = [
        &edits[..],
        &[tags[0].clone(), tags[2].clone(), tags[3].clone()],
    ]
    .concat();
    check("two runs", &events, &[(2, Kind::Damage, Tag, None), own(4)]);
}

#[test]
fn a_revert_in_a_run_of_tags_keeps_what_it_reverted() {
    // 2 is taken back by 3, and 3 and 4 by 5.
    let events = [
        edit(1, 0, "G", 0),
        edit(2, 1, "A", 1),
        says(3, 2, "B", 2, "rv"),
        edit(4, 3, "B", 2),
        edit(5, 4, "A", 3),
        PageEvent::Tags(2, 3, REVERTED),
        PageEvent::Tags(3, 3, REVERTED),
        PageEvent::Tags(4, 3, REVERTED),
        PageEvent::Tags(5, 3, MANUAL),
    ];
    let dispute = |rev| (rev, Kind::RevertOfRevert, Tag, Some(5));
    check(
        "revert",
        &events,
        &[
            (2, Kind::Restored, Tag, Some(3)),
            dispute(3),
            (4, Kind::Damage, Tag, Some(5)),
        ],
    );
}
