//! Generated classified edits, like those of the feed in shape, length and repetition, for the
//! archive's tests and bench. Not a source of truth about Wikipedia.

use rand::{Rng, RngExt};
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::edit::{Edit, EditType};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

const WIKIS: [&str; 8] = [
    "enwiki",
    "wikidatawiki",
    "commonswiki",
    "dewiki",
    "frwiki",
    "eswiki",
    "ruwiki",
    "zhwiki",
];
const WORDS: [&str; 24] = [
    "history",
    "of",
    "the",
    "list",
    "River",
    "Station",
    "fixed",
    "typo",
    "added",
    "reference",
    "Category",
    "image",
    "→",
    "Änderung",
    "記事",
    "update",
    "population",
    "revert",
    "vandalism",
    "(film)",
    "1987",
    "section",
    "link",
    "per",
];

fn words(rng: &mut impl Rng, most: usize) -> String {
    let many = rng.random_range(1..=most);
    let words: Vec<&str> = (0..many)
        .map(|_| WORDS[rng.random_range(0..WORDS.len())])
        .collect();
    words.join(" ")
}

fn time(millis: i64) -> EventTime {
    EventTime::from_millis(millis).expect("the years 1 to 9999")
}

/// One edit at `millis` of stream time, as `recentchange` would have given it.
pub fn edit(rng: &mut impl Rng, millis: i64) -> ClassifiedEdit<'static> {
    let user_type = match rng.random_range(0..100) {
        0..45 => UserType::Bot,
        45..92 => UserType::Registered,
        _ => UserType::Anonymous,
    };
    let user = match user_type {
        UserType::Bot => format!("Helper{}Bot", rng.random_range(0..60)),
        UserType::Registered => format!("Editor {}", rng.random_range(0..20_000)),
        UserType::Anonymous => format!(
            "~2026-{}-{}",
            rng.random_range(0..99_999),
            rng.random_range(0..99)
        ),
    };
    let scored = user_type != UserType::Bot;
    let length = rng.random_range(100..200_000);
    let (high, low) = (rng.random::<u64>(), rng.random::<u64>());
    ClassifiedEdit {
        edit: Edit {
            meta_id: format!(
                "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
                high >> 32,
                high >> 16 & 0xffff,
                high & 0xfff,
                low >> 48,
                low & 0xffff_ffff_ffff
            )
            .into(),
            wiki: WIKIS[rng.random_range(0..WIKIS.len())].into(),
            edit_type: if rng.random_bool(0.06) {
                EditType::New
            } else {
                EditType::Edit
            },
            rev_id: Some(1_300_000_000 + rng.random_range(0..10_000_000)),
            rev_old_id: Some(1_200_000_000 + rng.random_range(0..90_000_000)),
            page_id: None,
            page_title: format!("{} {}", words(rng, 4), rng.random_range(0..100_000)).into(),
            namespace: Some([0, 0, 0, 0, 1, 3, 4, 14][rng.random_range(0..8)]),
            user: Some(user.into()),
            user_id: None,
            user_type,
            is_bot: user_type == UserType::Bot,
            is_minor: Some(rng.random_bool(0.2)),
            is_patrolled: Some(rng.random_bool(0.7)),
            comment: Some(format!("/* {} */ {}", words(rng, 3), words(rng, 12)).into()),
            length_old: Some(length),
            length_new: Some(length + rng.random_range(-50..400)),
            event_time: time(millis),
            user_edit_count: None,
            user_registered_at: None,
            user_groups: None,
            page_revision_count: None,
            source_topic: Some("eqiad.mediawiki.recentchange".into()),
            source_partition: Some(0),
            source_offset: Some(5_000_000_000 + millis % 1_000_000_000),
        },
        classification: Classification {
            score: scored.then(|| rng.random()),
            class: scored.then(|| ["low", "medium", "high"][rng.random_range(0..3)].into()),
            model_version: scored.then(|| "edit-risk/1".into()),
            ingest_time: time(millis + rng.random_range(100..900)),
            score_time: time(millis + rng.random_range(900..1_500)),
        },
    }
}
