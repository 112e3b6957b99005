//! The join of edits and reverts: a state machine that takes the events of the streams in their
//! order and gives labels. Bounded by age and by number; the same events give the same labels.

mod edit_table;
mod labeler;
mod revert_graph;
mod settings;
mod waiting;
mod wikis;

pub use labeler::Labeler;
pub use settings::{JoinCounters, LabelerSettings, SeenEdit};

#[cfg(test)]
mod tests;
