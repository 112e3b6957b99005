//! Random histories, in any order.

use super::*;
use proptest::prelude::*;

fn event() -> impl Strategy<Value = PageEvent> {
    const USERS: [&str; 4] = ["A", "B", "192.0.2.1", "Tidybot"];
    (1..40_i64, 0..4_usize, 0..60_i64, 0..9_u8, 1..5_i64).prop_map(
        |(rev, user, minute, what, back)| {
            let user = USERS[user];
            let minute = rev * 70 + minute;
            match what {
                0..3 => edit(rev, rev - 1, user, minute),
                3 | 4 => undo(rev, rev - 1, user, minute, (rev - back).max(1)),
                5 => rollback(rev, rev - 1, user, minute, USERS[back as usize % 4]),
                6 => PageEvent::Tags(rev, minute, REVERTED),
                7 => PageEvent::Tags(rev, minute, ROLLBACK),
                _ => PageEvent::Range(rev, rev - 1, user, minute, ((rev - back).max(1), rev - 1)),
            }
        },
    )
}

proptest! {
    #[test]
    fn labels_of_any_history_are_in_order_and_in_range(
        steps in prop::collection::vec(event(), 1..120),
        max_edits in 3..60_usize,
    ) {
        let settings = LabelerSettings { max_edits, ..LabelerSettings::default() };
        let (mut labeler, mut labels) = (Labeler::new(settings), Vec::new());
        for step in &steps {
            feed(&mut labeler, step, &mut labels);
        }
        // An edit that was dropped and comes again counts its labels from 0.
        if labeler.counters().dropped == 0 {
            last(&labels);
        }
        for label in &labels {
            prop_assert!(label.reverting_rev_id.is_none_or(|by| by > label.rev_id));
            prop_assert!((0..=48 * 3_600).contains(&label.delay_seconds));
        }
    }

    #[test]
    fn the_order_of_events_does_not_matter_within_the_hold_time(
        history in Just(()).prop_flat_map(|()| prop::collection::vec((0..3_usize, 0..6_u8, 1..4_i64), 2..12)),
        seed in any::<u64>(),
    ) {
        const USERS: [&str; 3] = ["A", "B", "C"];
        let mut steps: Vec<PageEvent> = Vec::new();
        for (n, (user, what, back)) in history.iter().enumerate() {
            let rev = n as i64 + 1;
            let user = USERS[*user];
            steps.push(match what {
                0..3 => edit(rev, rev - 1, user, 0),
                3 | 4 => undo(rev, rev - 1, user, 0, (rev - back).max(1)),
                _ => rollback(rev, rev - 1, user, 0, USERS[*back as usize % 3]),
            });
        }
        let expected = run(&steps);
        let mut shuffled = steps.clone();
        let mut state = seed | 1;
        for n in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(n, (state >> 33) as usize % (n + 1));
        }
        let got = run(&shuffled);
        // A label that is taken back in one order may never be given in another.
        let standing = |labels: &[Label]| -> Vec<Expected> {
            last(labels)
                .values()
                .filter(|label| label.kind != Kind::Restored)
                .map(|label| (label.rev_id, label.kind, label.source, label.reverting_rev_id))
                .collect()
        };
        prop_assert_eq!(standing(&got), standing(&expected));
    }
}
