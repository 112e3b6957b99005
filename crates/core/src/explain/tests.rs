//! Reasons for recorded edits under the first model, and phrases for every feature.

use super::*;
use crate::edit::{Edit, EditType};
use crate::event::{Body, Event};
use crate::features::TextWeights;
use crate::model::Scorer;
use crate::scoring::FEATURE_SPEC;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::io::Read;

fn file(path: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    std::fs::read(format!("{root}/{path}")).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn edit(payload: &[u8]) -> Option<Edit<'_>> {
    match Event::parse(payload).unwrap().body {
        Body::Edit(edit) => Some(*edit),
        _ => None,
    }
}

/// Calls `then` with the recorded edit of a file of testdata/events, after a change.
fn changed<T>(name: &str, change: impl Fn(&mut Edit<'_>), then: impl Fn(&Edit<'_>) -> T) -> T {
    let payload = file(&format!("testdata/events/{name}.json"));
    let mut edit = edit(&payload).expect(name);
    change(&mut edit);
    then(&edit)
}

/// The reasons if only `columns` contribute.
fn reasons_for(edit: &Edit<'_>, columns: &[(Column, f64)]) -> Vec<Reason> {
    let mut values = [f32::NAN; COUNT];
    features::extract(edit, TextWeights::of_program(), &mut values);
    let mut contributions = [0.0; COUNT];
    for (column, contribution) in columns {
        contributions[*column as usize] = *contribution;
    }
    reasons(&EditRow { edit, values }, &contributions)
}

fn text(edit: &Edit<'_>, column: Column) -> String {
    reasons_for(edit, &[(column, 1.0)])[0].text.clone()
}

#[test]
fn facts_read_as_a_person_would_write_them() {
    use crate::text::Text;
    use Column as C;
    let name = "page-change-edit";
    changed(
        name,
        |edit| {
            edit.comment = Some(Text::from(""));
            edit.length_old = Some(10_000);
            edit.length_new = Some(5_790);
            edit.user_edit_count = Some(12);
            let registered = edit.event_time.as_millis() - 3 * 3_600_000;
            edit.user_registered_at = crate::time::EventTime::from_millis(registered);
        },
        |edit| {
            assert_eq!(
                text(edit, C::size_delta),
                "removed 4,210 bytes with no summary"
            );
            let share = "removed 4,210 bytes, 42 % of the page with no summary";
            assert_eq!(text(edit, C::size_removed_share), share);
            assert_eq!(
                text(edit, C::account_edits),
                "new account, 3 hours old, 12 edits"
            );
            assert_eq!(text(edit, C::comment_is_empty), "no summary");
            // The shape of an empty summary is not a fact of its own.
            assert_eq!(text(edit, C::comment_upper_share), "no summary");
            assert_eq!(text(edit, C::size_old), "page of 10,000 bytes");
        },
    );
    changed(
        name,
        |edit| {
            edit.comment = Some(Text::from("YOU ALL ARE LIARS!!!"));
            edit.user_edit_count = None;
            edit.user_registered_at = None;
            edit.length_old = None;
            edit.length_new = None;
        },
        |edit| {
            assert_eq!(
                text(edit, C::comment_upper_share),
                "summary in capital letters"
            );
            let marks = "summary of 4 words, 3 exclamation marks";
            assert_eq!(text(edit, C::comment_exclamations), marks);
            let unknown = "account age and edit count unknown";
            assert_eq!(text(edit, C::account_age_hours), unknown);
            assert_eq!(text(edit, C::size_delta), "size of the page unknown");
        },
    );
    let kind = |edit: &Edit<'_>| text(edit, Column::user_name_length);
    let temporary = "page-change-temporary-account";
    assert_eq!(
        changed(temporary, |_| (), kind),
        "edited by a temporary account"
    );
    let address = "recentchange-2018-address";
    assert!(changed(address, |_| (), kind).starts_with("edited from an IP"));
    assert_eq!(
        changed("recentchange-hidden-user", |_| (), kind),
        "user name hidden"
    );
}

#[test]
fn groups_that_come_by_themselves_are_not_counted() {
    use crate::text::Text;
    let phrase = |groups: &[&'static str]| {
        let groups: Vec<_> = groups.iter().copied().map(Text::from).collect();
        changed(
            "page-change-edit",
            move |edit| edit.user_groups = Some(groups.clone()),
            |edit| text(edit, Column::account_groups),
        )
    };
    let none = "in no user group but those that come by themselves";
    for automatic in [
        &["*", "temp"][..],
        &["*", "user", "autoconfirmed", "autopatrolled"],
        &["user", "autoconfirmed"],
        &[],
    ] {
        assert_eq!(phrase(automatic), none, "{automatic:?}");
    }
    assert_eq!(
        phrase(&["ipblock-exempt", "*", "user", "autopatrolled"]),
        "in 1 user group, none that the community trusts"
    );
    assert_eq!(
        phrase(&["abusefilter", "sysop", "*", "user", "autoconfirmed"]),
        "in 2 user groups, trusted by the community"
    );
}

