//! One connection's events in the order in which they are sent, faults included. It writes
//! frames and says when to pause or to cut; it knows nothing of time, HTTP or sockets.

use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

use super::chance::Chance;
use super::counters::SentCounters;
use super::faults::{Fault, Faults};
use super::noise;
use super::recording::{Recording, Round};
use super::slots::Slots;

/// Most events between an event and its repetition.
const DUPLICATE_WITHIN: u64 = 50;
/// Most events by which an event is late.
const REORDER_WITHIN: u64 = 5;

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeliveryStep {
    /// An event was written.
    Event,
    /// Send what is written, then be silent for a while.
    Stall,
    /// Send what is written, then cut the connection; cleanly, or as if the network had failed.
    Cut { cleanly: bool },
    /// Nothing is left to send.
    End,
}

/// An event to be written when its turn has come.
#[derive(Debug, Clone, Copy)]
struct Later {
    /// Counted in events passed.
    due: u64,
    position: u64,
    /// It was sent before.
    again: bool,
}

/// What happens at a position. All of it is drawn at once, before any of it is done.
#[derive(Debug)]
struct Fate {
    position: u64,
    disconnect: Option<bool>,
    truncated: Option<u64>,
    stall: bool,
    garbage: Option<ChaCha8Rng>,
    oversized: bool,
    duplicate: Option<u64>,
    reorder: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Delivery {
    recording: Arc<Recording>,
    counters: Arc<SentCounters>,
    faults: Faults,
    chance: Option<Chance>,
    slots: Slots,
    round: Round,
    /// The next position to look at.
    position: u64,
    /// The first position that is sent: no cut before that.
    first: Option<u64>,
    first_sent: bool,
    /// Events passed, sent or held back.
    passed: u64,
    later: Vec<Later>,
    fate: Option<Fate>,
}

impl Delivery {
    pub(super) fn new(
        recording: Arc<Recording>,
        counters: Arc<SentCounters>,
        faults: Faults,
        chance: Chance,
        slots: Slots,
    ) -> Self {
        let position = slots.first_position(&recording);
        Self {
            chance: faults.in_delivery().then_some(chance),
            round: Round::new(0),
            first: None,
            first_sent: false,
            passed: 0,
            later: Vec::new(),
            fate: None,
            recording,
            counters,
            faults,
            slots,
            position,
        }
    }

    pub(super) fn stall(&self) -> std::time::Duration {
        self.faults.stall
    }

    /// Appends at most one event, and extra frames before it.
    pub(super) fn step(&mut self, out: &mut Vec<u8>) -> DeliveryStep {
        loop {
            let next = self.next_position();
            let due = if next.is_some() {
                self.passed
            } else {
                u64::MAX
            };
            if let Some(later) = self.take_later(due) {
                self.write_event(later.position, later.again, out);
                return DeliveryStep::Event;
            }
            let Some(position) = next else {
                return DeliveryStep::End;
            };
            self.first.get_or_insert(position);
            let Some(mut fate) = self.fate_at(position) else {
                self.pass(position);
                self.write_event(position, false, out);
                return DeliveryStep::Event;
            };
            if std::mem::take(&mut fate.stall) {
                self.counters.count(Fault::Stall);
                self.fate = Some(fate);
                return DeliveryStep::Stall;
            }
            if let Some(cleanly) = fate.disconnect.filter(|_| self.first_sent) {
                self.counters.count(Fault::Disconnect);
                return DeliveryStep::Cut { cleanly };
            }
            if let Some(mut dice) = fate.garbage.take() {
                self.write_noise(Fault::Garbage, &noise::garbage(&mut dice), out);
            }
            if fate.oversized {
                let data = noise::oversized(self.faults.oversized_bytes);
                self.write_noise(Fault::Oversized, &data, out);
            }
            if let Some(place) = fate.truncated.filter(|_| self.first_sent) {
                self.write_torn(position, place, out);
                return DeliveryStep::Cut { cleanly: false };
            }
            self.pass(position);
            if let Some(by) = fate.reorder {
                self.put_off(Fault::Reorder, position, by);
                continue;
            }
            self.write_event(position, false, out);
            if let Some(by) = fate.duplicate {
                self.put_off(Fault::Duplicate, position, by);
            }
            return DeliveryStep::Event;
        }
    }

