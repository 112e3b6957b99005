//! The bounded memory of the detectors: the latest moments of one subject, and a table of the latest
//! subjects. Times are those of the events, in milliseconds and in any order.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::mem;

/// No event is late by a day. One that seems to be means that a clock was set back or that an older
/// part of the stream is read, so the memory is of another time.
const NEVER_LATE_MS: i64 = 86_400_000;

/// Whether a time is so far before the newest one that the memory must be cleared.
pub(super) fn restarts(at: i64, newest: i64, window_ms: i64) -> bool {
    at < newest.saturating_sub(window_ms.max(NEVER_LATE_MS))
}

/// The moments of one subject within a sliding window that ends at the newest, in order of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Gaps<T>", from = "Gaps<T>")]
#[serde(bound(
    serialize = "T: Clone + Serialize",
    deserialize = "T: Deserialize<'de>"
))]
pub(super) struct Moments<T> {
    items: VecDeque<(i64, T)>,
}

/// Moments as they are kept: the time of each after the one before it, in milliseconds, which takes two
/// bytes where the time takes six.
#[derive(Serialize, Deserialize)]
struct Gaps<T>(Vec<(i64, T)>);

impl<T> From<Moments<T>> for Gaps<T> {
    fn from(moments: Moments<T>) -> Self {
        let mut before = 0_i64;
        let gaps = moments.items.into_iter().map(|(at, item)| {
            let gap = at.wrapping_sub(before);
            before = at;
            (gap, item)
        });
        Self(gaps.collect())
    }
}

impl<T> From<Gaps<T>> for Moments<T> {
    fn from(Gaps(gaps): Gaps<T>) -> Self {
        let mut at = 0_i64;
        let items = gaps.into_iter().map(|(gap, item)| {
            at = at.wrapping_add(gap);
            (at, item)
        });
        let mut items: VecDeque<(i64, T)> = items.collect();
        // They are in order unless the bytes are damaged, and windows rely on it.
        items.make_contiguous().sort_by_key(|(at, _)| *at);
        Self { items }
    }
}

impl<T> Moments<T> {
    /// Adds a moment, and forgets those outside the window and the oldest beyond `keep`. A moment that
    /// is outside the window when it arrives changes nothing.
    pub(super) fn add(&mut self, at: i64, item: T, window_ms: i64, keep: usize) {
        let newest = match self.items.back() {
            Some((newest, _)) if restarts(at, *newest, window_ms) => {
                self.items.clear();
                at
            }
            Some((newest, _)) => (*newest).max(at),
            None => at,
        };
        let start = newest.saturating_sub(window_ms);
        if at < start {
            return;
        }
        while self.items.front().is_some_and(|(time, _)| *time < start) {
            self.items.pop_front();
        }
        let position = self.items.partition_point(|(time, _)| *time <= at);
        self.items.insert(position, (at, item));
        // More than one if the rules have changed since.
        while self.items.len() > keep {
            self.items.pop_front();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Milliseconds from the oldest to the newest moment.
    pub(super) fn span_ms(&self) -> i64 {
        match (self.items.front(), self.items.back()) {
            (Some((first, _)), Some((last, _))) => last - first,
            _ => 0,
        }
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|(_, item)| item)
    }
}

/// A table of at most `2 × capacity` entries. When the young half is full, the old half is dropped as
/// a whole. So the last `capacity` different keys are always remembered, at the cost of a plain map.
#[derive(Debug)]
pub(super) struct Recent<V> {
    young: FxHashMap<u64, V>,
    old: FxHashMap<u64, V>,
    capacity: usize,
}

impl<V: Default> Recent<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            young: FxHashMap::default(),
            old: FxHashMap::default(),
            capacity: capacity.max(1),
        }
    }

    /// The entry of a key, added if there is none; it becomes the latest one.
    pub(super) fn entry(&mut self, key: u64) -> &mut V {
        if !self.young.contains_key(&key) {
            let value = self.old.remove(&key).unwrap_or_default();
            if self.young.len() >= self.capacity {
                self.old = mem::take(&mut self.young);
            }
            self.young.insert(key, value);
        }
        self.young.entry(key).or_default()
    }

    /// All entries.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &V)> {
        self.young
            .iter()
            .chain(&self.old)
            .map(|(key, value)| (*key, value))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn times(moments: &Moments<()>) -> Vec<i64> {
        moments.items.iter().map(|(at, ())| *at).collect()
    }

    #[test]
    fn windows_keep_what_is_inside_in_order_of_time() {
        const DAY: i64 = NEVER_LATE_MS;
        for (name, added, kept) in [
            ("in order", vec![1, 5, 9], vec![1, 5, 9]),
            ("old ones leave", vec![1, 5, 12], vec![5, 12]),
            ("the edge is inside", vec![1, 11], vec![1, 11]),
            ("out of order", vec![9, 5, 7], vec![5, 7, 9]),
            ("late ones change nothing", vec![50, 12, 51], vec![50, 51]),
            ("no more than kept", vec![1, 2, 3, 4, 5], vec![2, 3, 4, 5]),
            ("clock set back", vec![DAY + 20, 9, 10], vec![9, 10]),
            ("clock set forward", vec![1, i64::MAX], vec![i64::MAX]),
            ("and back again", vec![i64::MAX, 1, 2], vec![1, 2]),
            (
                "before all time",
                vec![i64::MIN, i64::MIN],
                vec![i64::MIN; 2],
            ),
        ] {
            let mut moments = Moments::default();
            for at in added {
                moments.add(at, (), 10, 4);
            }
            assert_eq!(times(&moments), kept, "{name}");
        }
    }

    #[test]
    fn the_latest_keys_are_always_remembered_and_the_table_stays_bounded() {
        let mut table: Recent<u64> = Recent::new(8);
        for key in 0..1_000 {
            *table.entry(key) += 1;
            *table.entry(key.saturating_sub(3)) += 1;
            assert!(table.len() <= 16);
        }
        for key in 993..1_000 {
            assert!(*table.entry(key) >= 1, "{key} was forgotten");
        }
    }

    proptest! {
        #[test]
        fn windows_never_exceed_their_span_nor_their_cap(
            added in prop::collection::vec(prop_oneof![0..2_000_i64, any::<i64>()], 0..200),
            window in 0..500_i64,
            keep in 1..20_usize,
        ) {
            let mut moments = Moments::default();
            for at in added {
                moments.add(at, (), window, keep);
                prop_assert!(moments.len() <= keep);
                prop_assert!(moments.span_ms() <= window);
                prop_assert!(times(&moments).is_sorted());
            }
        }
    }
}
