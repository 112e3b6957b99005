//! Random records, with every optional field present or absent.

use proptest::option;
use proptest::prelude::*;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::edit::{Edit, EditType};
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// The range of [`EventTime`], in milliseconds.
pub const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_207_199_999;

pub fn time() -> impl Strategy<Value = EventTime> {
    prop_oneof![
        TIMES,
        1_500_000_000_000..2_000_000_000_000_i64,
        Just(*TIMES.start()),
        Just(*TIMES.end()),
    ]
    .prop_map(|millis| EventTime::from_millis(millis).unwrap())
}

fn text() -> impl Strategy<Value = Text<'static>> {
    any::<String>().prop_map(Text::from)
}

fn name() -> impl Strategy<Value = Text<'static>> {
    ".+".prop_map(Text::from)
}

prop_compose! {
    fn identity()(
        meta_id in name(), wiki in name(), page_title in name(), event_time in time(),
        edit_type in prop_oneof![Just(EditType::Edit), Just(EditType::New)],
        user in option::of(name()), is_bot in any::<bool>(), comment in option::of(text()),
        source_topic in option::of(name()),
        user_type in prop::sample::select(&UserType::ALL[..]),
    ) -> Edit<'static> {
        Edit {
            meta_id, wiki, edit_type, rev_id: None, rev_old_id: None, page_id: None, page_title,
            namespace: None, user, user_id: None, user_type, is_bot, is_minor: None,
            is_patrolled: None, comment, length_old: None, length_new: None, event_time,
            user_edit_count: None, user_registered_at: None, user_groups: None,
            page_revision_count: None, source_topic, source_partition: None, source_offset: None,
        }
    }
}

prop_compose! {
    pub fn edit()(
        edit in identity(),
        numbers in prop::array::uniform10(option::of(any::<i64>())),
        flags in prop::array::uniform2(option::of(any::<bool>())),
        user_groups in option::of(prop::collection::vec(text(), 0..4)),
        user_registered_at in option::of(time()),
        source_partition in option::of(any::<i32>()),
    ) -> Edit<'static> {
        let [rev_id, rev_old_id, page_id, namespace, user_id, length_old, length_new,
            user_edit_count, page_revision_count, source_offset] = numbers;
        let [is_minor, is_patrolled] = flags;
        Edit {
            rev_id, rev_old_id, page_id, namespace, user_id, length_old, length_new,
            user_edit_count, page_revision_count, source_offset, is_minor, is_patrolled,
            user_groups, user_registered_at, source_partition, ..edit
        }
    }
}

prop_compose! {
    pub fn classified()(
        edit in edit(),
        // Any finite number, to test that no digit is lost.
        score in option::of(prop_oneof![0.0..=1.0_f64, prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL]),
        class in option::of(text()), model_version in option::of(text()),
        ingest_time in time(), score_time in time(),
    ) -> ClassifiedEdit<'static> {
        let classification = Classification { score, class, model_version, ingest_time, score_time };
        ClassifiedEdit { edit, classification }
    }
}
