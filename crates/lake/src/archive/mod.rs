//! The lake's edits: Zstd Parquet files, each edit exactly once whatever crashes. It knows files; the
//! caller owns the log, its offsets and its transactions.
//! Contract: `docs/contracts/lake.md`.

mod aside;
mod batch;
mod blank;
mod candidates;
mod chunk;
mod compact;
mod content;
mod copy;
mod file_writer;
mod find;
mod intent;
mod lake;
mod live;
pub(crate) mod parquet_file;
mod partition;
mod publish;
mod read;
mod recent;
mod schema;
mod store_compact;

pub use aside::Examined;
pub use batch::Batch;
pub use blank::Blanked;
pub use compact::Compaction;
pub use file_writer::FileWriter;
pub use find::{ArchivedEdit, RevisionSearch, find_revision};
pub use intent::{Prepared, PreparedFile};
pub use lake::{Lake, LakeFile, Totals};
pub use parquet_file::FILE_SUFFIX;
pub use partition::Partition;
pub use publish::{Archive, Missing, Recovered};
pub use read::{Edits, OpenFile};
pub use recent::RecentId;
pub use schema::{SCHEMA_VERSION, lake_schema};
pub use store_compact::{Due, Look, StoreCompactor, Told};

/// Edits for the tests of more than one module.
#[cfg(test)]
#[path = "../../tests/archive_sample/mod.rs"]
mod archive_sample;
