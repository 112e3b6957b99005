//! The labeler's state as bytes, so that a restart goes on where it stopped: a version, fixed-width
//! little-endian numbers, and a checksum over all of it.

use super::table::{Entry, Key, Table};
use super::verdict::{Evidence, Reverted, Said, Verdicts};
use super::waiting::{Held, Waiting, Walk};
use super::{JoinCounters, Labeler, LabelerSettings};
use crate::labels::{LabelKind, LabelSource};
use std::io::{self, Write};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// First bytes of every state; the last is the version.
const MAGIC: &[u8; 8] = b"WSLABEL\x01";
const CHECKSUM: usize = 8;

/// Why bytes are no state of a labeler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Not written by a labeler, or by one of another version.
    #[error("not a labeler's state of version 1")]
    Foreign,
    /// Cut off or damaged.
    #[error("a labeler's state, but damaged: the checksum does not fit")]
    Damaged,
    /// The checksum is right and the content is not.
    #[error("a labeler's state, but malformed at byte {at}")]
    Malformed {
        /// Where reading stopped.
        at: usize,
    },
}

/// Writes numbers and keeps the checksum.
struct Writer<'a, W> {
    out: &'a mut W,
    sum: Xxh3,
}

impl<W: Write> Writer<'_, W> {
    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        self.out.write_all(bytes)
    }

    fn u64(&mut self, value: u64) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    fn i64(&mut self, value: i64) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    fn u32(&mut self, value: u32) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    fn u8(&mut self, value: u8) -> io::Result<()> {
        self.bytes(&[value])
    }
}

/// Reads them back; every reader fails rather than go beyond the end.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// How many records follow; no more than there are bytes for, so that no number of a damaged
    /// file makes us ask for memory.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.u64()?).ok()?;
        (count <= self.rest.len()).then_some(count)
    }

    fn source(&mut self) -> Option<LabelSource> {
        LabelSource::ALL.get(usize::from(self.u8()?)).copied()
    }

    fn kind(&mut self) -> Option<LabelKind> {
        LabelKind::ALL.get(usize::from(self.u8()?)).copied()
    }
}

/// The entries of a map in the order of their keys: the same state gives the same bytes.
fn sorted<V>(map: &rustc_hash::FxHashMap<Key, V>) -> Vec<(&Key, &V)> {
    let mut all: Vec<_> = map.iter().collect();
    all.sort_unstable_by_key(|(key, _)| **key);
    all
}

impl Labeler {
    /// Writes the whole state: about 40 bytes an edit held. A labeler restored from it gives the
    /// same labels for the events that follow.
    pub fn save(&self, out: &mut impl Write) -> io::Result<()> {
        let mut to = Writer {
            out,
            sum: Xxh3::new(),
        };
        to.bytes(MAGIC)?;
        let LabelerSettings {
            window_ms,
            margin_ms,
            hold_ms,
            max_edits,
        } = self.settings;
        for value in [window_ms, margin_ms, hold_ms, self.now_ms] {
            to.i64(value)?;
        }
        to.u64(max_edits as u64)?;
        let JoinCounters {
            edits,
            duplicates,
            unusable,
            dropped,
            manual,
            contradicted,
            labels,
        } = self.counters;
        for value in [
            edits,
            duplicates,
            unusable,
            dropped,
            manual,
            contradicted,
            labels,
        ] {
            to.u64(value)?;
        }
        to.u64(self.wikis.len() as u64)?;
        for wiki in &self.wikis {
            to.u64(wiki.len() as u64)?;
            to.bytes(wiki.as_bytes())?;
        }
        to.u64(self.edits.len() as u64)?;
        for edit in self.edits.iter() {
            to.u64(edit.key)?;
            to.u64(edit.parent())?;
            to.u8(edit.user_type())?;
            to.i64(edit.time_ms)?;
            to.u32(edit.page)?;
            to.u32(edit.user)?;
        }
        self.save_verdicts(&mut to)?;
        to.u64(self.claims.len() as u64)?;
        for (reverted, reverter) in sorted(&self.claims) {
            to.u64(*reverted)?;
            to.u64(*reverter)?;
        }
        self.save_waiting(&mut to)?;
        let sum = to.sum.digest();
        to.out.write_all(&sum.to_le_bytes())
    }

    fn save_verdicts<W: Write>(&self, to: &mut Writer<'_, W>) -> io::Result<()> {
        to.u64(self.verdicts.reverted.len() as u64)?;
        for (key, reverted) in sorted(&self.verdicts.reverted) {
            to.u64(*key)?;
            to.u32(reverted.updates)?;
            to.u8(u8::from(reverted.stands))?;
            to.u8(u8::from(reverted.said.is_some()))?;
            if let Some(said) = reverted.said {
                to.u64(said.reverter)?;
                to.u8(said.kind as u8)?;
                to.u8(said.source as u8)?;
            }
            to.u64(reverted.evidence.len() as u64)?;
            for evidence in &reverted.evidence {
                to.u64(evidence.reverter)?;
                to.i64(evidence.time_ms)?;
                to.u8(evidence.source as u8)?;
            }
        }
        to.u64(self.verdicts.reverts.len() as u64)?;
        for (key, reverted) in sorted(&self.verdicts.reverts) {
            to.u64(*key)?;
            to.u64(reverted.len() as u64)?;
            for key in reverted {
                to.u64(*key)?;
            }
        }
        Ok(())
    }