#[test]
fn features_of_one_kind_are_one_reason() {
    use Column as C;
    let columns = [
        (C::user_is_anonymous, 0.5),
        (C::user_is_temporary, 0.25),
        (C::user_name_length, 0.5),
        (C::size_new, -0.75),
        (C::size_delta, -0.25),
        (C::time_hour, 0.125),
    ];
    let found = changed(
        "page-change-temporary-account",
        |_| (),
        |e| reasons_for(e, &columns),
    );
    let summary: Vec<_> = found
        .iter()
        .map(|r| (r.contribution, r.direction, r.columns.len()))
        .collect();
    assert_eq!(
        summary,
        [
            (1.25, Direction::Raises, 3),
            (-1.0, Direction::Lowers, 2),
            (0.125, Direction::Raises, 1)
        ]
    );
    assert_eq!(found[1].columns, ["size_new", "size_delta"]);
}

#[test]
fn a_reason_is_about_the_columns_that_carry_it() {
    use Column as C;
    let told = |columns: &[(Column, f64)]| {
        let comment = |edit: &mut Edit<'_>| edit.comment = Some("YOU ALL LIE!!!".into());
        let found = changed("page-change-edit", comment, |edit| {
            reasons_for(edit, columns)
        });
        found
            .into_iter()
            .map(|reason| reason.text)
            .collect::<Vec<_>>()
    };
    // A column without a part in the figure is not named.
    let hour = "edited at 12 h UTC";
    assert_eq!(told(&[(C::time_hour, 0.5)]), [hour]);
    assert_eq!(told(&[(C::time_hour, 0.5), (C::time_weekday, 0.0)]), [hour]);
    assert_eq!(
        told(&[(C::time_hour, 0.1), (C::time_weekday, -0.5)]),
        ["edited on a Sunday"]
    );
    // As many as carry half of it.
    let parts = [
        (C::comment_exclamations, 0.4),
        (C::comment_length, 0.35),
        (C::comment_upper_share, 0.3),
    ];
    let text = "summary of 3 words, 3 exclamation marks";
    assert_eq!(told(&parts), [text]);
    let parts = [
        (C::comment_exclamations, 0.4),
        (C::comment_starts_upper, 0.3),
        (C::comment_questions, 0.29),
    ];
    let both = "summary of 3 words, 3 exclamation marks, begins with a capital";
    assert_eq!(told(&parts), [both]);
    // What cancels out is no reason.
    assert!(told(&[(C::size_new, 0.5), (C::size_delta, -0.5)]).is_empty());
}

/// Every edit among the recorded events.
fn each_recorded(mut then: impl FnMut(&str, &Edit<'_>)) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/events");
    let mut edits = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|e| e != "json") || name == "expected" {
            continue;
        }
        let payload = std::fs::read(&path).unwrap();
        if let Some(edit) = edit(&payload) {
            then(&name, &edit);
            edits += 1;
        }
    }
    assert!(edits >= 15, "{edits} recorded edits");
}

#[test]
fn every_feature_belongs_to_one_reason_with_a_phrase() {
    let mut seen = BTreeSet::new();
    each_recorded(|name, edit| {
        for column in Column::ALL {
            for contribution in [0.5, -0.5] {
                let found = reasons_for(edit, &[(column, contribution)]);
                assert_eq!(found.len(), 1);
                assert_eq!(found[0].columns, [NAMES[column as usize]]);
                let text = &found[0].text;
                assert!(
                    !text.is_empty() && !text.contains("NaN") && !text.contains('_'),
                    "{name}, {}: {text:?}",
                    NAMES[column as usize]
                );
                seen.insert(text.clone());
            }
        }
        let all: Vec<_> = Column::ALL
            .into_iter()
            .map(|column| (column, 0.1))
            .collect();
        let found = reasons_for(edit, &all);
        let columns: usize = found.iter().map(|reason| reason.columns.len()).sum();
        assert_eq!(columns, COUNT);
    });
    assert!(seen.len() > 150, "{} different phrases", seen.len());
}

