//! Keeps what belongs together on one side of a boundary between parts: an edit war that goes on
//! across it would be learnt from on one side and asked for on the other.

use super::split::Split;
use rustc_hash::FxHashSet;
use wikisentry_core::time::EventTime;
use xxhash_rust::xxh3::xxh3_64;

/// Edits of a page within so long on both sides of a boundary count as one war, in milliseconds.
const WAR_MS: i64 = 24 * 3_600_000;

/// The pages edited shortly before each boundary.
#[derive(Debug)]
pub(super) struct Sides {
    boundaries: [(i64, FxHashSet<u64>); 2],
}

impl Sides {
    pub(super) fn of(split: &Split) -> Self {
        let boundary = |at: EventTime| (at.as_millis(), FxHashSet::default());
        Self {
            boundaries: [boundary(split.calibrate_from), boundary(split.test_from)],
        }
    }

    /// Whether an edit belongs with edits on the other side of a boundary before it. Edits come in
    /// the order of their hours; those before a boundary come before those after it.
    pub(super) fn is_torn(&mut self, wiki: &str, page_title: &str, time: EventTime) -> bool {
        let time = time.as_millis();
        let mut page = None;
        let mut is_torn = false;
        for (boundary, pages) in &mut self.boundaries {
            if (time - *boundary).abs() >= WAR_MS {
                continue;
            }
            let page = *page.get_or_insert_with(|| {
                xxh3_64(page_title.as_bytes()) ^ xxh3_64(wiki.as_bytes()).rotate_left(1)
            });
            if time < *boundary {
                pages.insert(page);
            } else {
                is_torn |= pages.contains(&page);
            }
        }
        is_torn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_edited_on_both_sides_within_a_day_is_torn_and_others_are_not() {
        let hours = |hours: i64| EventTime::from_millis(hours * 3_600_000).unwrap();
        let mut sides = Sides::of(&Split {
            train_from: hours(0),
            calibrate_from: hours(100),
            test_from: hours(200),
            young_from: hours(300),
        });
        assert!(!sides.is_torn("enwiki", "A", hours(75)));
        assert!(!sides.is_torn("enwiki", "B", hours(90)));
        assert!(!sides.is_torn("enwiki", "A", hours(101)));
        assert!(sides.is_torn("enwiki", "B", hours(101)));
        assert!(!sides.is_torn("dewiki", "B", hours(101)));
        assert!(!sides.is_torn("enwiki", "B", hours(124)));
        assert!(!sides.is_torn("enwiki", "C", hours(199)));
        assert!(sides.is_torn("enwiki", "C", hours(210)));
    }
}
