//! A wrong date moves no window, no cooldown and no rate ahead of the edits that follow.

use super::*;

/// The same edit, which says that it happened then.
fn dated(mut edit: ClassifiedEdit<'static>, stated: &str) -> ClassifiedEdit<'static> {
    edit.edit.event_time = EventTime::parse(stated).expect("a time");
    edit
}

const AHEAD: [&str; 2] = ["2031-05-01T00:00:00Z", "9999-01-01T00:00:00Z"];

#[test]
fn a_burst_is_found_right_after_an_edit_dated_ahead() {
    for stated in AHEAD {
        let edits = [
            dated(edit(0, "A", "P", 1), stated),
            edit(1, "A", "P", 2),
            edit(2, "A", "P", 3),
        ];
        let found = kinds_and_subjects(&edits);
        assert_eq!(found, [(AlertKind::EditBurst, "enwiki:A".to_owned())]);
    }
}

#[test]
fn a_war_is_found_right_after_a_revert_dated_ahead() {
    for stated in AHEAD {
        let edits = [
            dated(reverting(edit(0, "A", "P", 1)), stated),
            reverting(edit(20, "B", "P", 2)),
            reverting(edit(40, "A", "P", 3)),
        ];
        let found = kinds_and_subjects(&edits);
        assert_eq!(found, [(AlertKind::EditWar, "enwiki:P".to_owned())]);
    }
}

#[test]
fn an_alert_of_an_edit_dated_ahead_holds_no_other_back() {
    for stated in AHEAD {
        let mut detectors = Detectors::new(AlertRules {
            max_per_minute: 1,
            ..rules()
        })
        .expect("sound rules");
        let risky = |seconds: i64, number: i64| {
            let by = format!("{number}");
            scored(edit(seconds, &by, "P", number), 0.9, "high")
        };
        let edits = [
            dated(risky(0, 1), stated),
            risky(1, 2),
            risky(61, 3),
            risky(122, 4),
        ];
        let raised = alerts_of(&mut detectors, &edits);
        let revisions: Vec<_> = raised.iter().map(|alert| alert.subject.as_str()).collect();
        assert_eq!(revisions, ["enwiki:1", "enwiki:3", "enwiki:4"]);
        // It says when it came, not when it said it was.
        assert_eq!(raised[0].event_time, at(0));
    }
}
