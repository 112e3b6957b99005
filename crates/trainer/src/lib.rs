//! Trains gradient-boosted trees for two classes (`binary:logistic`) from rows of 32-bit floats
//! and writes them as XGBoost JSON. It does no I/O and knows nothing of edits: rows come in, a
//! model goes out.
//!
//! Training is on histograms of binned features, as LightGBM and XGBoost's `hist` do it. A set is
//! built in two passes over the rows, neither of which holds them: [`EdgeSampler`] draws a sample
//! and cuts each feature into bins, [`BinnedSet`] keeps one byte per value.
//!
//! ```
//! use std::ops::ControlFlow;
//! use wikisentry_trainer::{BinnedSet, EdgeSampler, Params, Sampling, train};
//!
//! // Two features; whether the second one is missing is the only signal.
//! let rows: Vec<f32> = (0..1000)
//!     .flat_map(|i| [i as f32, if i % 4 == 0 { f32::NAN } else { 1.0 }])
//!     .collect();
//! let labels: Vec<f32> = (0..1000).map(|i| f32::from(u8::from(i % 4 == 0))).collect();
//!
//! let names = vec!["size".to_owned(), "age".to_owned()];
//! let mut sampler = EdgeSampler::new(names, Sampling::default())?;
//! sampler.push(&rows)?;
//! let mut set = BinnedSet::new(sampler.finish()?);
//! set.push(&rows, &labels)?;
//!
//! let params = Params { trees: 10, ..Params::default() };
//! let model = train(&set, None, &params, &mut |progress| {
//!     assert!(progress.tree <= progress.trees);
//!     ControlFlow::Continue(())
//! })?;
//! assert_eq!(model.trees().len(), 10);
//! assert!(model.to_json().starts_with(b"{"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod binned;
mod boost;
mod edges;
mod error;
mod gradient;
mod grow;
mod histogram;
mod json;
mod metric;
mod model;
mod parallel;
mod params;
mod partition;
mod random;
mod sampler;
mod split;
mod tree;

pub use binned::BinnedSet;
pub use boost::{TrainingProgress, train};
pub use edges::BinEdges;
pub use error::{DataError, TrainError};
pub use model::TrainedModel;
pub use params::{EarlyStopping, Params};
pub use sampler::{EdgeSampler, Sampling};
pub use tree::{NodeSplit, Tree, TreeNode};
