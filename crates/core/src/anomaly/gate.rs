//! Limits alerts: at most one about a subject in a cooldown, and a number of each kind in a minute.
//! Both use the time of the events, so that reading the same events again, at any speed, gives the
//! same alerts.

use super::alert::AlertKind;
use super::window::{Recent, restarts};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use xxhash_rust::xxh3::xxh3_64;

const MINUTE_MS: i64 = 60_000;
/// A cooldown is kept so much longer than it lasts, in milliseconds: edits come late.
const LATE_MS: i64 = 3_600_000;
/// Subjects remembered for the cooldown, for each kind and each half of the table.
const SUBJECTS: usize = 16_384;

/// The result for a detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// It becomes an alert.
    Raised,
    /// The subject had an alert within the cooldown.
    Repeated,
    /// The kind had its number of alerts for this minute.
    OverRate,
}

/// The alerts of one kind that were raised.
#[derive(Debug)]
struct KindGate {
    last_raised: Recent<Option<i64>>,
    raised: VecDeque<i64>,
}

/// Decides which detections become alerts.
#[derive(Debug)]
pub(super) struct Gate {
    cooldown_ms: i64,
    max_per_minute: usize,
    kinds: [KindGate; AlertKind::ALL.len()],
}

/// The alerts of one kind, as they are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct KindState {
    /// Hashes of subjects and when each had its last alert, the latest at the end.
    subjects: Vec<(u64, i64)>,
    raised: Vec<i64>,
}

/// What a gate remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct GateState([KindState; AlertKind::ALL.len()]);

impl Gate {
    pub(super) fn new(cooldown_ms: i64, max_per_minute: usize) -> Self {
        Self {
            cooldown_ms,
            max_per_minute,
            kinds: AlertKind::ALL.map(|_| KindGate {
                last_raised: Recent::new(SUBJECTS),
                raised: VecDeque::new(),
            }),
        }
    }

    pub(super) fn pass(&mut self, kind: AlertKind, subject: &str, at: i64) -> Passage {
        let gate = &mut self.kinds[kind as usize];
        let last = gate.last_raised.entry(xxh3_64(subject.as_bytes()));
        let is_repeated = last.is_some_and(|last| {
            at < last.saturating_add(self.cooldown_ms) && !restarts(at, last, self.cooldown_ms)
        });
        if is_repeated {
            return Passage::Repeated;
        }
        if gate
            .raised
            .back()
            .is_some_and(|newest| restarts(at, *newest, MINUTE_MS))
        {
            gate.raised.clear();
        }
        // A late event counts in the newest minute; otherwise old minutes could be filled again.
        let now = gate.raised.back().map_or(at, |newest| at.max(*newest));
        while gate
            .raised
            .front()
            .is_some_and(|at| *at <= now.saturating_sub(MINUTE_MS))
        {
            gate.raised.pop_front();
        }
        if gate.raised.len() >= self.max_per_minute {
            return Passage::OverRate;
        }
        *last = Some(at);
        gate.raised.push_back(now);
        Passage::Raised
    }

    pub(super) fn state(&self) -> GateState {
        GateState(self.kinds.each_ref().map(|gate| {
            let subjects = gate.last_raised.iter();
            let subjects = subjects.filter_map(|(subject, last)| Some((subject, (*last)?)));
            let mut subjects: Vec<(u64, i64)> = subjects.collect();
            let newest = subjects.iter().map(|(_, at)| *at).max().unwrap_or(0);
            let oldest = newest.saturating_sub(self.cooldown_ms + LATE_MS);
            subjects.retain(|(_, at)| *at >= oldest);
            subjects.sort_unstable_by_key(|(subject, at)| (*at, *subject));
            let raised = gate.raised.iter().copied().collect();
            KindState { subjects, raised }
        }))
    }

    pub(super) fn restore(&mut self, GateState(kinds): GateState) {
        for (gate, kept) in self.kinds.iter_mut().zip(kinds) {
            for (subject, at) in kept.subjects {
                *gate.last_raised.entry(subject) = Some(at);
            }
            gate.raised = kept.raised.into();
            gate.raised.make_contiguous().sort_unstable();
        }
    }

    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        let subjects = self.kinds.iter().map(|gate| gate.last_raised.len());
        subjects.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Passage::{OverRate, Raised, Repeated};

    const KIND: AlertKind = AlertKind::EditBurst;

    #[test]
    fn a_subject_passes_once_in_a_cooldown() {
        let mut gate = Gate::new(1_000, 100);
        for (subject, at, passage) in [
            ("a", 0, Raised),
            ("a", 999, Repeated),
            ("b", 999, Raised),
            ("a", 1_000, Raised),
            ("a", 500, Repeated),
            ("a", 1_999, Repeated),
            ("a", i64::MAX, Raised),
            ("a", 2_000, Raised),
        ] {
            assert_eq!(gate.pass(KIND, subject, at), passage, "{subject} at {at}");
        }
        assert_eq!(gate.pass(AlertKind::EditWar, "a", 2_000), Raised);
    }

    #[test]
    fn a_kind_passes_a_limited_number_of_times_in_any_minute() {
        let mut gate = Gate::new(0, 2);
        for (at, passage) in [
            (0, Raised),
            (30_000, Raised),
            (59_999, OverRate),
            (60_000, Raised),
            (89_999, OverRate),
            (10, OverRate),
            (90_000, Raised),
            (i64::MAX, Raised),
            (91_000, Raised),
            (91_001, Raised),
            (91_002, OverRate),
        ] {
            assert_eq!(gate.pass(KIND, &at.to_string(), at), passage, "at {at}");
        }
        assert_eq!(gate.pass(AlertKind::EditWar, "another", 91_003), Raised);
    }

    #[test]
    fn a_subject_over_the_rate_has_no_cooldown() {
        let mut gate = Gate::new(3_600_000, 1);
        assert_eq!(gate.pass(KIND, "a", 0), Raised);
        assert_eq!(gate.pass(KIND, "b", 1), OverRate);
        assert_eq!(gate.pass(KIND, "b", 60_000), Raised);
    }
}