    fn save_waiting<W: Write>(&self, to: &mut Writer<'_, W>) -> io::Result<()> {
        to.u64(self.waiting.until.len() as u64)?;
        for (until, key) in &self.waiting.until {
            to.i64(*until)?;
            to.u64(*key)?;
        }
        to.u64(self.waiting.by_edit.len() as u64)?;
        for (key, all) in sorted(&self.waiting.by_edit) {
            to.u64(*key)?;
            to.u64(all.len() as u64)?;
            for held in all {
                match held {
                    Held::Walk(walk) => {
                        to.u8(0)?;
                        for value in [walk.reverter, walk.at, walk.floor] {
                            to.u64(value)?;
                        }
                        to.u32(walk.page)?;
                        to.u32(walk.user)?;
                        to.u8(u8::from(walk.is_run))?;
                        to.u8(walk.source as u8)?;
                        to.u32(u32::from(walk.steps))?;
                    }
                    Held::Tagged { tags, time_ms } => {
                        to.u8(1)?;
                        to.u8(*tags)?;
                        to.i64(*time_ms)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads what [`save`](Self::save) wrote. Refuses anything else.
    pub fn restore(bytes: &[u8]) -> Result<Self, StateError> {
        let Some(body) = bytes.strip_prefix(MAGIC) else {
            return Err(StateError::Foreign);
        };
        let Some((body, sum)) = body.split_last_chunk::<CHECKSUM>() else {
            return Err(StateError::Damaged);
        };
        if xxh3_64(&bytes[..bytes.len() - CHECKSUM]) != u64::from_le_bytes(*sum) {
            return Err(StateError::Damaged);
        }
        let mut from = Reader { rest: body };
        match read(&mut from) {
            Some(labeler) if from.rest.is_empty() => Ok(labeler),
            _ => Err(StateError::Malformed {
                at: bytes.len() - CHECKSUM - from.rest.len(),
            }),
        }
    }
}

fn read(from: &mut Reader<'_>) -> Option<Labeler> {
    let [window_ms, margin_ms, hold_ms, now_ms] =
        [from.i64()?, from.i64()?, from.i64()?, from.i64()?];
    let mut labeler = Labeler::new(LabelerSettings {
        window_ms,
        margin_ms,
        hold_ms,
        max_edits: usize::try_from(from.u64()?).ok()?,
    });
    labeler.now_ms = now_ms;
    labeler.counters = JoinCounters {
        edits: from.u64()?,
        duplicates: from.u64()?,
        unusable: from.u64()?,
        dropped: from.u64()?,
        manual: from.u64()?,
        contradicted: from.u64()?,
        labels: from.u64()?,
    };
    for _ in 0..from.count()? {
        let len = from.count()?;
        let wiki = str::from_utf8(from.bytes(len)?).ok()?;
        labeler.number(wiki)?;
    }
    let is_known =
        |labeler: &Labeler, key: Key| (key >> super::REV_BITS) < labeler.wikis.len() as u64;
    labeler.edits = Table::default();
    for _ in 0..from.count()? {
        let (key, parent, user_type) = (from.u64()?, from.u64()?, from.u8()?);
        let entry = Entry::new(
            key,
            parent,
            user_type,
            from.i64()?,
            from.u32()?,
            from.u32()?,
        );
        if !is_known(&labeler, key) || labeler.edits.get(key).is_some() {
            return None;
        }
        labeler.edits.push(entry);
    }
    labeler.verdicts = read_verdicts(from)?;
    for _ in 0..from.count()? {
        labeler.claims.insert(from.u64()?, from.u64()?);
    }
    labeler.waiting = read_waiting(from)?;
    Some(labeler)
}

fn read_verdicts(from: &mut Reader<'_>) -> Option<Verdicts> {
    let mut verdicts = Verdicts::default();
    for _ in 0..from.count()? {
        let key = from.u64()?;
        let mut reverted = Reverted {
            updates: from.u32()?,
            stands: from.u8()? == 1,
            ..Reverted::default()
        };
        if from.u8()? == 1 {
            reverted.said = Some(Said {
                reverter: from.u64()?,
                kind: from.kind()?,
                source: from.source()?,
            });
        }
        for _ in 0..from.count()? {
            reverted.evidence.push(Evidence {
                reverter: from.u64()?,
                time_ms: from.i64()?,
                source: from.source()?,
            });
        }
        verdicts.reverted.insert(key, reverted);
    }
    for _ in 0..from.count()? {
        let key = from.u64()?;
        let reverted = (0..from.count()?)
            .map(|_| from.u64())
            .collect::<Option<_>>()?;
        verdicts.reverts.insert(key, reverted);
    }
    Some(verdicts)
}

fn read_waiting(from: &mut Reader<'_>) -> Option<Waiting> {
    let mut waiting = Waiting::default();
    for _ in 0..from.count()? {
        waiting.until.push_back((from.i64()?, from.u64()?));
    }
    for _ in 0..from.count()? {
        let key = from.u64()?;
        let mut all = Vec::new();
        for _ in 0..from.count()? {
            all.push(match from.u8()? {
                0 => Held::Walk(Walk {
                    reverter: from.u64()?,
                    at: from.u64()?,
                    floor: from.u64()?,
                    page: from.u32()?,
                    user: from.u32()?,
                    is_run: from.u8()? == 1,
                    source: from.source()?,
                    steps: u16::try_from(from.u32()?).ok()?,
                }),
                1 => Held::Tagged {
                    tags: from.u8()?,
                    time_ms: from.i64()?,
                },
                _ => return None,
            });
        }
        waiting.by_edit.insert(key, all);
    }
    Some(waiting)
}
