//! The candidates behind one small trait, each set up for the log: small caches, a commit that
//! survives kill -9 when it returns, fsync on `sync` (redb knows only a commit that syncs).

use crate::Outcome;
use std::path::Path;

/// The candidates' names, as the command line of the bench spells them.
pub const NAMES: [&str; 2] = ["fjall", "redb"];

/// What the log needs of a store.
pub trait Store {
    /// Commits batches (by first offset) and small puts, all or none.
    fn commit(&mut self, batches: &[(u64, Vec<u8>)], puts: &[(&str, Vec<u8>)]) -> Outcome;
    /// Forces all commits to disk.
    fn sync(&mut self) -> Outcome;
    /// Decompresses every batch in order; the offset after the last, or an error for a hole.
    fn read_all(&self) -> Outcome<u64>;
    fn get(&self, key: &str) -> Outcome<Option<Vec<u8>>>;
}

/// Opens the store `name` in `dir`.
pub fn open(name: &str, dir: &Path) -> Outcome<Box<dyn Store>> {
    Ok(match name {
        "fjall" => Box::new(Fjall::open(dir)?),
        "redb" => Box::new(Redb::open(dir)?),
        other => return Err(format!("no store `{other}`").into()),
    })
}

/// Counts a batch's events and checks that it follows the previous one.
fn follow(next: u64, base: u64, value: &[u8]) -> Outcome<u64> {
    if base != next {
        return Err(format!("hole: batch {base} where {next} was due").into());
    }
    let raw = lz4_flex::block::decompress_size_prepended(value)?;
    assert_eq!(
        raw.get(..8),
        Some(&base.to_be_bytes()[..]),
        "the batch is the one stored"
    );
    Ok(next + crate::load::BATCH as u64)
}

struct Fjall {
    database: fjall::Database,
    batches: fjall::Keyspace,
    state: fjall::Keyspace,
}

impl Fjall {
    fn open(dir: &Path) -> Outcome<Self> {
        let none = fjall::CompressionType::None;
        let database = fjall::Database::builder(dir)
            .cache_size(4 << 20)
            .journal_compression(none)
            .worker_threads(1)
            .max_journaling_size(64 << 20)
            .open()?;
        let batches = database.keyspace("batches", || {
            fjall::KeyspaceCreateOptions::default()
                .max_memtable_size(4 << 20)
                .data_block_compression_policy(fjall::config::CompressionPolicy::disabled())
                .with_kv_separation(Some(
                    fjall::KvSeparationOptions::default().compression(none),
                ))
        })?;
        let state = database.keyspace("state", || {
            fjall::KeyspaceCreateOptions::default().max_memtable_size(1 << 20)
        })?;
        Ok(Self {
            database,
            batches,
            state,
        })
    }
}

impl Store for Fjall {
    fn commit(&mut self, batches: &[(u64, Vec<u8>)], puts: &[(&str, Vec<u8>)]) -> Outcome {
        let mut tx = self
            .database
            .batch()
            .durability(Some(fjall::PersistMode::Buffer));
        for (base, value) in batches {
            tx.insert(&self.batches, base.to_be_bytes(), value.as_slice());
        }
        for (key, value) in puts {
            tx.insert(&self.state, *key, value.as_slice());
        }
        Ok(tx.commit()?)
    }

    fn sync(&mut self) -> Outcome {
        Ok(self.database.persist(fjall::PersistMode::SyncData)?)
    }

    fn read_all(&self) -> Outcome<u64> {
        let mut next = 0;
        for guard in self.batches.iter() {
            let (key, value) = guard.into_inner()?;
            next = follow(next, u64::from_be_bytes(key.as_ref().try_into()?), &value)?;
        }
        Ok(next)
    }

    fn get(&self, key: &str) -> Outcome<Option<Vec<u8>>> {
        Ok(self.state.get(key)?.map(|value| value.to_vec()))
    }
}

const BATCHES: redb::TableDefinition<u64, &[u8]> = redb::TableDefinition::new("batches");
const STATE: redb::TableDefinition<&str, &[u8]> = redb::TableDefinition::new("state");

struct Redb {
    database: redb::Database,
}

impl Redb {
    fn open(dir: &Path) -> Outcome<Self> {
        let database = redb::Database::builder()
            .set_cache_size(16 << 20)
            .create(dir.join("log.redb"))?;
        Ok(Self { database })
    }
}

impl Store for Redb {
    fn commit(&mut self, batches: &[(u64, Vec<u8>)], puts: &[(&str, Vec<u8>)]) -> Outcome {
        let mut tx = self.database.begin_write()?;
        tx.set_quick_repair(std::env::var_os("QUICK_REPAIR").is_some());
        {
            let mut table = tx.open_table(BATCHES)?;
            for (base, value) in batches {
                table.insert(base, value.as_slice())?;
            }
            let mut table = tx.open_table(STATE)?;
            for (key, value) in puts {
                table.insert(key, value.as_slice())?;
            }
        }
        Ok(tx.commit()?)
    }

    fn sync(&mut self) -> Outcome {
        Ok(())
    }

    fn read_all(&self) -> Outcome<u64> {
        use redb::{ReadableDatabase as _, ReadableTable as _};
        let tx = self.database.begin_read()?;
        let table = match tx.open_table(BATCHES) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(0),
            table => table?,
        };
        let mut next = 0;
        for entry in table.iter()? {
            let (key, value) = entry?;
            next = follow(next, key.value(), value.value())?;
        }
        Ok(next)
    }

    fn get(&self, key: &str) -> Outcome<Option<Vec<u8>>> {
        use redb::ReadableDatabase as _;
        let tx = self.database.begin_read()?;
        let table = match tx.open_table(STATE) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            table => table?,
        };
        Ok(table.get(key)?.map(|value| value.value().to_vec()))
    }
}
