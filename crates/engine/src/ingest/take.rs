//! Turns frames into one transaction: what each of them is, and what becomes of it.

use super::kept::put_bookmark;
use super::{Batch, Ingest};
use crate::counters::{Counters, bump_other};
use crate::hidden;
use crate::log::{LogError, Record, event_id};
use crate::patience::Patience;
use crate::sse::{Event as Sent, Frame, Oversized};
use std::time::Instant;
use wikisentry_core::bookmark::{IdEntry, Position, Seen, is_of_stream};
use wikisentry_core::deadletter::{DeadLetter, PayloadOrigin};
use wikisentry_core::event::{Body, Event, EventError, RedirectTrace};
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;

/// Under this name the redirects that moves left are counted, beside the kinds of other events.
const LEFT_BY_MOVE: &str = "redirect_left_by_move";

/// Of the name of an event that is no message, so much is shown, in bytes.
const NAME_SHOWN: usize = 64;

impl Ingest {
    /// Takes one frame: it ends in a topic, in `deadletter` or in a counter.
    pub(super) fn take(&mut self, frame: Frame, batch: &mut Batch) {
        // An event without data only keeps the connection alive.
        if matches!(&frame, Frame::Event(event) if event.data.is_empty()) {
            return;
        }
        self.redirects.count_frame();
        match frame {
            Frame::Event(sent) if is_message(&sent.name) => self.take_message(sent, batch),
            // The service tells of its own troubles in events of another name.
            Frame::Event(Sent { id, name, data }) => {
                self.count(batch);
                let name = &name[..name.len().min(NAME_SHOWN)];
                let reason = format!("an event named `{}`", String::from_utf8_lossy(name));
                self.dead(reason, &id, &data, data.len() as u64, batch);
            }
            Frame::Oversized(Oversized { id, bytes, prefix }) => {
                self.count(batch);
                let place = Place::of(None, self.entries(&id, batch.now), None, 0);
                self.take_place(&place, None);
                let reason = format!("larger than source.max_event_bytes: {bytes} bytes");
                self.dead(reason, &id, &prefix, bytes as u64, batch);
            }
        }
        self.take_due(batch);
    }

