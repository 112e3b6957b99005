//! What outlives the log: classified edits in Parquet, label facts and labels, models. It knows
//! files and objects, and nothing of the log, the feed or the command line.

pub mod archive;
pub mod clock;
mod error;
pub mod file;
pub mod label_facts;
pub mod label_table;
pub mod registry;
pub mod settled_days;
mod storage;
pub mod table;

pub use error::LakeError;
