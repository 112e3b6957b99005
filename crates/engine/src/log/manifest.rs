//! The log's own record of itself, written with every commit: where each topic begins and ends.
//! What is stored is held against it, so that damage is seen which the store answers by forgetting.

use super::format::topic_id;
use std::ops::{Index, IndexMut};
use wikisentry_core::time::EventTime;
use wikisentry_core::topic::Topic;

/// First byte of the format, then commit number, transaction, one entry a topic, CRC-32.
const VERSION: u8 = 1;
const ENTRY: usize = 1 + 4 * 8;
const TOPICS: usize = Topic::ALL.len();

/// Where a topic begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Extent {
    pub(super) first: u64,
    pub(super) next: u64,
    /// Bytes of its batches as stored.
    pub(super) bytes: u64,
    /// Latest timestamp ever appended.
    pub(super) max_time: EventTime,
}

/// All topics, and which commit wrote this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LogManifest {
    /// Number of the commit, from 1.
    pub(super) commit: u64,
    /// The transaction it carried, unique within the process that wrote it.
    pub(super) transaction: u64,
    topics: [Extent; TOPICS],
}

impl Index<Topic> for LogManifest {
    type Output = Extent;
    fn index(&self, topic: Topic) -> &Extent {
        &self.topics[usize::from(topic_id(topic)) - 1]
    }
}

impl IndexMut<Topic> for LogManifest {
    fn index_mut(&mut self, topic: Topic) -> &mut Extent {
        &mut self.topics[usize::from(topic_id(topic)) - 1]
    }
}

impl LogManifest {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + 16 + TOPICS * ENTRY + 4);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.commit.to_le_bytes());
        bytes.extend_from_slice(&self.transaction.to_le_bytes());
        for topic in Topic::ALL {
            let extent = &self[topic];
            bytes.push(topic_id(topic));
            bytes.extend_from_slice(&extent.first.to_le_bytes());
            bytes.extend_from_slice(&extent.next.to_le_bytes());
            bytes.extend_from_slice(&extent.bytes.to_le_bytes());
            bytes.extend_from_slice(&extent.max_time.as_millis().to_le_bytes());
        }
        let crc = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads [`encode`](Self::encode)'s bytes; `None` if they are damaged or of another format.
    /// A topic that they do not name is empty, as one that was added later is.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return None;
        }
        let number = |bytes: &[u8], at: usize| {
            Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
        };
        let (head, entries) = body.split_at_checked(17)?;
        if head[0] != VERSION {
            return None;
        }
        let mut manifest = LogManifest {
            commit: number(head, 1)?,
            transaction: number(head, 9)?,
            ..LogManifest::default()
        };
        for entry in entries.chunks(ENTRY) {
            let topic = Topic::ALL
                .into_iter()
                .find(|topic| topic_id(*topic) == entry[0])?;
            manifest[topic] = Extent {
                first: number(entry, 1)?,
                next: number(entry, 9)?,
                bytes: number(entry, 17)?,
                max_time: EventTime::from_millis(number(entry, 25)?.cast_signed())?,
            };
        }
        Some(manifest)
    }
}