    /// What an id names of the streams that were asked for, not later than `now`. One of another form
    /// says nothing about positions.
    fn entries<'a>(&self, id: &'a [u8], now: EventTime) -> Vec<IdEntry<'a>> {
        let mut entries: Vec<IdEntry<'a>> = serde_json::from_slice(id).unwrap_or_default();
        let streams = &self.options.streams;
        entries.retain(|entry| streams.iter().any(|one| is_of_stream(&entry.topic, one)));
        for entry in &mut entries {
            entry.timestamp = entry.timestamp.map(|time| time.min(now.as_millis()));
        }
        entries
    }

    fn count(&mut self, batch: &mut Batch) {
        self.counters.received += 1;
        batch.frames += 1;
    }

    fn take_message(&mut self, sent: Sent, batch: &mut Batch) {
        let event = match Event::parse(&sent.data) {
            Ok(event) => event,
            Err(error) => {
                self.count(batch);
                let place = Place::of(None, self.entries(&sent.id, batch.now), None, 0);
                self.take_place(&place, None);
                let bytes = sent.data.len() as u64;
                self.dead(error.to_string(), &sent.id, &sent.data, bytes, batch);
                return;
            }
        };
        let wanted = self.options.edits_from_page_change;
        match event.redirect.as_ref().filter(|_| wanted) {
            Some(RedirectTrace::Left(redirect)) => {
                if let Some(creation) = self.redirects.moved(redirect) {
                    self.take_creation(&creation, true, batch);
                }
            }
            Some(RedirectTrace::Created(redirect)) => {
                if self.redirects.is_left(redirect) {
                    return self.take_creation(&sent, true, batch);
                }
                let position = event.position.as_ref();
                let is_kept = position.is_some_and(|at| self.bookmark.stays_before(at));
                if is_kept && self.redirects.may_wait(&sent) {
                    let redirect = redirect.clone();
                    return self.redirects.wait(redirect, sent, Instant::now());
                }
            }
            None => {}
        }
        self.take_event(&sent, &event, false, batch);
    }

    /// Takes the creation of a redirect; one that a move left is only counted.
    pub(super) fn take_creation(&mut self, sent: &Sent, is_left: bool, batch: &mut Batch) {
        // It was read before, so it can be read.
        if let Ok(event) = Event::parse(&sent.data) {
            self.take_event(sent, &event, is_left, batch);
        }
    }

    fn take_event(&mut self, sent: &Sent, event: &Event<'_>, is_left: bool, batch: &mut Batch) {
        self.count(batch);
        let Sent { id, data, .. } = sent;
        let is_ahead = |time: EventTime| time.bounded(batch.now) != time;
        self.counters.ahead += u64::from(event.time.is_some_and(is_ahead));
        // Nothing happened after it arrived: a clock that is ahead must not move the bookmark.
        let time = event.time.map(|time| time.min(batch.now));
        let window = self.options.reorder_window;
        let entries = self.entries(id, batch.now);
        let place = Place::of(event.position.as_ref(), entries, time, window);
        let is_repeated = place
            .taken
            .as_ref()
            .is_some_and(|(position, time)| self.bookmark.has_taken(position, *time));
        let seen = event.id.as_deref().map(|text| {
            let id = event_id(text);
            let is_new = self.dedupe.insert(id) && !is_repeated;
            // A part of it is enough to tell a few events apart.
            Seen {
                id: id as u64,
                is_new,
            }
        });
        self.take_place(&place, seen);
        if seen.is_some() {
            self.unreadable.count(None);
        }
        // A score has the time of its edit, and comes when it is ready.
        if !matches!(event.body, Body::RevertRisk(_)) {
            batch.last_time = event.time.or(batch.last_time);
        }
        if event.body == Body::Canary {
            self.counters.canaries += 1;
            return;
        }
        let Some(seen) = seen else {
            let reason = EventError::Missing { field: "meta.id" }.to_string();
            self.dead(reason, id, data, data.len() as u64, batch);
            return;
        };
        if !seen.is_new {
            self.counters.duplicates += 1;
            return;
        }
        if is_left {
            bump_other(&mut self.counters.other, LEFT_BY_MOVE);
            return;
        }
        if let Some(hiding) = event.hides.clone() {
            self.counters.hidden += 1;
            hidden::put(&mut batch.tx, self.counters.hidden, batch.now, hiding);
        }
        let Some((topic, key)) = self.route(event) else {
            if let Body::Other { kind } = &event.body {
                bump_other(&mut self.counters.other, kind);
            }
            return;
        };
        let record = Record {
            timestamp: batch.now,
            key: key.into_bytes(),
            value: data.to_vec(),
        };
        // A revert is an edit and a fact about others.
        if event.revert.is_some() && topic != Topic::RevisionTags {
            batch.tx.append(Topic::RevisionTags, record.clone());
        }
        batch.tx.append(topic, record);
    }

    /// The topic and key of an event that is kept.
    fn route(&self, event: &Event<'_>) -> Option<(Topic, String)> {
        let topic = event.route()?;
        match &event.body {
            Body::Edit(edit) if event.is_page_change && !self.options.edits_from_page_change => {
                Some((Topic::RevisionTags, edit.key()))
            }
            Body::Edit(edit) => Some((topic, edit.key())),
            Body::LabelFact(change) => Some((topic, change.key())),
            Body::RevertRisk(risk) => Some((topic, risk.key())),
            Body::Canary | Body::Other { .. } => None,
        }
    }

    /// Moves the bookmark, and counts what was found missing.
    fn take_place(&mut self, place: &Place<'_>, seen: Option<Seen>) {
        let window = self.options.reorder_window;
        let gap = match (&place.taken, seen) {
            (Some((position, time)), Some(seen)) => {
                self.bookmark.take_seen(position, *time, seen, window)
            }
            (Some((position, time)), None) => self.bookmark.take(position, *time, window),
            (None, _) => {
                for entry in place
                    .entries
                    .iter()
                    .filter(|entry| entry.offset != Some(-1))
                {
                    let at = entry.timestamp.and_then(EventTime::from_millis);
                    if let Some(at) = at.or(place.time) {
                        self.bookmark.take_time(&entry.topic, entry.partition, at);
                    }
                }
                None
            }
        };
        if let Some(gap) = gap {
            self.counters.gaps += 1;
            tracing::info!(first = gap.first, missing = gap.missing, "gap in the feed");
        }
        self.bookmark.take_id(&place.entries, &self.options.streams);
    }

    fn dead(&mut self, reason: String, id: &[u8], payload: &[u8], bytes: u64, batch: &mut Batch) {
        self.counters.deadletter += 1;
        self.unreadable.count(Some(&reason));
        let origin = PayloadOrigin {
            source: self.options.source.clone(),
            id: (!id.is_empty()).then(|| String::from_utf8_lossy(id).into_owned()),
        };
        let letter = DeadLetter::new(reason, origin, batch.now, payload, bytes);
        let record = Record::json(batch.now, Vec::new(), &letter);
        batch.tx.append(Topic::DeadLetter, record);
    }

    /// Commits the batch, waiting out a full disk. Says `false` when told to stop meanwhile: then
    /// nothing was taken, and the stream will send it again.
    pub(super) fn commit(
        &mut self,
        mut batch: Batch,
        patience: &Patience,
    ) -> Result<bool, LogError> {
        if batch.frames == 0 {
            return Ok(true);
        }
        put_bookmark(&mut batch.tx, &self.options.source, &self.bookmark);
        self.counters.stage(&mut batch.tx);
        self.dedupe.stage(&mut batch.tx);
        if !patience.commit(&self.log, batch.tx)? {
            return Ok(false);
        }
        self.view.send_modify(|view| {
            view.counters = self.counters.clone();
            view.bookmark = self.bookmark.clone();
            view.last_received = Some(batch.now);
            view.unreadable = self.unreadable.share();
            view.lag_ms = batch
                .last_time
                .map(|time| batch.now.as_millis() - time.as_millis());
        });
        Ok(true)
    }
}

