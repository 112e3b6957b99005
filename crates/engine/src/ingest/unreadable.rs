//! The share of dead letters among the last events: a few are odd events, more of them mean that the feed
//! is not what it is taken for.

use std::collections::VecDeque;

/// Events that are looked back on.
const WINDOW: usize = 1_000;

const ENOUGH: usize = 100;

/// Of all recorded events none is unreadable; one in twenty is no accident.
const TOLERATED: f64 = 0.05;

#[derive(Debug, Default)]
pub(super) struct Unreadable {
    /// Whether each of the last events became a dead letter.
    last: VecDeque<bool>,
    dead: usize,
    /// Why the last dead letter became one.
    reason: String,
}

/// Too many dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableShare {
    pub dead: usize,
    /// The events that they are among, the last ones.
    pub events: usize,
    /// Why the last of them could not be read.
    pub reason: String,
}

impl Unreadable {
    pub fn count(&mut self, reason: Option<&str>) {
        if self.last.len() == WINDOW && self.last.pop_front() == Some(true) {
            self.dead -= 1;
        }
        self.last.push_back(reason.is_some());
        if let Some(reason) = reason {
            self.dead += 1;
            reason.clone_into(&mut self.reason);
        }
    }

    /// The share, if it is too large.
    pub fn share(&self) -> Option<UnreadableShare> {
        let events = self.last.len();
        let is_large = events >= ENOUGH && self.dead as f64 > TOLERATED * events as f64;
        is_large.then(|| UnreadableShare {
            dead: self.dead,
            events,
            reason: self.reason.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_twentieth_of_the_last_thousand_is_too_much() {
        let mut unreadable = Unreadable::default();
        for _ in 0..ENOUGH - 1 {
            unreadable.count(Some("no JSON"));
            assert_eq!(unreadable.share(), None);
        }
        unreadable.count(Some("not JSON"));
        let share = unreadable.share().unwrap();
        assert_eq!(
            (share.dead, share.events, share.reason.as_str()),
            (100, 100, "not JSON")
        );
        // 100 of 2,000, but 50 of the last 1,000 at most once these are read.
        for _ in 0..WINDOW - 50 {
            unreadable.count(None);
        }
        assert_eq!(unreadable.share(), None);
        for _ in 0..WINDOW {
            unreadable.count(None);
        }
        assert_eq!((unreadable.dead, unreadable.last.len()), (0, WINDOW));
        for _ in 0..51 {
            assert_eq!(unreadable.share(), None);
            unreadable.count(Some("again"));
        }
        assert_eq!(unreadable.share().map(|share| share.dead), Some(51));
    }
}
