//! The join of edits and reverts: a state machine that takes the events of the streams in their
//! order and gives labels. Bounded by age and by number; the same events give the same labels.

mod anti_vandalism;
mod author;
mod edit_table;
mod kept_edit;
mod labeler;
mod revert_graph;
mod settings;
mod tagged;
mod waiting;
mod walk;
mod wikis;

pub use labeler::Labeler;
pub use settings::{JoinCounters, LabelerSettings, SeenEdit};

#[cfg(test)]
mod tests;
