//! The rows of a data set, made where the lake is read by another engine: one pass over the edits in the
//! order in which the embedded platform reads them, by its own rules.

use super::arrow::{Array, Table, invalid};
use super::convert::{from_python, time, to_python};
use super::lake::{self, Rows};
use arrow_array::{Array as _, Int64Array, StringArray, StructArray};
use arrow_schema::{DataType, SchemaRef};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use wikisentry_core::features::TextWeights;
use wikisentry_core::labels::{LabelKind, LabelSource};
use wikisentry_lake::label_table::KnownLabel;
use wikisentry_lake::table::{TableBuilder, schema};
use wikisentry_learning::{PassOptions, Row, Spans, Split};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let part = ("part", DataType::Utf8, false);
    schema(Row::columns().chain([part]))
});

/// Where the parts begin and end.
#[pyfunction]
#[pyo3(name = "split", signature = (rows_by_hour, young_from, *, window_ms, calibrate_ms, test_ms, test_after=None))]
pub fn parts<'py>(
    py: Python<'py>,
    rows_by_hour: BTreeMap<i64, u64>,
    young_from: i64,
    window_ms: i64,
    calibrate_ms: i64,
    test_ms: i64,
    test_after: Option<i64>,
) -> PyResult<Bound<'py, PyAny>> {
    let spans = Spans {
        window_ms,
        calibrate_ms,
        test_ms,
    };
    let test_after = test_after.map(time).transpose()?;
    let split = Split::of(&rows_by_hour, time(young_from)?, test_after, spans);
    let split = split.map_err(|error| PyValueError::new_err(error.to_string()))?;
    to_python(py, &split)
}

/// One pass over the edits of a data set; for one thread at a time.
#[pyclass(module = "wikisentry")]
pub struct DatasetPass {
    pass: wikisentry_learning::DatasetPass,
    table: TableBuilder,
}

#[pymethods]
impl DatasetPass {
    #[new]
    #[pyo3(signature = (split, *, rows, maturity_ms, champion_text=None, test_after=None, seed=0))]
    fn new(
        split: &Bound<'_, PyAny>,
        rows: u64,
        maturity_ms: i64,
        champion_text: Option<&[u8]>,
        test_after: Option<i64>,
        seed: u64,
    ) -> PyResult<Self> {
        let split: Split = from_python(split)?;
        let champion = match champion_text {
            Some(bytes) => TextWeights::from_bytes(bytes)
                .map_err(|error| PyValueError::new_err(error.to_string()))?,
            None => TextWeights::of_program().clone(),
        };
        let options = PassOptions {
            split,
            test_after: test_after.map(time).transpose()?,
            maturity_ms,
            champion_text: champion,
            rows,
            seed,
        };
        Ok(Self {
            pass: wikisentry_learning::DatasetPass::new(options),
            table: TableBuilder::new(SCHEMA.clone()),
        })
    }

    /// The next edits; gives the rows that come of them.
    fn take(&mut self, py: Python<'_>, edits: Table) -> PyResult<Array> {
        py.detach(|| {
            lake::each(&edits, |rows| self.rows(rows))?;
            let batch = self.table.finish().map_err(invalid)?;
            Ok(Array(Arc::new(StructArray::from(batch))))
        })
    }

    /// What became of the edits, and the weights of `text_risk` of the trial and of the refit.
    fn finish<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let pass = &self.pass;
        let [trial, refit] = py.detach(|| pass.text_weights().map(|text| text.to_bytes()));
        let report = to_python(py, pass.report())?;
        report.set_item("maturity", to_python(py, &pass.maturity())?)?;
        Ok((report, PyBytes::new(py, &trial), PyBytes::new(py, &refit)))
    }
}

impl DatasetPass {
    fn rows(&mut self, rows: &Rows<'_>) -> PyResult<()> {
        let hours: &Int64Array = rows.beside("hour_ms")?;
        let kinds: &StringArray = rows.beside("label_kind")?;
        let sources: &StringArray = rows.beside("label_source")?;
        let delays: &Int64Array = rows.beside("label_delay")?;
        for row in 0..rows.len() {
            let label = || -> PyResult<KnownLabel> {
                if sources.is_null(row) || delays.is_null(row) {
                    let what =
                        "an edit with a `label_kind` has a `label_source` and a `label_delay`";
                    return Err(PyValueError::new_err(what));
                }
                Ok(KnownLabel {
                    kind: named("kind", kinds.value(row), LabelKind::ALL, LabelKind::name)?,
                    source: named(
                        "source",
                        sources.value(row),
                        LabelSource::ALL,
                        LabelSource::name,
                    )?,
                    delay_seconds: delays.value(row),
                })
            };
            let label = kinds.is_valid(row).then(label).transpose()?;
            let edit = rows.edit(row);
            if let Some(new) = self.pass.next(&edit, hours.value(row), label) {
                let mut cells = new.push(&edit, &mut self.table);
                cells.text(new.part.name());
            }
        }
        Ok(())
    }
}

/// The kind or source of that name.
fn named<T: Copy>(
    what: &str,
    name: &str,
    all: impl IntoIterator<Item = T>,
    name_of: impl Fn(T) -> &'static str,
) -> PyResult<T> {
    let found = all.into_iter().find(|one| name_of(*one) == name);
    found.ok_or_else(|| PyValueError::new_err(format!("`{name}` is no {what} of a label")))
}
