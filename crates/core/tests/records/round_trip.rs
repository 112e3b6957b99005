//! Records are read back bit for bit as they were written.

use super::generated::{TIMES, classified, edit, time};
use proptest::prelude::*;
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::edit::Edit;
use wikisentry_core::time::EventTime;

proptest! {
    #[test]
    fn an_edit_reads_its_own_json(edit in edit()) {
        let json = serde_json::to_vec(&edit).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Edit<'_>>(&json).unwrap(), edit);
    }

    #[test]
    fn a_classified_edit_reads_its_own_json(classified in classified()) {
        let json = serde_json::to_vec(&classified).unwrap();
        let read = ClassifiedEdit::from_json(&json).unwrap();
        let bits = |edit: &ClassifiedEdit<'_>| edit.classification.score.map(f64::to_bits);
        prop_assert_eq!(bits(&read), bits(&classified));
        prop_assert_eq!(read, classified);
    }

    #[test]
    fn a_time_reads_what_it_writes(time in time()) {
        let written = time.to_string();
        prop_assert_eq!(EventTime::parse(&written), Some(time), "{}", written);
        prop_assert_eq!(written.len(), "2026-09-17T03:42:33.778Z".len());
        prop_assert_eq!(EventTime::from_millis(time.as_millis()), Some(time));
    }

    #[test]
    fn reading_a_time_never_panics(text in any::<String>()) {
        if let Some(time) = EventTime::parse(&text) {
            prop_assert_eq!(EventTime::parse(&time.to_string()), Some(time));
        }
    }
}

#[test]
fn times_outside_the_years_1_to_9999_are_refused() {
    for (millis, written) in [
        (*TIMES.start(), "0001-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (*TIMES.end(), "9999-12-30T21:59:59.999Z"),
    ] {
        assert_eq!(EventTime::from_millis(millis).unwrap().to_string(), written);
    }
    assert_eq!(EventTime::from_millis(TIMES.start() - 1), None);
    assert_eq!(EventTime::from_millis(TIMES.end() + 1), None);
    assert_eq!(EventTime::parse("9999-12-31T23:59:59Z"), None);
}
