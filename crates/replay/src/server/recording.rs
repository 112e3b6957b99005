//! The recording as it is served: every event with its topic, offset, time and payload, fixed
//! once at the start, so that offsets are the same on every connection.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use uuid::Uuid;
use wikisentry_core::simulated::masked;
use wikisentry_core::time::EventTime;

use super::chance::Chance;
use super::faults::Fault;
use super::noise;
use super::options::ReplayOptions;
use super::template::{self, EventMeta, Piece};
use crate::source::{ReplaySource, line_at};
use wikisentry_core::stream::{DATA_CENTRES, RECENTCHANGE, own_name};

/// Events ready to be served. A position counts all of them over all rounds, from 0.
#[derive(Debug)]
pub struct Recording {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    entries: Vec<Entry>,
    topics: Vec<ServedTopic>,
    rounds: u64,
    gaps: u64,
    first_offset: u64,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub topic: usize,
    /// Offset within a round, from 0.
    step: u64,
    /// `meta.dt`, else that of the event before.
    pub time: Option<EventTime>,
    pieces: Range<usize>,
    is_canary: bool,
}

#[derive(Debug)]
pub(super) struct ServedTopic {
    pub name: String,
    pub stream: String,
    /// Offsets that a round takes, gaps included.
    span: u64,
    /// Places in the `entries` of the recording.
    entries: Vec<usize>,
}

/// An event as every client must get it in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedEvent<'a> {
    /// The source topic, e.g. `eqiad.mediawiki.recentchange`.
    pub topic: &'a str,
    /// The offset in that topic.
    pub offset: u64,
    /// The payload, with `meta` rewritten.
    pub payload: Vec<u8>,
}

/// One playing of the recording.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    pub number: u64,
    id_mask: u128,
}

impl Round {
    pub(super) fn new(number: u64) -> Self {
        // Version and variant stay, so that a UUID remains one of its kind.
        const KEPT: u128 = (0xf << 76) | (0x3 << 62);
        let mask = ChaCha8Rng::seed_from_u64(number).random::<u128>() & !KEPT;
        Self {
            number,
            id_mask: if number == 0 { 0 } else { mask },
        }
    }
}

impl Recording {
    /// Reads the lines and fixes offsets, gaps and canaries by the seed.
    pub fn new(source: ReplaySource, options: &ReplayOptions) -> Self {
        let mut recording = Self {
            bytes: source.into_bytes(),
            pieces: Vec::new(),
            entries: Vec::new(),
            topics: Vec::new(),
            rounds: u64::from(options.repeat.get()),
            gaps: 0,
            first_offset: options.first_offset,
        };
        let mut chance = Chance::new(options.seed, 0);
        let recorded = recording.bytes.len();
        let (mut number, mut start) = (0, 0);
        while let Some(line) = line_at(&recording.bytes[..recorded], start) {
            chance.turn_to(number);
            (number, start) = (number + 1, line.end + 1);
            let gap = chance.strikes(&options.faults, Fault::Gap);
            let skipped = chance.within(1..=10);
            let canary = chance.strikes(&options.faults, Fault::Canary);
            let mut dice = chance.offshoot();

            let (facts, pieces) = recording.cut(line);
            let topic = recording.topic_of(&facts);
            let time = facts
                .time
                .or_else(|| recording.entries.last().and_then(|e| e.time));
            if gap {
                recording.topics[topic].span += skipped;
                recording.gaps += 1;
            }
            if canary {
                let stream = &recording.topics[topic].stream;
                let text = noise::canary(stream, facts.schema.as_deref(), time, &mut dice);
                let start = recording.bytes.len();
                recording.bytes.extend(text.as_bytes());
                let (_, pieces) = recording.cut(start..start + text.len());
                recording.push(topic, time, pieces, true);
            }
            recording.push(topic, time, pieces, false);
        }
        recording
    }

    fn cut(&mut self, line: Range<usize>) -> (EventMeta, Range<usize>) {
        let start = self.pieces.len();
        let facts = template::cut(&self.bytes, line, &mut self.pieces);
        (facts, start..self.pieces.len())
    }

    fn push(
        &mut self,
        topic: usize,
        time: Option<EventTime>,
        pieces: Range<usize>,
        is_canary: bool,
    ) {
        let number = self.entries.len();
        let ServedTopic { span, entries, .. } = &mut self.topics[topic];
        entries.push(number);
        self.entries.push(Entry {
            topic,
            step: *span,
            time,
            pieces,
            is_canary,
        });
        *span += 1;
    }

    fn topic_of(&mut self, facts: &EventMeta) -> usize {
        let (centre, named) = match facts.topic.as_deref() {
            Some(topic) => match topic.split_once('.') {
                Some((centre, stream)) if DATA_CENTRES.contains(&centre) => (centre, Some(stream)),
                _ => (DATA_CENTRES[0], Some(topic)),
            },
            None => (DATA_CENTRES[0], None),
        };
        let stream = match facts.stream.as_deref().or(named) {
            // Events that do not name theirs.
            None | Some("") => RECENTCHANGE,
            Some(stream) => own_name(stream),
        };
        let is_it = |t: &ServedTopic| t.stream == stream && t.name.starts_with(centre);
        self.topics.iter().position(is_it).unwrap_or_else(|| {
            let (name, stream) = (format!("{centre}.{stream}"), stream.to_owned());
            self.topics.push(ServedTopic {
                name,
                stream,
                span: 0,
                entries: Vec::new(),
            });
            self.topics.len() - 1
        })
    }

