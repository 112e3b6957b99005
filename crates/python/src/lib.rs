//! The core as the Python module `wikisentry`: what Spark, FastAPI and notebooks compute is what the
//! program computes, bit for bit. No I/O: models and events come as bytes. Batches run without
//! Python's lock. What each function takes and gives is in `python/wikisentry/__init__.pyi`.

mod anomalies;
mod arrow;
mod booster;
mod convert;
mod dataset;
mod errors;
mod evaluation;
mod events;
mod labels;
mod lake;
mod model;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::anomalies::Detectors;
    #[pymodule_export]
    use super::arrow::Array;
    #[pymodule_export]
    use super::booster::Booster;
    #[pymodule_export]
    use super::dataset::{DatasetPass, parts};
    #[pymodule_export]
    use super::errors::{Error, EvaluationError, EventError, ModelError, RequestError, RuleError};
    #[pymodule_export]
    use super::evaluation::{calibrate, decide, evaluate, judge};
    #[pymodule_export]
    use super::events::{features, parse, user_type};
    #[pymodule_export]
    use super::labels::{Labeler, revert_summary};
    #[pymodule_export]
    use super::model::Model;

    use super::*;
    use pyo3::types::PyTuple;
    use wikisentry_core::{features::NAMES, features::VERSION, predict::MAX_EVENTS};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        module.add("FEATURES", PyTuple::new(module.py(), NAMES)?)?;
        module.add("FEATURES_VERSION", VERSION)?;
        module.add("MAX_EVENTS", MAX_EVENTS)
    }
}
