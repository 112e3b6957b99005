//! Records of the core as Python's dicts and lists, with the names and values that they have in
//! JSON, and times from Python's whole milliseconds.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pythonize::pythonize;
use serde::Serialize;
use wikisentry_core::time::EventTime;

/// A record as a dict.
pub fn to_python<'py>(py: Python<'py>, record: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    Ok(pythonize(py, record)?)
}

/// A time from milliseconds since the epoch.
pub fn time(millis: i64) -> PyResult<EventTime> {
    let refused =
        || PyValueError::new_err(format!("{millis} ms is no time of the years 1 to 9999"));
    EventTime::from_millis(millis).ok_or_else(refused)
}
