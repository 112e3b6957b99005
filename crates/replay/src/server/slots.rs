//! A connection's topics and how far each has come: what it wants, and the `id` of its frames.

use wikisentry_core::time::EventTime;

use super::options::KafkaSse;
use super::recording::{Recording, write_text};
use super::start::Start;
use wikisentry_core::stream::{DATA_CENTRES, PAGE_CHANGE, RECENTCHANGE, TAGS_CHANGE, own_name};

/// Streams that the public service has whether or not the recording holds events of them.
const KNOWN: [&str; 10] = [
    RECENTCHANGE,
    PAGE_CHANGE,
    "mediawiki.page-create",
    "mediawiki.page-delete",
    "mediawiki.page-move",
    "mediawiki.page-undelete",
    "mediawiki.page_revert_risk_prediction_change.v1",
    "mediawiki.revision-create",
    TAGS_CHANGE,
    "mediawiki.revision-visibility-change",
];

/// The topics of the streams that a client asked for.
#[derive(Debug)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// By topic of the recording.
    of_topic: Vec<Option<usize>>,
    /// Whether ids name times in the place of offsets.
    times: bool,
}

#[derive(Debug)]
struct Slot {
    name: String,
    /// The start of its element of the `id`: `{"topic":…,"partition":0,`.
    head: Vec<u8>,
    /// The topic's number, if the recording has events of it.
    topic: Option<usize>,
    start: u64,
    /// The offset after the last event passed.
    next: u64,
    /// The time of the last event passed, on this connection or before it.
    time: Option<EventTime>,
    /// An event was passed on this connection.
    has_sent: bool,
}

impl Slots {
    /// The topics of streams given by name, in the order given. The error is the first name
    /// that is no stream.
    pub(super) fn of_streams<'a>(
        names: impl Iterator<Item = &'a str>,
        recording: &Recording,
    ) -> Result<Self, String> {
        let topics = recording.topics();
        let mut slots = Self {
            slots: Vec::new(),
            of_topic: vec![None; topics.len()],
            times: false,
        };
        let mut seen: Vec<&str> = Vec::new();
        for name in names {
            let stream = own_name(name);
            let is_recorded = topics.iter().any(|topic| topic.stream == stream);
            if !is_recorded && !KNOWN.contains(&stream) {
                return Err(name.to_owned());
            }
            if !seen.contains(&stream) {
                seen.push(stream);
                for centre in DATA_CENTRES {
                    slots.push(format!("{centre}.{stream}"), recording);
                }
            }
        }
        Ok(slots)
    }

    fn push(&mut self, name: String, recording: &Recording) {
        let topic = recording
            .topics()
            .iter()
            .position(|topic| topic.name == name);
        if let Some(topic) = topic {
            self.of_topic[topic] = Some(self.slots.len());
        }
        // Names are safe in JSON: `template` and `KNOWN` see to it.
        let head = format!(r#"{{"topic":"{name}","partition":0,"#).into_bytes();
        self.slots.push(Slot {
            name,
            head,
            topic,
            start: 0,
            next: 0,
            time: None,
            has_sent: false,
        });
    }

    /// Whether no stream was named.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether a topic is of the streams asked for.
    pub(super) fn has(&self, topic: &str) -> bool {
        self.slots.iter().any(|slot| slot.name == topic)
    }

    /// Leaves the other topics out.
    pub(super) fn keep(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.slots.retain(|slot| is_kept(&slot.name));
        self.of_topic.fill(None);
        for (number, slot) in self.slots.iter().enumerate() {
            if let Some(topic) = slot.topic {
                self.of_topic[topic] = Some(number);
            }
        }
    }

    /// Starts each topic where `start_of` says, given its name, else at its first event.
    pub(super) fn start(
        &mut self,
        recording: &Recording,
        kafkasse: KafkaSse,
        start_of: impl Fn(&str) -> Option<Start>,
    ) {
        self.times = kafkasse.times;
        let first = recording.first_offset();
        for slot in &mut self.slots {
            let Some(topic) = slot.topic else { continue };
            let end = recording.end_offset(topic);
            slot.start = match start_of(&slot.name) {
                Some(Start::Offset(offset)) if (first..=end).contains(&offset) => offset,
                Some(Start::Offset(_) | Start::Latest) if kafkasse.latest => end,
                // Offsets that never were are brought into the range that there is.
                Some(Start::Offset(offset)) => offset.min(end),
                Some(Start::Time(time)) => recording.seek_time(topic, time),
                Some(Start::Latest) | None => 0,
            };
            slot.next = slot.start.max(first);
            slot.time = recording.time_before(topic, slot.start);
        }
    }

    /// Where the first event that is wanted lies.
    pub(super) fn first_position(&self, recording: &Recording) -> u64 {
        let starts = self
            .slots
            .iter()
            .filter_map(|slot| Some((slot.topic?, slot.start)));
        let positions = starts.map(|(topic, offset)| recording.seek_offset(topic, offset));
        positions.min().unwrap_or(recording.len())
    }

    /// Whether the event was asked for.
    pub(super) fn wants(&self, recording: &Recording, position: u64) -> bool {
        self.of_topic[recording.entry(position).topic]
            .is_some_and(|slot| recording.offset_at(position) >= self.slots[slot].start)
    }

    /// Notes that the event was sent or held back.
    pub(super) fn pass(&mut self, recording: &Recording, position: u64) {
        if let Some(slot) = self.of_topic[recording.entry(position).topic] {
            let slot = &mut self.slots[slot];
            slot.next = recording.offset_at(position) + 1;
            slot.has_sent = true;
            slot.time = recording.entry(position).time;
        }
    }

    /// Appends a frame's lines up to the data. In the `id`, each topic stands where a client
    /// must resume: after what was sent, but before every event `held` back. A repeated event
    /// has its own place again, as when it was first sent.
    pub(super) fn write_head(
        &self,
        recording: &Recording,
        event: Option<(u64, bool)>,
        held: impl Iterator<Item = u64> + Clone,
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(b"event: message\nid: [");
        for (number, slot) in self.slots.iter().enumerate() {
            if number > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&slot.head);
            let Some(topic) = slot.topic else {
                out.extend_from_slice(b"\"offset\":-1}");
                continue;
            };
            let (mut next, mut time) = (slot.next, slot.time);
            if let Some((position, again)) = event.filter(|e| recording.entry(e.0).topic == topic) {
                time = recording.entry(position).time;
                if again {
                    next = next.min(recording.offset_at(position) + 1);
                }
            }
            // By time it goes on behind the event's millisecond.
            let mut behind = time.map(|time| time.as_millis() + 1);
            for position in held.clone().filter(|&p| recording.entry(p).topic == topic) {
                next = next.min(recording.offset_at(position));
                time = time.min(recording.entry(position).time);
                behind = behind.min(recording.entry(position).time.map(EventTime::as_millis));
            }
            match behind.filter(|_| self.times && slot.has_sent) {
                Some(millis) => write_text(format_args!("\"timestamp\":{millis}"), out),
                None => {
                    write_text(format_args!("\"offset\":{next}"), out);
                    if let Some(time) = time.filter(|_| !self.times) {
                        write_text(format_args!(",\"timestamp\":{}", time.as_millis()), out);
                    }
                }
            }
            out.push(b'}');
        }
        out.extend_from_slice(b"]\ndata: ");
    }
}