    /// The next position that the client asked for.
    fn next_position(&mut self) -> Option<u64> {
        while self.position < self.recording.len() {
            if self.slots.wants(&self.recording, self.position) {
                return Some(self.position);
            }
            self.position += 1;
        }
        None
    }

    fn pass(&mut self, position: u64) {
        self.slots.pass(&self.recording, position);
        self.position = position + 1;
        self.passed += 1;
    }

    /// Has an event written after so many others.
    fn put_off(&mut self, fault: Fault, position: u64, by: u64) {
        self.counters.count(fault);
        self.later.push(Later {
            due: self.passed + by,
            position,
            again: fault == Fault::Duplicate,
        });
    }

    /// The event that waits longest of those whose turn has come.
    fn take_later(&mut self, passed: u64) -> Option<Later> {
        let ready = self
            .later
            .iter()
            .enumerate()
            .filter(|(_, later)| later.due <= passed);
        let (place, _) = ready.min_by_key(|(_, later)| later.due)?;
        Some(self.later.remove(place))
    }

    fn fate_at(&mut self, position: u64) -> Option<Fate> {
        let chance = self.chance.as_mut()?;
        if let Some(fate) = self.fate.take_if(|fate| fate.position == position) {
            return Some(fate);
        }
        chance.turn_to(position);
        // Every draw is made whatever came of the others: the order below is part of a seed.
        let mut draw = |fault, most| {
            let strikes = chance.strikes(&self.faults, fault);
            let value = chance.within(0..=most);
            strikes.then_some(value)
        };
        let disconnect = draw(Fault::Disconnect, 1);
        let truncated = draw(Fault::Truncated, u64::MAX);
        let stall = draw(Fault::Stall, 0);
        let garbage = draw(Fault::Garbage, 0);
        let oversized = draw(Fault::Oversized, 0);
        let duplicate = draw(Fault::Duplicate, DUPLICATE_WITHIN);
        let reorder = draw(Fault::Reorder, REORDER_WITHIN - 1);
        Some(Fate {
            position,
            disconnect: disconnect.map(|side| side == 0),
            truncated,
            stall: stall.is_some(),
            garbage: garbage.map(|_| chance.offshoot()),
            oversized: oversized.is_some(),
            duplicate,
            reorder: reorder.map(|by| by + 1),
        })
    }

    fn write_event(&mut self, position: u64, again: bool, out: &mut Vec<u8>) {
        self.write_frame(position, again, out);
        self.first_sent |= self.first == Some(position);
        let topic = self.recording.entry(position).topic;
        self.counters
            .sent(topic, self.recording.offset_at(position));
        if self.recording.is_canary(position) {
            self.counters.count(Fault::Canary);
        }
    }

    fn write_frame(&mut self, position: u64, again: bool, out: &mut Vec<u8>) {
        let round = self.recording.round_at(position);
        if round != self.round.number {
            self.round = Round::new(round);
        }
        self.slots
            .write_head(&self.recording, Some((position, again)), self.held(), out);
        self.recording
            .write_payload(position, &self.round, b"\ndata: ", out);
        out.extend_from_slice(b"\n\n");
    }

    fn write_noise(&mut self, fault: Fault, data: &[u8], out: &mut Vec<u8>) {
        self.counters.count(fault);
        self.slots
            .write_head(&self.recording, None, self.held(), out);
        out.extend_from_slice(data);
        out.extend_from_slice(b"\n\n");
    }

    /// The positions of events that are late.
    fn held(&self) -> impl Iterator<Item = u64> + Clone {
        let late = self.later.iter().filter(|later| !later.again);
        late.map(|later| later.position)
    }

    /// Part of a frame: at least its first byte, and never the line end that would complete it.
    fn write_torn(&mut self, position: u64, place: u64, out: &mut Vec<u8>) {
        self.counters.count(Fault::Truncated);
        let start = out.len();
        self.write_frame(position, false, out);
        let most = (out.len() - start - 1) as u64;
        out.truncate(start + 1 + (place % most) as usize);
    }
}
