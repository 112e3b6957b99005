//! Invented sets: any mixture of pages, users and labels keeps the promises, and what is no
//! labelled edit is refused with its line.

use super::History;
use crate::simulation::*;
use proptest::prelude::*;
use serde_json::json;
use std::collections::HashMap;
use wikisentry_core::time::EventTime;

fn line(rev_id: i64, title: &str, user: &str, comment: &str, second: i64, label: u8) -> String {
    let time = EventTime::from_seconds(1_258_000_000 + second).unwrap();
    json!({
        "source": "invented", "wiki": "dewiki", "rev_id": rev_id, "old_rev_id": rev_id - 1,
        "page_id": null, "title": title, "user": user, "comment": comment, "timestamp": time,
        "length_old": 5, "length_new": 7, "label": label,
    })
    .to_string()
}

/// Up to 40 edits of few users on few pages within two days. Revisions are numbers that no name has.
fn set() -> impl Strategy<Value = String> {
    let edit = (0..4, 0..4, 0..172_800_i64, 0..2_u8);
    proptest::collection::vec(edit, 1..40).prop_map(|edits| {
        let lines = edits
            .iter()
            .enumerate()
            .map(|(n, (page, user, second, label))| {
                let user = ["Ann", "192.0.2.1", "Ben", "2001:db8::1"][*user as usize];
                let title = format!("Page: {page}?");
                line(1_000_000 + 2 * n as i64, &title, user, "x", *second, *label)
            });
        lines.collect::<Vec<_>>().join("\n")
    })
}

fn options() -> impl Strategy<Value = SimulationOptions> {
    let share = prop_oneof![Just(0.0), Just(0.5), Just(1.0)];
    (
        any::<u64>(),
        0.01..5.0_f64,
        0.0..1.0_f64,
        share,
        any::<[bool; 3]>(),
    )
        .prop_map(
            |(seed, days, trailing_days, rollback, [shuffle_labels, drifts, renames])| {
                SimulationOptions {
                    days,
                    trailing_days,
                    seed,
                    anonymous: match renames {
                        true => Anonymous::TemporaryAccounts,
                        false => Anonymous::AsPublished,
                    },
                    reverts: RevertShares {
                        undo: 0.1,
                        rollback,
                        tag: 0.2,
                        page_change: 0.2,
                    },
                    noise: NoiseShares {
                        self_revert: 0.25,
                        bot: 0.25,
                        mention: 0.25,
                        war: 0.25,
                    },
                    shuffle_labels,
                    drift_from: drifts.then_some(0.5),
                    ..Default::default()
                }
            },
        )
}

proptest! {
    #[test]
    fn any_set_gives_whole_histories_and_a_truth_that_can_be_read(rows in set(), options in options()) {
        let simulation = simulate(rows.as_bytes(), &options).unwrap();
        let history = History::read(&simulation.source);
        history.check(|parent| parent < 1_000_080);
        let found = history.reverts();
        let mut told = HashMap::new();
        for truth in &simulation.truth {
            let key = (truth.wiki.clone(), truth.rev_id);
            prop_assert!(!truth.unclear);
            let is_damage = truth.reverted.is_some_and(|r| r.expected == ExpectedLabel::Damage);
            prop_assert_eq!(is_damage, truth.label == Some(true));
            if let Some(reverted) = truth.reverted {
                let by = &history.edits[&(truth.wiki.clone(), reverted.rev_id)];
                let is_own = by.user == history.edits[&key].user;
                prop_assert_eq!(is_own, reverted.expected == ExpectedLabel::SelfRevert);
                prop_assert!(reverted.delay_ms > 0 && reverted.delay_ms < 48 * 3_600_000);
                told.insert(key, reverted.evidence);
            }
        }
        prop_assert_eq!(found, told);
        let times = super::times(&simulation);
        prop_assert!(times.is_sorted());
        prop_assert_eq!(times[0], options.start);
    }

    #[test]
    fn bytes_that_are_no_rows_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(simulate(&bytes, &SimulationOptions::default()).is_err());
    }
}

#[test]
fn a_line_that_is_no_labelled_edit_is_refused_with_its_number() {
    let good = line(5, "A", "Ann", "", 0, 1);
    for (bad, expected) in [
        ("{}".to_owned(), "line 2 is no labelled edit"),
        (line(5, "A", "Ann", "", 0, 2), "line 2 is no labelled edit"),
        (
            line(5, "", "Ann", "", 0, 1),
            "line 2: wiki, title and user must not be empty",
        ),
        (
            line(1 << 60, "A", "Ann", "", 0, 1),
            "line 2: an id must be from 0 to 2^53 - 1",
        ),
    ] {
        let rows = format!("{good}\n\n{bad}\n{good}");
        let error = simulate(rows.as_bytes(), &SimulationOptions::default()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let none = simulate(b"\n", &SimulationOptions::default());
    assert!(matches!(none, Err(SimulationError::Empty)));
    let torn = simulate(&super::KI[..500], &SimulationOptions::default());
    assert!(matches!(torn, Err(SimulationError::Read(_))));
}

#[test]
fn options_out_of_range_are_refused_by_name() {
    let rows = line(5, "A", "Ann", "", 0, 1);
    type Spoil = fn(&mut SimulationOptions);
    let set: [(&str, Spoil); 8] = [
        ("days", |o| o.days = 0.0),
        ("days", |o| o.days = f64::NAN),
        ("trailing_days", |o| o.trailing_days = -1.0),
        ("start", |o| {
            o.start = EventTime::parse("9990-01-01T00:00:00Z").unwrap();
        }),
        ("drift_from", |o| o.drift_from = Some(1.5)),
        ("reverts", |o| {
            o.reverts = RevertShares {
                undo: 0.0,
                rollback: 0.0,
                tag: 0.0,
                page_change: 0.0,
            };
        }),
        ("noise", |o| o.noise.bot = 1.1),
        ("noise", |o| o.noise.war = -0.1),
    ];
    for (name, spoil) in set {
        let mut options = SimulationOptions::default();
        spoil(&mut options);
        match simulate(rows.as_bytes(), &options) {
            Err(SimulationError::Option { name: found, .. }) => assert_eq!(found, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_rollback_takes_the_whole_run_or_becomes_an_undo() {
    let options = SimulationOptions {
        days: 0.000_1,
        reverts: RevertShares {
            undo: 0.0,
            rollback: 1.0,
            tag: 0.0,
            page_change: 0.0,
        },
        ..Default::default()
    };
    let evidence = |lines: &[String]| -> Vec<Option<RevertEvidence>> {
        let simulation = simulate(lines.join("\n").as_bytes(), &options).unwrap();
        let rows = simulation.truth.iter().filter(|t| t.row.is_some());
        rows.map(|t| t.reverted.map(|r| r.evidence)).collect()
    };
    // All of the run is damage: one rollback for both.
    let run = [
        line(10, "A", "Ann", "", 0, 1),
        line(20, "A", "Ann", "", 1, 1),
    ];
    assert_eq!(evidence(&run), [Some(RevertEvidence::Rollback); 2]);
    // A good edit in the run, or someone else's after it: an undo.
    for other in [
        line(10, "A", "Ann", "", 0, 0),
        line(30, "A", "Ben", "", 2, 0),
    ] {
        let mut both = vec![line(20, "A", "Ann", "", 1, 1), other];
        both.sort();
        let found = evidence(&both);
        assert!(found.contains(&Some(RevertEvidence::Undo)), "{found:?}");
        assert!(found.contains(&None), "{found:?}");
    }
}
