//! What raises each kind of alert.

mod contract;
mod dates;
mod stream;

use super::*;
use crate::classified::Classification;
use crate::edit::Edit;
use crate::text::Text;
use crate::user::UserType;

/// Small thresholds that tests reach quickly.
pub(super) fn rules() -> AlertRules {
    AlertRules {
        high_risk_score: 0.8,
        burst_edits: 3,
        burst_window_ms: 10_000,
        war_reverts: 3,
        war_window_ms: 60_000,
        stalled_after_ms: 30_000,
        drift_psi: 0.25,
        drift_window: 100,
        cooldown_ms: 100_000,
        max_per_minute: 50,
    }
}

fn detectors() -> Detectors {
    Detectors::new(rules()).expect("sound rules")
}

pub(super) fn at(seconds: i64) -> EventTime {
    EventTime::from_seconds(1_700_000_000 + seconds).expect("a time")
}

/// An edit of `wiki` by `user`, `seconds` into the test.
fn edit(seconds: i64, user: &str, page: &str, rev_id: i64) -> ClassifiedEdit<'static> {
    ClassifiedEdit {
        edit: Edit {
            meta_id: Text::from(format!("meta-{rev_id}")),
            rev_id: Some(rev_id),
            page_title: Text::from(page.to_owned()),
            user: Some(Text::from(user.to_owned())),
            user_type: UserType::of(Some(user), false),
            event_time: at(seconds),
            ..Edit::blank()
        },
        classification: Classification {
            score: None,
            class: None,
            model_version: None,
            ingest_time: at(seconds),
            score_time: at(seconds),
        },
    }
}

fn scored(
    mut edit: ClassifiedEdit<'static>,
    score: f64,
    class: &'static str,
) -> ClassifiedEdit<'static> {
    edit.classification.score = Some(score);
    edit.classification.class = Some(Text::from(class));
    edit.classification.model_version = Some(Text::from("edit-risk/1"));
    edit
}

