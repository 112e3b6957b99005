//! The features of chosen edits, and properties of the row of any edit.

use super::*;
use crate::event::{Body, Event};
use proptest::prelude::*;

mod contracts;

fn event(user: &str, title: &str, comment: &str, numbers: [i64; 6]) -> String {
    let [new, old, length_new, length_old, namespace, timestamp] = numbers;
    serde_json::json!({
        "meta": {"id": "00000000-0000-0000-0000-000000000000"},
        "type": "edit", "wiki": "enwiki", "title": format!("T{title}"), "namespace": namespace,
        "user": user, "comment": comment, "timestamp": timestamp.rem_euclid(1 << 36),
        "revision": {"new": new, "old": old}, "length": {"new": length_new, "old": length_old},
    })
    .to_string()
}

fn row_of(payload: &str) -> [f32; COUNT] {
    let event = Event::parse(payload.as_bytes()).unwrap();
    let Body::Edit(edit) = event.body else {
        panic!("no edit: {payload}");
    };
    // A value that `extract` does not write would stay infinite.
    let mut row = [f32::INFINITY; COUNT];
    extract(&edit, TextWeights::of_program(), &mut row);
    row
}

fn value(row: &[f32; COUNT], name: &str) -> f32 {
    row[NAMES.iter().position(|known| *known == name).expect(name)]
}

#[test]
fn the_table_gives_the_names_in_order_and_each_once() {
    assert_eq!(FEATURES.map(|feature| feature.name), NAMES);
    let unique: std::collections::HashSet<_> = NAMES.iter().collect();
    assert_eq!(unique.len(), COUNT);
}

#[test]
fn a_flagrant_edit_shows_in_its_features() {
    let row = row_of(&event(
        "~2026-12345-67",
        "he Moon",
        "/* Early life */ LOL u SUCK!!!",
        [2_000, 1_000, 0, 500, 0, 1_800_000_000],
    ));
    for (name, expected) in [
        ("user_is_anonymous", 1.0),
        ("user_is_temporary", 1.0),
        ("comment_has_section", 1.0),
        ("comment_is_section_only", 0.0),
        ("comment_vulgar_words", 1.0),
        ("comment_chat_words", 2.0),
        ("comment_exclamations", 3.0),
        ("section_life_words", 2.0),
        ("title_words", 2.0),
        ("page_idle_share", 0.5),
        ("size_is_blanked", 1.0),
        ("size_removed_share", 1.0),
        ("time_hour", 8.0),
        ("time_weekday", 4.0),
    ] {
        assert_eq!(value(&row, name), expected, "{name}");
    }
    for missing in [
        "user_name_length",
        "user_ipv4_first_octet",
        "account_edits",
        "edit_is_minor",
    ] {
        assert!(value(&row, missing).is_nan(), "{missing}");
    }
}

proptest! {
    #[test]
    fn every_value_is_finite_or_missing(
        user in any::<String>(),
        title in any::<String>(),
        comment in prop_oneof![any::<String>(), "(/\\*)?.{0,40}(\\*/)?[a-z 傻逼é!0-9]{0,60}"],
        numbers in any::<[i64; 6]>(),
    ) {
        let row = row_of(&event(&user, &title, &comment, numbers));
        for (name, value) in NAMES.iter().zip(row) {
            prop_assert!(!value.is_infinite(), "{name} is {value}");
        }
    }
}
