//! Turns frames into one transaction: what each of them is, and what becomes of it.

use super::deadletter::{DeadLetter, PayloadOrigin};
use super::kept::put_bookmark;
use super::{Batch, Ingest};
use crate::counters::{Counters, bump};
use crate::log::{LogError, Record, event_id};
use crate::patience::Patience;
use crate::sse::{Event as Sent, Frame, Oversized};
use wikisentry_core::bookmark::{IdEntry, Position};
use wikisentry_core::event::{Body, Event};
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;

impl Ingest {
    /// Takes one frame: it ends in a topic, in `deadletter` or in a counter.
    pub(super) fn take(&mut self, frame: Frame, batch: &mut Batch) {
        self.counters.received += 1;
        batch.frames += 1;
        match frame {
            Frame::Event(Sent { id, name, data }) if is_message(&name) => {
                self.take_event(&id, &data, batch);
            }
            // The service tells of its own troubles in events of another name.
            Frame::Event(Sent { id, name, data }) => {
                let reason = format!("an event named `{}`", String::from_utf8_lossy(&name));
                self.dead(reason, &id, &data, data.len() as u64, batch);
            }
            Frame::Oversized(Oversized { id, bytes, prefix }) => {
                self.take_position(None, &id, None);
                let reason = format!("larger than source.max_event_bytes: {bytes} bytes");
                self.dead(reason, &id, &prefix, bytes as u64, batch);
            }
        }
    }

    fn take_event(&mut self, id: &[u8], data: &[u8], batch: &mut Batch) {
        let event = match Event::parse(data) {
            Ok(event) => event,
            Err(error) => {
                self.take_position(None, id, None);
                self.dead(error.to_string(), id, data, data.len() as u64, batch);
                return;
            }
        };
        self.take_position(event.position.as_ref(), id, event.time);
        // A score has the time of its edit, and comes when it is ready.
        if !matches!(event.body, Body::RevertRisk(_)) {
            batch.last_time = event.time.or(batch.last_time);
        }
        if event.body == Body::Canary {
            self.counters.canaries += 1;
            return;
        }
        let Some(id_text) = &event.id else {
            let reason = "field `meta.id` is missing".to_owned();
            self.dead(reason, id, data, data.len() as u64, batch);
            return;
        };
        if !self.dedupe.insert(event_id(id_text)) {
            self.counters.duplicates += 1;
            return;
        }
        let Some((topic, key)) = self.route(&event) else {
            if let Body::Other { kind } = &event.body {
                bump(&mut self.counters.other, kind, 1);
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

    /// Moves the bookmark. The id is the protocol's own word: where it names an offset that the
    /// payload contradicts, as a relay that renumbers would, the id is right.
    fn take_position(
        &mut self,
        position: Option<&Position<'_>>,
        id: &[u8],
        time: Option<EventTime>,
    ) {
        // An id of another form says nothing about positions.
        let entries: Vec<IdEntry<'_>> = serde_json::from_slice(id).unwrap_or_default();
        let named = |position: &Position<'_>| {
            let own = entries.iter().find(|entry| {
                entry.topic == position.topic && entry.partition == position.partition
            });
            own?.offset.filter(|offset| *offset >= 0)
        };
        let taken = match position {
            Some(position) => {
                let offset = match named(position) {
                    Some(next)
                        if next != position.offset && next != position.offset.saturating_add(1) =>
                    {
                        next - 1
                    }
                    _ => position.offset,
                };
                Some(Position {
                    offset,
                    ..position.clone()
                })
            }
            // Without a position in the payload, the one entry with an offset is the event's own.
            None => entries.iter().find_map(|entry| {
                let next = entry.offset.filter(|offset| *offset > 0)?;
                Some(Position {
                    topic: entry.topic.clone(),
                    partition: entry.partition,
                    offset: next - 1,
                })
            }),
        };
        match taken {
            Some(position) => {
                let gap = self
                    .bookmark
                    .take(&position, time, self.options.reorder_window);
                if let Some(gap) = gap {
                    self.counters.gaps += 1;
                    tracing::info!(first = gap.first, missing = gap.missing, "gap in the feed");
                }
            }
            None => {
                for entry in entries.iter().filter(|entry| entry.offset != Some(-1)) {
                    let at = entry.timestamp.and_then(EventTime::from_millis).or(time);
                    if let Some(at) = at {
                        self.bookmark.take_time(&entry.topic, entry.partition, at);
                    }
                }
            }
        }
        self.bookmark.take_id(&entries);
    }

    fn dead(&mut self, reason: String, id: &[u8], payload: &[u8], bytes: u64, batch: &mut Batch) {
        self.counters.deadletter += 1;
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
