//! The lake: classified edits in Zstd Parquet files on local disk, each edit exactly once whatever
//! crashes. It knows files; the caller owns the log, its offsets and its transactions.
//! Contract: `docs/contracts/lake.md`.

mod columns;
mod commit;
mod compact;
mod durable;
mod error;
mod find;
mod partition;
mod read;
mod scan;
mod schema;
mod writer;

pub use commit::{Archive, Prepared, PreparedFile, Recovered};
pub use compact::Compaction;
pub use error::ArchiveError;
pub use find::{ArchivedEdit, RevisionSearch, find_revision};
pub use partition::Partition;
pub use read::{Edits, OpenFile};
pub use scan::{Lake, LakeFile, RecentId, Totals};
pub use schema::{SCHEMA_VERSION, lake_schema};
pub use writer::Batch;
