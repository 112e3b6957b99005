//! The labeler's state as bytes, so that a process continues where another one stopped: a version,
//! fixed-width little-endian numbers, and a checksum over all of it.

mod bytes;

use super::edit_table::{KeptEdit, Key, REV_BITS};
use super::labeler::Labeler;
use super::revert_graph::{LastLabel, RevertGraph, RevertedEdit, Statement};
use super::settings::{JoinCounters, LabelerSettings};
use super::waiting::{Held, HistoryWalk, Waiting};
use bytes::{StateReader, StateWriter};
use std::io::{self, Write};
use xxhash_rust::xxh3::xxh3_64;

/// First bytes of every state; the last is the version.
const MAGIC: &[u8; 8] = b"WSLABEL\x01";
/// Bytes of the checksum at the end.
const CHECKSUM: usize = 8;

/// Why bytes are not the state of a labeler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Not written by a labeler, or by one of another version.
    #[error("not a labeler's state of version 1")]
    Foreign,
    /// Cut off, or changed after it was written.
    #[error("a labeler's state, but damaged: the checksum does not fit")]
    Damaged,
    /// The checksum fits, but the content is not a possible state.
    #[error("a labeler's state, but malformed at byte {at}")]
    Malformed { at: usize },
}

/// The entries of a map, sorted by key, so that the same state gives the same bytes.
fn sorted<V>(map: &rustc_hash::FxHashMap<Key, V>) -> Vec<(&Key, &V)> {
    let mut all: Vec<_> = map.iter().collect();
    all.sort_unstable_by_key(|(key, _)| **key);
    all
}

impl Labeler {
    /// Writes the whole state, about 40 bytes for each edit of the window: the checkpoint of a
    /// process that labels a live stream. A [restored](Self::restore) labeler gives the same labels
    /// for the events that follow.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn save(&self, out: &mut impl Write) -> io::Result<()> {
        let mut to = StateWriter::new(out);
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
        to.u64(self.wikis.names().len() as u64)?;
        for wiki in self.wikis.names() {
            to.u64(wiki.len() as u64)?;
            to.bytes(wiki.as_bytes())?;
        }
        to.u64(self.edits.len() as u64)?;
        for edit in self.edits.iter() {
            to.u64(edit.key)?;
            to.u64(edit.parent())?;
            to.u8(edit.type_code())?;
            to.i64(edit.time_ms)?;
            to.u32(edit.page)?;
            to.u32(edit.user)?;
        }
        self.save_graph(&mut to)?;
        to.u64(self.claims.len() as u64)?;
        for (reverted, reverter) in sorted(&self.claims) {
            to.u64(*reverted)?;
            to.u64(*reverter)?;
        }
        self.save_waiting(&mut to)?;
        to.finish()
    }

    fn save_graph<W: Write>(&self, to: &mut StateWriter<'_, W>) -> io::Result<()> {
        to.u64(self.graph.reverted.len() as u64)?;
        for (key, reverted) in sorted(&self.graph.reverted) {
            to.u64(*key)?;
            to.u32(reverted.updates)?;
            to.u8(u8::from(reverted.is_reverted))?;
            to.u8(u8::from(reverted.last_label.is_some()))?;
            if let Some(last) = reverted.last_label {
                to.u64(last.reverter)?;
                to.u8(last.kind as u8)?;
                to.u8(last.source as u8)?;
            }
            to.u64(reverted.statements.len() as u64)?;
            for statement in &reverted.statements {
                to.u64(statement.reverter)?;
                to.i64(statement.time_ms)?;
                to.u8(statement.source as u8)?;
            }
        }
        to.u64(self.graph.reverts.len() as u64)?;
        for (key, reverted) in sorted(&self.graph.reverts) {
            to.u64(*key)?;
            to.u64(reverted.len() as u64)?;
            for key in reverted {
                to.u64(*key)?;
            }
        }
        Ok(())
    }

    fn save_waiting<W: Write>(&self, to: &mut StateWriter<'_, W>) -> io::Result<()> {
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

    /// Reads a state that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`StateError`] for all other bytes. None make it panic.
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
        let mut from = StateReader { rest: body };
        match read(&mut from) {
            Some(labeler) if from.rest.is_empty() => Ok(labeler),
            _ => Err(StateError::Malformed {
                at: bytes.len() - CHECKSUM - from.rest.len(),
            }),
        }
    }
}

fn read(from: &mut StateReader<'_>) -> Option<Labeler> {
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
        labeler.wikis.number(wiki)?;
    }
    let wikis = labeler.wikis.names().len() as u64;
    for _ in 0..from.count()? {
        let (key, parent, type_code) = (from.u64()?, from.u64()?, from.u8()?);
        let edit = KeptEdit::new(
            key,
            parent,
            type_code,
            from.time_ms()?,
            from.u32()?,
            from.u32()?,
        );
        if (key >> REV_BITS) >= wikis || labeler.edits.get(key).is_some() {
            return None;
        }
        labeler.edits.push(edit);
    }
    labeler.graph = read_graph(from)?;
    for _ in 0..from.count()? {
        labeler.claims.insert(from.u64()?, from.u64()?);
    }
    labeler.waiting = read_waiting(from)?;
    Some(labeler)
}

fn read_graph(from: &mut StateReader<'_>) -> Option<RevertGraph> {
    let mut graph = RevertGraph::default();
    for _ in 0..from.count()? {
        let key = from.u64()?;
        let mut reverted = RevertedEdit {
            updates: from.u32()?,
            is_reverted: from.u8()? == 1,
            ..RevertedEdit::default()
        };
        if from.u8()? == 1 {
            reverted.last_label = Some(LastLabel {
                reverter: from.u64()?,
                kind: from.kind()?,
                source: from.source()?,
            });
        }
        for _ in 0..from.count()? {
            reverted.statements.push(Statement {
                reverter: from.u64()?,
                time_ms: from.time_ms()?,
                source: from.source()?,
            });
        }
        if reverted.statements.is_empty() {
            return None;
        }
        graph.reverted.insert(key, reverted);
    }
    for _ in 0..from.count()? {
        let key = from.u64()?;
        let reverted = (0..from.count()?)
            .map(|_| from.u64())
            .collect::<Option<_>>()?;
        graph.reverts.insert(key, reverted);
    }
    Some(graph)
}

fn read_waiting(from: &mut StateReader<'_>) -> Option<Waiting> {
    let mut waiting = Waiting::default();
    for _ in 0..from.count()? {
        waiting.until.push_back((from.i64()?, from.u64()?));
    }
    for _ in 0..from.count()? {
        let key = from.u64()?;
        let mut all = Vec::new();
        for _ in 0..from.count()? {
            all.push(match from.u8()? {
                0 => Held::Walk(HistoryWalk {
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
                    time_ms: from.time_ms()?,
                },
                _ => return None,
            });
        }
        waiting.by_edit.insert(key, all);
    }
    Some(waiting)
}
