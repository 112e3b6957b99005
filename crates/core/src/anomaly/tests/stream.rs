//! Properties of any stream of edits: bounded memory, and the same alerts each time.

use super::*;
use proptest::prelude::*;

/// An attack on memory: distinct users, pages and summaries at full speed, each once or twice.
#[test]
fn memory_stays_bounded_under_ten_million_users() {
    let mut detectors = detectors();
    let rules = rules();
    for n in 0..10_000_000_u64 {
        detectors.burst.observe(xxh3_64(&n.to_le_bytes()), n as i64);
    }
    assert!(detectors.burst.tracked() <= 2 * (1 << 19) / rules.burst_edits as usize);
    let mut alerts = Vec::new();
    let mut edit = reverting(scored(edit(0, "", "", 0), 0.9, "high"));
    for n in 0..300_000 {
        edit.edit.user = Some(Text::from(format!("u{n}")));
        edit.edit.page_title = Text::from(format!("p{n}"));
        edit.edit.rev_id = Some(n);
        detectors.observe(&edit, at(0), &mut alerts);
    }
    assert!(detectors.war.tracked() <= 2 * ((1 << 18) / rules.war_reverts as usize + (1 << 15)));
    assert!(detectors.feed.remembered() <= 2 * 16_384 * AlertKind::ALL.len());
    assert_eq!(alerts.len(), rules.max_per_minute as usize);
}

/// Edits of few users and pages, so that several rules apply; times out of order and some absurd.
fn any_edit() -> impl Strategy<Value = ClassifiedEdit<'static>> {
    let time = prop_oneof![
        20 => 0..300_i64,
        1 => Just(-90_000_i64),
        1 => Just(200_000_000_000_i64),
    ];
    let sizes = prop::option::of(prop::sample::select(vec![(10, 500), (500, 10)]));
    (
        time,
        0..4_u8,
        0..3_u8,
        any::<i64>(),
        any::<bool>(),
        0..=64_u8,
        sizes,
    )
        .prop_map(|(seconds, user, page, rev_id, reverts, score, sizes)| {
            let made = edit(seconds, &format!("u{user}"), &format!("p{page}"), rev_id);
            // Sixty-fourths: JSON keeps every digit of them.
            let score = f64::from(score) / 64.0;
            let made = scored(made, score, if score > 0.7 { "high" } else { "low" });
            let made = if reverts { reverting(made) } else { made };
            match sizes {
                Some((old, new)) => sized(made, old, new),
                None => made,
            }
        })
}

proptest! {
    #[test]
    fn the_same_edits_raise_the_same_alerts_also_after_warming(
        edits in prop::collection::vec(any_edit(), 0..300),
        split in 0..300_usize,
    ) {
        let split = split.min(edits.len());
        let whole = alerts_of(&mut detectors(), &edits);
        prop_assert_eq!(&alerts_of(&mut detectors(), &edits), &whole);

        let mut split_run = detectors();
        let mut alerts = alerts_of(&mut split_run, &edits[..split]);
        let before = alerts.len();
        alerts.extend(alerts_of(&mut split_run, &edits[split..]));
        prop_assert_eq!(&alerts, &whole);

        let mut warmed = detectors();
        edits[..split].iter().for_each(|edit| warmed.warm(edit));
        prop_assert_eq!(AlertKind::ALL.map(|kind| warmed.suppressed(kind)), [0; 5]);
        prop_assert_eq!(&alerts_of(&mut warmed, &edits[split..])[..], &whole[before..]);
    }

    #[test]
    fn alerts_survive_json_and_have_ids_of_their_own(
        edits in prop::collection::vec(any_edit(), 0..200),
    ) {
        let alerts = alerts_of(&mut detectors(), &edits);
        for alert in &alerts {
            let json = serde_json::to_string(alert).expect("JSON");
            let read: Alert = serde_json::from_str(&json).expect("an alert");
            prop_assert_eq!(&read, alert);
            prop_assert_eq!(alert.alert_id.len(), 32);
        }
        let mut keys: Vec<_> = alerts.iter().map(|a| (a.kind().name(), &a.subject, a.event_time)).collect();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), alerts.len());
    }
}
