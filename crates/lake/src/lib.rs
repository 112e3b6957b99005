//! Everything that outlives the log: classified edits in Parquet, label facts, models. It knows
//! files and nothing of the network, the log or the command line.

pub mod archive;
pub mod clock;
pub mod file;
pub mod label_facts;
pub mod registry;