    /// Events by stream over all rounds, canaries not counted. Streams have their own names,
    /// e.g. `mediawiki.recentchange`.
    pub fn events_by_stream(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for entry in self.entries.iter().filter(|e| !e.is_canary) {
            *counts
                .entry(self.topics[entry.topic].stream.as_str())
                .or_default() += self.rounds;
        }
        counts
    }

    /// For each topic the offset after its last event: where a client's bookmark ends up.
    pub fn end_offsets(&self) -> BTreeMap<&str, u64> {
        let topics = self.topics.iter().enumerate();
        topics
            .map(|(number, topic)| (topic.name.as_str(), self.end_offset(number)))
            .collect()
    }

    /// Every recorded event in order, as a client must get it: no canaries, no faults.
    pub fn expected(&self) -> impl Iterator<Item = ExpectedEvent<'_>> {
        (0..self.len())
            .filter(|&position| !self.is_canary(position))
            .map(|position| {
                let (round, _) = self.locate(position);
                let mut payload = Vec::new();
                self.write_payload(position, &Round::new(round), b"\n", &mut payload);
                let topic = &self.topics[self.entry(position).topic].name;
                ExpectedEvent {
                    topic,
                    offset: self.offset_at(position),
                    payload,
                }
            })
    }

    /// Places where offsets are skipped, over all rounds.
    pub(super) fn gaps(&self) -> u64 {
        self.gaps * self.rounds
    }

    pub(super) fn topics(&self) -> &[ServedTopic] {
        &self.topics
    }

    /// Positions over all rounds.
    pub(super) fn len(&self) -> u64 {
        self.entries.len() as u64 * self.rounds
    }

    fn locate(&self, position: u64) -> (u64, &Entry) {
        let per_round = self.entries.len() as u64;
        (
            position / per_round,
            &self.entries[(position % per_round) as usize],
        )
    }

    pub(super) fn round_at(&self, position: u64) -> u64 {
        self.locate(position).0
    }

    pub(super) fn entry(&self, position: u64) -> &Entry {
        self.locate(position).1
    }

    pub(super) fn is_canary(&self, position: u64) -> bool {
        self.entry(position).is_canary
    }

    pub(super) fn offset_at(&self, position: u64) -> u64 {
        let (round, entry) = self.locate(position);
        self.first_offset + round * self.topics[entry.topic].span + entry.step
    }

    pub(super) fn first_offset(&self) -> u64 {
        self.first_offset
    }

    pub(super) fn end_offset(&self, topic: usize) -> u64 {
        self.first_offset + self.rounds * self.topics[topic].span
    }

    /// The first position of the topic with this offset or a later one; the end if there is none.
    pub(super) fn seek_offset(&self, topic: usize, offset: u64) -> u64 {
        let ServedTopic { span, entries, .. } = &self.topics[topic];
        let steps = offset.saturating_sub(self.first_offset);
        let round = steps / span;
        if round >= self.rounds {
            return self.len();
        }
        let before = entries.partition_point(|&e| self.entries[e].step < steps % span);
        // A step exists for every remainder: the last entry of a round takes its last offset.
        round * self.entries.len() as u64 + entries[before] as u64
    }

    /// The offset of the topic's first event at or after a time; its end if there is none.
    pub(super) fn seek_time(&self, topic: usize, time: EventTime) -> u64 {
        let mut entries = self.topics[topic].entries.iter();
        entries
            .find(|&&e| self.entries[e].time.is_some_and(|t| t >= time))
            .map_or(self.end_offset(topic), |&e| {
                self.first_offset + self.entries[e].step
            })
    }

    /// The time of the topic's last event before an offset, if there is one.
    pub(super) fn time_before(&self, topic: usize, offset: u64) -> Option<EventTime> {
        let ServedTopic { span, entries, .. } = &self.topics[topic];
        let steps = offset.checked_sub(self.first_offset)?;
        let before = entries.partition_point(|&e| self.entries[e].step < steps % span);
        // None in this round: the last of the round before, if this is not the first.
        let place = before
            .checked_sub(1)
            .or((steps >= *span).then(|| entries.len() - 1))?;
        self.entries[entries[place]].time
    }

    /// Appends the payload. `line_break` stands where the recording has a carriage return.
    pub(super) fn write_payload(
        &self,
        position: u64,
        round: &Round,
        line_break: &[u8],
        out: &mut Vec<u8>,
    ) {
        let (_, entry) = self.locate(position);
        for piece in &self.pieces[entry.pieces.clone()] {
            match *piece {
                Piece::Recorded { from, to } => out.extend_from_slice(&self.bytes[from..to]),
                Piece::LineBreak => out.extend_from_slice(line_break),
                Piece::Inserted(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Topic => out.extend_from_slice(self.topics[entry.topic].name.as_bytes()),
                Piece::Offset => write_text(self.offset_at(position), out),
                Piece::Id { from, to } => write_id(&self.bytes[from..to], round, out),
            }
        }
    }
}

pub(super) fn write_text(text: impl std::fmt::Display, out: &mut Vec<u8>) {
    write!(out, "{text}").expect("writing into memory does not fail");
}

fn write_id(quoted: &[u8], round: &Round, out: &mut Vec<u8>) {
    let id = &quoted[1..quoted.len() - 1];
    if round.number == 0 {
        out.extend_from_slice(quoted);
    } else if let Ok(uuid) = Uuid::try_parse_ascii(id) {
        // Exclusive-or keeps different ids different, and the same id the same.
        let id = Uuid::from_u128(masked(uuid.as_u128(), round.id_mask));
        write_text(format_args!("\"{id}\""), out);
    } else {
        out.extend_from_slice(&quoted[..quoted.len() - 1]);
        write_text(format_args!("-{}\"", round.number), out);
    }
}
