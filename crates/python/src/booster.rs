//! XGBoost's trees alone, over rows of numbers: margins and their contributions.

use super::arrow::{Array, Column};
use super::errors;
use arrow_array::{Float32Array, Float64Array};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::sync::Arc;
use wikisentry_core::model;

/// Immutable: threads may share it.
#[pyclass(frozen, module = "wikisentry")]
pub struct Booster {
    booster: model::Booster,
    /// Read from the same bytes, when contributions are first asked for.
    json: Vec<u8>,
    explainer: std::sync::OnceLock<model::Explainer>,
}

#[pymethods]
impl Booster {
    #[new]
    fn new(py: Python<'_>, model: &[u8]) -> PyResult<Self> {
        let booster = py.detach(|| model::Booster::from_json(model).map_err(errors::model))?;
        Ok(Self {
            booster,
            json: model.to_vec(),
            explainer: std::sync::OnceLock::new(),
        })
    }

    #[getter]
    fn num_features(&self) -> usize {
        self.booster.num_features()
    }

    /// Rows follow each other in one column.
    fn margins(&self, py: Python<'_>, rows: Column<f32>) -> PyResult<Array> {
        self.check(&rows.0)?;
        let mut margins = vec![0.0; rows.0.len() / self.num_features()];
        py.detach(|| self.booster.margins(&rows.0, &mut margins));
        Ok(Array(Arc::new(Float32Array::from(margins))))
    }

    /// For each row a value for each feature, then the bias; all in one column.
    fn contributions(&self, py: Python<'_>, rows: Column<f32>) -> PyResult<Array> {
        self.check(&rows.0)?;
        let values = py.detach(|| {
            let explainer = self.explainer()?;
            let width = self.num_features();
            let mut values = Vec::with_capacity(rows.0.len() / width * (width + 1));
            for row in rows.0.chunks_exact(width) {
                let mut explained = explainer.explain(row);
                values.append(&mut explained.values);
                values.push(explained.bias);
            }
            Ok::<_, PyErr>(values)
        })?;
        Ok(Array(Arc::new(Float64Array::from(values))))
    }
}

impl Booster {
    fn explainer(&self) -> PyResult<&model::Explainer> {
        if let Some(explainer) = self.explainer.get() {
            return Ok(explainer);
        }
        let read = model::Explainer::from_json(&self.json).map_err(errors::model)?;
        Ok(self.explainer.get_or_init(|| read))
    }

    fn check(&self, rows: &[f32]) -> PyResult<()> {
        let width = self.num_features();
        if rows.len().is_multiple_of(width) {
            return Ok(());
        }
        let found = rows.len();
        let error = format!("{found} values are no whole rows of {width} features");
        Err(PyValueError::new_err(error))
    }
}
