//! Which edits were reverted as damage, derived from the streams alone: what summaries say, and the
//! join of edits with their reverts. No I/O; the definition is `docs/contracts/labels.md`.

mod join;
mod label;
mod maturity;
mod summary;

pub use join::{JoinCounters, Labeler, LabelerSettings, SeenEdit};
pub use label::{Label, LabelKind, LabelSource};
pub use maturity::{MATURITY_MS, MaturityCurve, MaturitySummary};
pub use summary::RevertSummary;