fn reverting(mut edit: ClassifiedEdit<'static>) -> ClassifiedEdit<'static> {
    edit.edit.comment = Some(Text::from("Undid revision 17 by somebody"));
    edit
}

fn by_bot(mut edit: ClassifiedEdit<'static>) -> ClassifiedEdit<'static> {
    edit.edit.is_bot = true;
    edit.edit.user_type = UserType::Bot;
    edit
}

fn sized(mut edit: ClassifiedEdit<'static>, old: i64, new: i64) -> ClassifiedEdit<'static> {
    (edit.edit.length_old, edit.edit.length_new) = (Some(old), Some(new));
    edit
}

fn alerts_of(detectors: &mut Detectors, edits: &[ClassifiedEdit<'_>]) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for edit in edits {
        detectors.observe(edit, at(9_999), &mut alerts);
    }
    alerts
}

fn kinds_and_subjects(edits: &[ClassifiedEdit<'_>]) -> Vec<(AlertKind, String)> {
    alerts_of(&mut detectors(), edits)
        .into_iter()
        .map(|alert| (alert.kind(), alert.subject))
        .collect()
}

#[test]
fn risky_edits_are_those_above_the_threshold_that_was_set() {
    for (name, edit, raised) in [
        (
            "at the threshold",
            scored(edit(0, "Ann", "P", 1), 0.8, "high"),
            true,
        ),
        (
            "of the highest class but below",
            scored(edit(0, "Ann", "P", 1), 0.79, "high"),
            false,
        ),
        (
            "above in a lower class",
            scored(edit(0, "Ann", "P", 1), 0.9, "medium"),
            true,
        ),
        ("not scored", edit(0, "Ann", "P", 1), false),
        (
            "a bot's",
            by_bot(scored(edit(0, "Ann", "P", 1), 0.9, "high")),
            true,
        ),
    ] {
        let expected = match raised {
            true => vec![(AlertKind::HighRiskEdit, "enwiki:1".to_owned())],
            false => vec![],
        };
        assert_eq!(kinds_and_subjects(&[edit]), expected, "{name}");
    }
}

#[test]
fn an_alert_about_an_edit_leads_to_it() {
    let alerts = alerts_of(
        &mut detectors(),
        &[scored(edit(0, "Ann", "P", 7), 0.9, "high")],
    );
    let url = "https://en.wikipedia.org/w/index.php?diff=7";
    assert_eq!(alerts[0].url.as_deref(), Some(url));
    let mut stalled = Vec::new();
    detectors().tick(at(9_999), at(0), &mut stalled);
    assert!(stalled.iter().all(|alert| alert.url.is_none()) && !stalled.is_empty());
}

#[test]
fn without_a_threshold_risky_edits_are_those_that_the_model_calls_high() {
    let rules = AlertRules {
        high_risk_score: 0.0,
        ..rules()
    };
    for (score, class, raised) in [(0.3, "high", 1), (0.9, "medium", 0)] {
        let edit = scored(edit(0, "Ann", "P", 1), score, class);
        let mut detectors = Detectors::new(rules.clone()).unwrap();
        let found = alerts_of(&mut detectors, &[edit]);
        assert_eq!(found.len(), raised, "{score} {class}");
    }
}

#[test]
fn bursts_are_many_edits_of_one_user_within_the_window() {
    let of = |seconds: &[i64], user: &str| {
        let edits = seconds.iter().enumerate();
        edits
            .map(|(n, s)| edit(*s, user, &format!("Page {n}"), n as i64))
            .collect::<Vec<_>>()
    };
    let burst = vec![(AlertKind::EditBurst, "enwiki:Ann".to_owned())];
    let mut two_wikis = of(&[0, 1, 2], "Ann");
    two_wikis[1].edit.wiki = Text::from("dewiki");
    let mut hidden = of(&[0, 1, 2], "Ann");
    hidden.iter_mut().for_each(|edit| edit.edit.user = None);
    for (name, edits, expected) in [
        ("fast", of(&[0, 1, 2], "Ann"), burst.clone()),
        (
            "at the window's edge",
            of(&[0, 5, 10], "Ann"),
            burst.clone(),
        ),
        ("slow", of(&[0, 6, 11, 17, 22], "Ann"), vec![]),
        ("out of order", of(&[5, 0, 3], "Ann"), burst.clone()),
        (
            "one alert for all of it",
            of(&[0, 1, 2, 3, 4, 5], "Ann"),
            burst.clone(),
        ),
        (
            "again after the cooldown",
            of(&[0, 1, 2, 100, 101, 102], "Ann"),
            [burst.clone(), burst].concat(),
        ),
        ("on two wikis", two_wikis, vec![]),
        (
            "a bot",
            of(&[0, 1, 2], "Ann").into_iter().map(by_bot).collect(),
            vec![],
        ),
        ("hidden names", hidden, vec![]),
    ] {
        assert_eq!(kinds_and_subjects(&edits), expected, "{name}");
    }
}

#[test]
fn wars_are_reverts_of_one_page_by_several_users() {
    let reverts = |users: &[&str], step: i64| {
        let users = users.iter().enumerate();
        users
            .map(|(n, user)| reverting(edit(n as i64 * step, user, "P", n as i64)))
            .collect::<Vec<_>>()
    };
    let about = |comments: &[&'static str]| {
        let edits = comments.iter().enumerate().map(|(n, comment)| {
            let user = ["Ann", "Bob"][n % 2];
            let mut edit = edit(n as i64 * 10, user, "P", n as i64);
            edit.edit.comment = Some(Text::from(*comment));
            edit
        });
        edits.collect::<Vec<_>>()
    };
    let war = vec![(AlertKind::EditWar, "enwiki:P".to_owned())];
    let sizes = |steps: &[(&str, i64, i64)]| {
        let steps = steps.iter().enumerate();
        steps
            .map(|(n, (user, old, new))| {
                sized(edit(n as i64 * 20, user, "P", n as i64), *old, *new)
            })
            .collect::<Vec<_>>()
    };
    let mut bots = reverts(&["Ann", "Bob", "Ann"], 20);
    bots[1] = by_bot(bots[1].clone());
    let to_and_fro = [
        ("Ann", 100, 500),
        ("Bob", 500, 100),
        ("Ann", 100, 500),
        ("Bob", 500, 100),
    ];
    let small = [
        ("Ann", 100, 110),
        ("Bob", 110, 100),
        ("Ann", 100, 110),
        ("Bob", 110, 100),
    ];
    let alone = [
        ("Ann", 100, 500),
        ("Ann", 500, 100),
        ("Ann", 100, 500),
        ("Ann", 500, 100),
    ];
    let between = [
        ("Ann", 100, 500),
        ("Bob", 520, 100),
        ("Ann", 120, 500),
        ("Bob", 560, 100),
    ];
    for (name, edits, expected) in [
        (
            "two users",
            reverts(&["Ann", "Bob", "Ann"], 20),
            war.clone(),
        ),
        ("one patroller", reverts(&["Ann"; 10], 12), vec![]),
        (
            "a patroller, then another",
            reverts(&["Ann", "Ann", "Ann", "Bob"], 15),
            war.clone(),
        ),
        (
            "too slow",
            reverts(&["Ann", "Bob", "Ann", "Bob"], 31),
            vec![],
        ),
        ("with a bot", bots, vec![]),
        (
            "about reverts",
            about(&[
                "Reporting [[Special:Contributions/V|V]]: reverted vandalism after a final warning",
                "/* Revert */ see [[Rollback (legislation)]]",
                "/* wbsetlabel-set:1|en */ Revert 1",
                "This user was automatically reported due to reverted vandalism",
            ]),
            vec![],
        ),
        ("sizes to and fro", sizes(&to_and_fro), war),
        ("small sizes to and fro", sizes(&small), vec![]),
        ("of one user", sizes(&alone), vec![]),
        ("with unseen edits between", sizes(&between), vec![]),
    ] {
        assert_eq!(kinds_and_subjects(&edits), expected, "{name}");
    }
}

#[test]
fn a_stall_is_raised_once_and_ends_with_the_next_event() {
    let mut detectors = detectors();
    let mut stalls = Vec::new();
    for (name, now, last_event, raised) in [
        ("short silence", 29, 0, false),
        ("stall", 30, 0, true),
        ("the same stall", 31, 0, false),
        ("the same, long after", 1_000, 0, false),
        ("recovered", 1_001, 1_001, false),
        ("the next stall", 1_031, 1_001, true),
        ("recovered again", 1_040, 1_040, false),
        ("a third within the cooldown", 1_070, 1_040, false),
        ("that outlasts it", 1_131, 1_040, true),
        ("clock set back", 0, 1_140, false),
    ] {
        let before = stalls.len();
        detectors.tick(at(now), at(last_event), &mut stalls);
        assert_eq!(stalls.len() > before, raised, "{name}");
    }
    assert!(
        stalls
            .iter()
            .all(|alert| alert.severity == Severity::Critical)
    );
    assert_eq!(
        stalls[0].title,
        format!("no event for 30 s, the last at {}", at(0))
    );
    assert_eq!(detectors.suppressed(AlertKind::FeedStalled), 0);
}

#[test]
fn drifting_scores_are_raised_for_their_model() {
    let steady = |n: i64| {
        scored(
            edit(n * 100, "Ann", "P", n),
            f64::from(n as i32 % 100) / 200.0,
            "low",
        )
    };
    let risen = |n: i64| {
        scored(
            edit(n * 100, "Ann", "P", n),
            0.5 + f64::from(n as i32 % 100) / 250.0,
            "low",
        )
    };
    let mut detectors = detectors();
    let is_drift = |alert: &Alert| alert.kind() == AlertKind::ScoreDrift;
    let before: Vec<_> = (0..2_000).map(steady).collect();
    assert!(!alerts_of(&mut detectors, &before).iter().any(is_drift));
    let after: Vec<_> = (2_000..3_000).map(risen).collect();
    let alerts = alerts_of(&mut detectors, &after);
    let drift = alerts
        .iter()
        .find(|alert| is_drift(alert))
        .expect("a drift");
    assert_eq!(
        (drift.subject.as_str(), &drift.wiki),
        ("edit-risk/1", &None)
    );
    let Anomaly::ScoreDrift { psi, scores, .. } = &drift.anomaly else {
        panic!("{drift:?}")
    };
    assert!(*psi > 0.25 && *scores == 100, "{drift:?}");
}

#[test]
fn alerts_beyond_the_rate_are_counted_not_raised() {
    let mut detectors = Detectors::new(AlertRules {
        max_per_minute: 10,
        ..rules()
    })
    .expect("sound rules");
    let edits: Vec<_> = (0..100)
        .map(|n| scored(edit(n / 10, "", "P", n), 0.9, "high"))
        .collect();
    let raised = alerts_of(&mut detectors, &edits);
    let risky = raised
        .iter()
        .filter(|a| a.kind() == AlertKind::HighRiskEdit)
        .count();
    assert_eq!(
        (risky, detectors.suppressed(AlertKind::HighRiskEdit)),
        (10, 90)
    );
    assert_eq!(detectors.suppressed(AlertKind::EditWar), 0);
}

#[test]
fn rules_that_cannot_work_are_refused_by_name() {
    type Break = fn(&mut AlertRules);
    let broken: [(&str, Break); 8] = [
        ("burst_edits", |r| r.burst_edits = 1),
        ("war_reverts", |r| r.war_reverts = u32::MAX),
        ("max_per_minute", |r| r.max_per_minute = 0),
        ("burst_window", |r| r.burst_window_ms = 0),
        ("cooldown", |r| r.cooldown_ms = i64::MAX),
        ("high_risk_score", |r| r.high_risk_score = f64::NAN),
        ("drift_psi", |r| r.drift_psi = 0.0),
        ("drift_window", |r| r.drift_window = 5),
    ];
    for (rule, break_it) in broken {
        let mut rules = rules();
        break_it(&mut rules);
        let error = Detectors::new(rules).expect_err(rule);
        assert_eq!(error.rule, rule);
        assert!(error.to_string().starts_with(rule), "{error}");
    }
}