fn is_message(name: &[u8]) -> bool {
    name.is_empty() || name == b"message"
}

/// Where a frame stood in its source, as far as it says.
struct Place<'a> {
    /// Its position, and the time to resume at if it was the last.
    taken: Option<(Position<'a>, Option<EventTime>)>,
    /// When it happened, if it says so.
    time: Option<EventTime>,
    /// All that its id names.
    entries: Vec<IdEntry<'a>>,
}

impl<'a> Place<'a> {
    /// The id is the protocol's own word: where it names an offset that the payload contradicts by more
    /// than a window of events that overtake each other, as a relay that renumbers would, the id is
    /// right.
    fn of(
        position: Option<&Position<'a>>,
        entries: Vec<IdEntry<'a>>,
        time: Option<EventTime>,
        window: usize,
    ) -> Self {
        let taken = match position {
            Some(position) => {
                let own = entries.iter().find(|entry| {
                    entry.topic == position.topic && entry.partition == position.partition
                });
                let next = own.and_then(|own| own.offset.filter(|offset| *offset >= 0));
                // The id of an event that overtook others names the first of these.
                let is_near = |next: i64| {
                    let behind = position.offset.saturating_add(1);
                    next.abs_diff(behind) <= window.max(1) as u64
                };
                let offset = match next {
                    Some(next) if !is_near(next) => next - 1,
                    _ => position.offset,
                };
                // An id by time names the first millisecond after the event.
                let by_id = own
                    .filter(|own| own.is_by_time())
                    .and_then(|own| own.timestamp);
                let by_id =
                    by_id.and_then(|millis| EventTime::from_millis(millis.saturating_sub(1)));
                let position = Position {
                    offset,
                    ..position.clone()
                };
                Some((position, by_id.or(time)))
            }
            // Ids by time name offsets of partitions that have sent nothing.
            None if entries.iter().any(IdEntry::is_by_time) => None,
            // Without a position in the payload, the one entry with an offset is the event's own.
            None => entries.iter().find_map(|entry| {
                let next = entry.offset.filter(|offset| *offset > 0)?;
                let position = Position {
                    topic: entry.topic.clone(),
                    partition: entry.partition,
                    offset: next - 1,
                };
                Some((position, time))
            }),
        };
        Self {
            time,
            taken,
            entries,
        }
    }
}
