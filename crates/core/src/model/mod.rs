//! Scoring: evaluates XGBoost models in pure Rust and turns margins into calibrated scores and
//! classes. It neither trains nor reads files: callers pass the bytes of a model and its card.

pub mod bootstrap;
mod card;
pub mod provenance;
mod scorer;
pub mod version;
mod xgboost;

pub use card::{Calibration, Card, CardError, Class, FeatureList};
pub use provenance::Provenance;
pub use scorer::{FeatureSpec, ModelError, Score, Scorer};
pub use xgboost::{Booster, Contributions, Explainer, XgboostError};