fn bootstrap() -> (Explainer, Scorer) {
    let folder = "models/edit-risk/versions/1";
    let model = file(&format!("{folder}/model.json"));
    let card = file(&format!("{folder}/card.json"));
    let scorer = Scorer::load(&model, &card, FEATURE_SPEC).unwrap();
    (Explainer::from_json(&model).unwrap(), scorer)
}

#[test]
fn the_reasons_of_recorded_edits_sum_to_their_scores() {
    let (explainer, scorer) = bootstrap();
    let packed = file("testdata/sample/recentchange.jsonl.gz");
    let mut lines = String::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_string(&mut lines)
        .unwrap();
    let mut explained = 0;
    for line in lines.lines().step_by(7) {
        let Some(edit) = edit(line.as_bytes()) else {
            continue;
        };
        let found = explain(&edit, &explainer, &scorer, 5).unwrap();
        let mut row = [f32::NAN; COUNT];
        features::extract(&edit, TextWeights::of_program(), &mut row);
        let score = scorer.score(&row).score;
        assert!(
            (found.score - score).abs() < 1e-4,
            "{} is not {score}",
            found.score
        );
        assert!(found.reasons.len() <= 5);
        let shown: f64 = found.reasons.iter().map(|reason| reason.contribution).sum();
        let log_odds = found.bias + shown + found.others;
        assert!((log_odds - (found.score / (1.0 - found.score)).ln()).abs() < 1e-6);
        let sizes = found.reasons.iter().map(|r| r.contribution.abs());
        assert!(sizes.is_sorted_by(|a, b| a >= b));
        explained += 1;
    }
    assert!(explained > 50, "{explained} edits");
}

#[test]
fn a_recorded_edit_of_a_temporary_account_is_explained() {
    let (explainer, scorer) = bootstrap();
    let payload = file("testdata/events/recentchange-2026-temporary-account.json");
    let edit = edit(&payload).unwrap();
    let found = explain(&edit, &explainer, &scorer, 4).unwrap();
    assert_eq!(found.reasons.len(), 4);
    let by_kind = found
        .reasons
        .iter()
        .find(|r| r.text == "edited by a temporary account");
    let by_kind = by_kind.unwrap_or_else(|| panic!("{found:#?}"));
    assert_eq!(by_kind.direction, Direction::Raises);
    assert!(
        by_kind
            .columns
            .iter()
            .any(|column| column == "user_is_anonymous")
    );
    let json = serde_json::to_string(&found).unwrap();
    assert!(json.contains(r#""direction":"raises""#), "{json}");
    assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), found);
}

#[test]
fn a_model_of_other_features_is_refused() {
    let model = br#"{"version":[3,2,0],"learner":{
        "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2"},
        "objective":{"name":"binary:logistic"},
        "gradient_booster":{"name":"gbtree","model":{
            "gbtree_model_param":{"num_trees":"1"},"tree_info":[0],
            "trees":[{"id":0,"left_children":[-1],"right_children":[-1],"split_indices":[0],
                "split_conditions":[1],"default_left":[0],"split_type":[0],"sum_hessian":[1],
                "tree_param":{"num_deleted":"0","num_nodes":"1","size_leaf_vector":"1"}}]}}}}"#;
    let explainer = Explainer::from_json(model).unwrap();
    let (_, scorer) = bootstrap();
    let refused = changed(
        "page-change-edit",
        |_| (),
        |edit| explain(edit, &explainer, &scorer, 3),
    );
    assert_eq!(refused, Err(ExplainError::FeatureCount { found: 2 }));
}

proptest! {
    #[test]
    fn any_numbers_find_words(
        numbers in prop::collection::vec(prop::option::of(any::<i64>()), 8),
        flags in any::<[bool; 3]>(),
        comment in prop::option::of(".{0,60}"),
    ) {
        let check = |edit: &Edit<'_>| {
            for column in Column::ALL {
                assert!(!text(edit, column).is_empty());
            }
        };
        let change = |edit: &mut Edit<'_>| {
            edit.comment = comment.clone().map(crate::text::Text::from);
            edit.length_old = numbers[0];
            edit.length_new = numbers[1];
            edit.user_edit_count = numbers[2];
            edit.page_revision_count = numbers[3];
            edit.rev_id = numbers[4];
            edit.rev_old_id = numbers[5];
            edit.namespace = numbers[6];
            edit.is_minor = numbers[7].map(|n| n > 0);
            if flags[0] {
                edit.edit_type = EditType::New;
            }
            if flags[1] {
                edit.user_registered_at = None;
            }
            if flags[2] {
                edit.user = None;
            }
        };
        changed("page-change-edit", change, check);
    }
}
