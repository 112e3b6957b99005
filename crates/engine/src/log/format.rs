//! The bytes of a stored batch: a fixed header, then the payload as one lz4 block, under one
//! CRC-32 (over both, so that a flipped offset is found as a flipped letter is).

use super::batch::{MAX_RECORD_BYTES, Run, TARGET_BYTES};
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;

/// "wikisentry batch", format 1.
const MAGIC: [u8; 4] = *b"WSB\x01";
/// magic 4, crc 4, count 4, raw length 4, base offset 8, min 8, max 8, max before 8.
pub(super) const HEADER: usize = 48;
const CRC_END: usize = 8;

/// What the header tells without decompressing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) base: u64,
    pub(super) count: u32,
    /// Bytes of the records before compression.
    raw_len: u32,
    pub(super) max_time: EventTime,
    /// Latest timestamp of all records of the topic before this batch, so that searching by time
    /// is exact even if the clock was set back.
    pub(super) max_before: EventTime,
}

impl Header {
    pub(super) fn next(&self) -> u64 {
        self.base.saturating_add(u64::from(self.count))
    }
}

/// A run compressed and ready for an offset; making it needs no lock.
pub(super) struct Packed {
    bytes: Vec<u8>,
    payload_crc: crc32fast::Hasher,
    raw_len: u32,
    count: u32,
    times: (EventTime, EventTime),
}

impl Packed {
    pub(super) fn new(run: &Run) -> Self {
        let bound = lz4_flex::block::get_maximum_output_size(run.payload.len());
        let mut bytes = vec![0; HEADER + bound];
        let length = lz4_flex::block::compress_into(&run.payload, &mut bytes[HEADER..])
            .expect("the buffer has the size that lz4 asks for");
        bytes.truncate(HEADER + length);
        bytes.shrink_to_fit();
        let mut payload_crc = crc32fast::Hasher::new();
        payload_crc.update(&bytes[HEADER..]);
        Self {
            bytes,
            payload_crc,
            raw_len: run.payload.len() as u32,
            count: run.len() as u32,
            times: run.times(),
        }
    }

    /// The value to store at `base`.
    pub(super) fn seal(mut self, base: u64, max_before: EventTime) -> Vec<u8> {
        let (min, max) = self.times;
        let header = &mut self.bytes[..HEADER];
        header[0..4].copy_from_slice(&MAGIC);
        header[8..12].copy_from_slice(&self.count.to_le_bytes());
        header[12..16].copy_from_slice(&self.raw_len.to_le_bytes());
        header[16..24].copy_from_slice(&base.to_le_bytes());
        header[24..32].copy_from_slice(&min.as_millis().to_le_bytes());
        header[32..40].copy_from_slice(&max.as_millis().to_le_bytes());
        header[40..48].copy_from_slice(&max_before.as_millis().to_le_bytes());
        let mut crc = crc32fast::Hasher::new();
        crc.update(&header[CRC_END..]);
        crc.combine(&self.payload_crc);
        header[4..8].copy_from_slice(&crc.finalize().to_le_bytes());
        self.bytes
    }
}

/// Reads the header of a stored value that should start at `base`; the reason if it cannot be
/// trusted.
pub(super) fn header(value: &[u8], base: u64) -> Result<Header, String> {
    let Some((header, _)) = value.split_first_chunk::<HEADER>() else {
        return Err(format!(
            "a batch of {} bytes is shorter than its header",
            value.len()
        ));
    };
    if header[0..4] != MAGIC {
        return Err(format!(
            "a batch starts with {:02x?}, not {MAGIC:02x?}",
            &header[0..4]
        ));
    }
    let stored = u32_at(header, 4);
    let found = crc32fast::hash(&value[CRC_END..]);
    if stored != found {
        return Err(format!(
            "the batch's CRC is {found:08x}, its header says {stored:08x}"
        ));
    }
    let time = |at: usize| {
        EventTime::from_millis(u64_at(header, at).cast_signed())
            .ok_or_else(|| "a time is out of range".to_owned())
    };
    let read = Header {
        count: u32_at(header, 8),
        raw_len: u32_at(header, 12),
        base: u64_at(header, 16),
        max_time: time(32)?,
        max_before: time(40)?,
    };
    if read.base != base {
        return Err(format!(
            "the batch says that it starts at {}, not {base}",
            read.base
        ));
    }
    Ok(read)
}

/// Reads a whole stored value that should start at `base`.
pub(super) fn decode(value: &[u8], base: u64) -> Result<Run, String> {
    let header = header(value, base)?;
    let raw_len = header.raw_len as usize;
    if raw_len > TARGET_BYTES + MAX_RECORD_BYTES {
        return Err(format!(
            "{raw_len} bytes of records are more than a batch holds"
        ));
    }
    let payload = lz4_flex::block::decompress(&value[HEADER..], raw_len)
        .map_err(|error| format!("the batch does not decompress: {error}"))?;
    Run::index(payload, header.count)
        .ok_or_else(|| format!("the batch does not hold its {} records", header.count))
}

fn u32_at(bytes: &[u8; HEADER], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8; HEADER], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

/// The number that stands for a topic in keys; part of the format, never reused.
pub(super) const fn topic_id(topic: Topic) -> u8 {
    match topic {
        Topic::EditsRegistered => 1,
        Topic::EditsAnonymous => 2,
        Topic::EditsBot => 3,
        Topic::RevisionTags => 4,
        Topic::EditsClassified => 5,
        Topic::Alerts => 6,
        Topic::DeadLetter => 7,
    }
}

/// The key of the batch of `topic` that starts at `base`; keys sort as offsets do.
pub(super) fn batch_key(topic: Topic, base: u64) -> [u8; 9] {
    let mut key = [topic_id(topic); 9];
    key[1..].copy_from_slice(&base.to_be_bytes());
    key
}

/// The offset in a key of [`batch_key`].
pub(super) fn base_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(1..)?.try_into().ok()?))
}
