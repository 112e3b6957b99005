//! Record batches: what the log stores and hands out, as one checked, compressed value.
//! It does not know where batches are kept.

use serde::Serialize;
use std::sync::Arc;
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;

/// A run closes at this size before compression, in bytes, or at [`MAX_RECORDS`].
pub(super) const TARGET_BYTES: usize = 1 << 20;
/// Records in one batch at most.
pub(super) const MAX_RECORDS: usize = 1024;
/// A record larger than this is refused: a batch must decompress into bounded memory.
pub(super) const MAX_RECORD_BYTES: usize = 32 << 20;

/// Time (8), key length (4), value length (4), little-endian, before each record's bytes.
const RECORD_HEADER: usize = 16;

/// One record as it is appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When the record was appended, by the caller's clock; retention and `offset_at` go by it.
    pub timestamp: EventTime,
    /// The record's key, `wiki:page title` in most topics; may be empty.
    pub key: Vec<u8>,
    /// JSON in every topic of the platform.
    pub value: Vec<u8>,
}

impl Record {
    /// A record whose value is JSON.
    ///
    /// # Panics
    /// If `value` has no JSON form, which only maps with keys that are no strings lack: a record
    /// without its content must not be committed.
    pub fn json(timestamp: EventTime, key: Vec<u8>, value: &impl Serialize) -> Self {
        let value = serde_json::to_vec(value).expect("a record of named fields is always JSON");
        Self {
            timestamp,
            key,
            value,
        }
    }
}

/// One record of a batch, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// Place of the record in its topic.
    pub offset: u64,
    /// When the record was appended.
    pub timestamp: EventTime,
    /// As in [`Record::key`](super::Record::key); may be empty.
    pub key: &'a [u8],
    /// JSON in every topic of the platform.
    pub value: &'a [u8],
}

/// Records in one buffer with an index, not yet at any offset.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) payload: Vec<u8>,
    starts: Vec<u32>,
    times: Option<(EventTime, EventTime)>,
}

impl Run {
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Earliest and latest timestamp; the epoch for no records.
    pub(super) fn times(&self) -> (EventTime, EventTime) {
        self.times.unwrap_or_default()
    }

    pub(super) fn has_room(&self, record: &Record) -> bool {
        self.len() < MAX_RECORDS
            && self.payload.len() + RECORD_HEADER + record.key.len() + record.value.len()
                <= TARGET_BYTES
    }

    /// Appends a record; the caller has checked [`MAX_RECORD_BYTES`].
    pub(super) fn push(&mut self, record: &Record) {
        self.note(self.payload.len(), record.timestamp);
        self.payload
            .extend_from_slice(&record.timestamp.as_millis().to_le_bytes());
        self.payload
            .extend_from_slice(&(record.key.len() as u32).to_le_bytes());
        self.payload
            .extend_from_slice(&(record.value.len() as u32).to_le_bytes());
        self.payload.extend_from_slice(&record.key);
        self.payload.extend_from_slice(&record.value);
    }

    fn note(&mut self, start: usize, time: EventTime) {
        self.starts.push(start as u32);
        let (min, max) = self.times.unwrap_or((time, time));
        self.times = Some((min.min(time), max.max(time)));
    }

    /// Rebuilds the index of a decompressed payload; `None` if it does not hold `count` records.
    pub(super) fn index(payload: Vec<u8>, count: u32) -> Option<Self> {
        // Each record takes at least its header: a damaged count cannot ask for more memory.
        if count as usize > payload.len() / RECORD_HEADER {
            return None;
        }
        let mut run = Run {
            starts: Vec::with_capacity(count as usize),
            ..Run::default()
        };
        let mut at = 0;
        for _ in 0..count {
            let (time, key, value) = split(&payload, at)?;
            run.note(at, time);
            at += RECORD_HEADER + key.len() + value.len();
        }
        run.payload = payload;
        (at == run.payload.len()).then_some(run)
    }

    /// Memory held, in bytes.
    pub(super) fn memory(&self) -> usize {
        self.payload.capacity() + self.starts.capacity() * size_of::<u32>()
    }
}

/// The record at byte `at`: its time, key and value.
fn split(payload: &[u8], at: usize) -> Option<(EventTime, &[u8], &[u8])> {
    let (header, rest) = payload.get(at..)?.split_first_chunk::<RECORD_HEADER>()?;
    let millis = i64::from_le_bytes(header[0..8].try_into().ok()?);
    let key_len = u32::from_le_bytes(header[8..12].try_into().ok()?) as usize;
    let value_len = u32::from_le_bytes(header[12..16].try_into().ok()?) as usize;
    let key = rest.get(..key_len)?;
    let value = rest.get(key_len..key_len.checked_add(value_len)?)?;
    Some((EventTime::from_millis(millis)?, key, value))
}

/// A stored run of consecutive records of one topic, decoded.
#[derive(Debug)]
pub struct RecordBatch {
    topic: Topic,
    base_offset: u64,
    run: Arc<Run>,
}

impl RecordBatch {
    pub(super) fn new(topic: Topic, base_offset: u64, run: Arc<Run>) -> Self {
        Self {
            topic,
            base_offset,
            run,
        }
    }

    /// The topic the records belong to.
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// Offset of the first record.
    pub fn base_offset(&self) -> u64 {
        self.base_offset
    }

    /// Offset after the last record: where to read on.
    pub fn next_offset(&self) -> u64 {
        self.base_offset + self.len() as u64
    }

    /// Number of records; at least one in what [`Log::read`](super::Log::read) returns.
    pub fn len(&self) -> usize {
        self.run.len()
    }

    /// True for a batch without records, which the log never stores.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record at `index` (not offset) within the batch.
    pub fn get(&self, index: usize) -> Option<RecordRef<'_>> {
        let start = *self.run.starts.get(index)?;
        let (timestamp, key, value) = split(&self.run.payload, start as usize)?;
        Some(RecordRef {
            offset: self.base_offset + index as u64,
            timestamp,
            key,
            value,
        })
    }

    /// All records in order of offset.
    pub fn iter(&self) -> impl Iterator<Item = RecordRef<'_>> {
        self.iter_from(self.base_offset)
    }

    /// The records at `offset` and after it: what a consumer that stands inside the batch wants.
    pub fn iter_from(&self, offset: u64) -> impl Iterator<Item = RecordRef<'_>> {
        let skip = offset
            .saturating_sub(self.base_offset)
            .min(self.len() as u64) as usize;
        (skip..self.len()).filter_map(|index| self.get(index))
    }

    pub(super) fn memory(&self) -> usize {
        self.run.memory()
    }
}
