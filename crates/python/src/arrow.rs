//! Columns to and from Python by Arrow's C data interface
//! (<https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>): pyarrow, polars,
//! pandas, DuckDB and others pass them without a copy, and none of them is needed here.

use arrow_array::cast::AsArray;
use arrow_array::ffi::to_ffi;
use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_array::types::{Float32Type, Float64Type, Int64Type, UInt64Type};
use arrow_array::{Array as _, ArrayRef, RecordBatch, make_array};
use arrow_pyarrow::FromPyArrow;
use arrow_schema::DataType;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyCapsule;

/// A column or a table: `pyarrow.array`, `pyarrow.record_batch`, `polars.Series` and `polars.DataFrame`
/// take it.
#[pyclass(frozen, module = "wikisentry")]
pub struct Array(pub ArrayRef);

#[pymethods]
impl Array {
    /// The protocol allows to ignore the schema that is asked for.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema;
        let (array, schema) = to_ffi(&self.0.to_data()).map_err(invalid)?;
        let schema = PyCapsule::new_with_value(py, schema, c"arrow_schema")?;
        let array = PyCapsule::new_with_value(py, array, c"arrow_array")?;
        Ok((schema, array))
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn __repr__(&self) -> String {
        match self.0.data_type() {
            DataType::Struct(fields) => {
                format!(
                    "<wikisentry.Array: {} rows of {} columns>",
                    self.0.len(),
                    fields.len()
                )
            }
            kind => format!("<wikisentry.Array: {} of {kind}>", self.0.len()),
        }
    }
}

/// Raw events: a sequence of `bytes` or `str`, a column of them, or a table of that one column.
pub enum Events {
    Bytes(Vec<PyBackedBytes>),
    Mixed(Vec<Payload>),
    Columns(Vec<ArrayRef>),
}

/// One raw event as Python holds it.
#[derive(FromPyObject)]
pub enum Payload {
    Bytes(PyBackedBytes),
    Text(PyBackedStr),
}

impl Payload {
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }
}

const EVENTS: &str = "expected raw events: a list of bytes or str, an Arrow column of them, or a table \
                      with that one column";

impl<'py> FromPyObject<'_, 'py> for Events {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Some(columns) = columns(&value)? {
            let is_text = |array: &ArrayRef| payloads_of(array).is_some();
            return match columns.iter().all(is_text) {
                true => Ok(Self::Columns(columns)),
                false => Err(PyTypeError::new_err(EVENTS)),
            };
        }
        if let Ok(bytes) = value.extract() {
            return Ok(Self::Bytes(bytes));
        }
        let mixed = value.extract().map_err(|_| PyTypeError::new_err(EVENTS))?;
        Ok(Self::Mixed(mixed))
    }
}

impl Events {
    /// The bytes of each event; a null of Arrow is empty.
    pub fn payloads(&self) -> Vec<&[u8]> {
        match self {
            Self::Bytes(events) => events.iter().map(|event| &**event).collect(),
            Self::Mixed(events) => events.iter().map(Payload::as_bytes).collect(),
            Self::Columns(columns) => columns.iter().filter_map(payloads_of).flatten().collect(),
        }
    }
}

/// The columns of an object of Arrow, one for each of its chunks; `None` if it is none.
fn columns(value: &Bound<'_, PyAny>) -> PyResult<Option<Vec<ArrayRef>>> {
    if value.hasattr("__arrow_c_array__")? {
        let array = make_array(FromPyArrow::from_pyarrow_bound(value)?);
        return Ok(Some(vec![only_column(array)?]));
    }
    if !value.hasattr("__arrow_c_stream__")? {
        return Ok(None);
    }
    let batches = RecordBatchStreamReader::from_pyarrow_bound(value).map_err(|_| {
        PyTypeError::new_err("a chunked column is not taken: pass a table with that one column")
    })?;
    let mut columns = Vec::new();
    for batch in batches {
        let batch = batch.map_err(invalid)?;
        columns.push(only_column(std::sync::Arc::new(
            arrow_array::StructArray::from(batch),
        ))?);
    }
    Ok(Some(columns))
}

/// A column as it is; of a table, which must have one, that.
fn only_column(array: ArrayRef) -> PyResult<ArrayRef> {
    match array.as_struct_opt().map(arrow_array::StructArray::columns) {
        None => Ok(array),
        Some([column]) => Ok(column.clone()),
        Some(columns) => {
            let found = columns.len();
            Err(PyTypeError::new_err(format!(
                "a table of {found} columns: expected one"
            )))
        }
    }
}

fn payloads_of(array: &ArrayRef) -> Option<Vec<&[u8]>> {
    fn all<'a>(values: impl Iterator<Item = Option<&'a [u8]>>) -> Option<Vec<&'a [u8]>> {
        Some(values.map(Option::unwrap_or_default).collect())
    }
    fn bytes(text: Option<&str>) -> Option<&[u8]> {
        text.map(str::as_bytes)
    }
    match array.data_type() {
        DataType::Binary => all(array.as_binary::<i32>().iter()),
        DataType::LargeBinary => all(array.as_binary::<i64>().iter()),
        DataType::BinaryView => all(array.as_binary_view().iter()),
        DataType::Utf8 => all(array.as_string::<i32>().iter().map(bytes)),
        DataType::LargeUtf8 => all(array.as_string::<i64>().iter().map(bytes)),
        DataType::Utf8View => all(array.as_string_view().iter().map(bytes)),
        _ => None,
    }
}

/// A table, as the batches that it comes in.
pub struct Table(pub Vec<RecordBatch>);

impl<'py> FromPyObject<'_, 'py> for Table {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let expected = || PyTypeError::new_err("expected a table of Arrow");
        if value.hasattr("__arrow_c_array__")? {
            let array = make_array(FromPyArrow::from_pyarrow_bound(&value)?);
            let table = array.as_struct_opt().ok_or_else(expected)?;
            return Ok(Self(vec![RecordBatch::from(table)]));
        }
        if !value.hasattr("__arrow_c_stream__")? {
            return Err(expected());
        }
        let batches = RecordBatchStreamReader::from_pyarrow_bound(&value)?;
        let batches: Result<_, _> = batches.collect();
        Ok(Self(batches.map_err(invalid)?))
    }
}

/// A column of numbers or truth values, from Arrow without nulls or from a sequence.
pub struct Column<T>(pub Vec<T>);

/// What a [`Column`] may hold, and how it is read from Arrow.
pub trait Element: Sized {
    const NAME: &'static str;
    fn of_arrow(array: &ArrayRef) -> Option<Vec<Self>>;
}

impl Element for f64 {
    const NAME: &'static str = "float64 or float32";

    fn of_arrow(array: &ArrayRef) -> Option<Vec<Self>> {
        let wide = array.as_primitive_opt::<Float64Type>();
        let narrow = || array.as_primitive_opt::<Float32Type>();
        wide.map(|column| column.values().to_vec())
            .or_else(|| Some(narrow()?.values().iter().map(|v| f64::from(*v)).collect()))
    }
}

impl Element for f32 {
    const NAME: &'static str = "float32 or float64";

    fn of_arrow(array: &ArrayRef) -> Option<Vec<Self>> {
        let narrow = array.as_primitive_opt::<Float32Type>();
        let wide = || array.as_primitive_opt::<Float64Type>();
        narrow
            .map(|column| column.values().to_vec())
            .or_else(|| Some(wide()?.values().iter().map(|v| *v as f32).collect()))
    }
}

impl Element for u64 {
    const NAME: &'static str = "uint64 or int64";

    fn of_arrow(array: &ArrayRef) -> Option<Vec<Self>> {
        let unsigned = array.as_primitive_opt::<UInt64Type>();
        let signed = || array.as_primitive_opt::<Int64Type>();
        unsigned
            .map(|column| column.values().to_vec())
            .or_else(|| Some(signed()?.values().iter().map(|v| *v as u64).collect()))
    }
}

impl Element for bool {
    const NAME: &'static str = "bool";

    fn of_arrow(array: &ArrayRef) -> Option<Vec<Self>> {
        Some(array.as_boolean_opt()?.values().iter().collect())
    }
}

impl<'py, T> FromPyObject<'_, 'py> for Column<T>
where
    T: Element + for<'a> FromPyObject<'a, 'py>,
{
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        // polars' columns are chunked, and sequences as well.
        if !value.hasattr("__arrow_c_array__")? {
            return Ok(Self(value.extract::<Vec<T>>()?));
        }
        let mut all = Vec::new();
        for array in columns(&value)?.into_iter().flatten() {
            if array.null_count() > 0 {
                return Err(PyValueError::new_err("a column with nulls: expected none"));
            }
            let expected = || {
                let (found, name) = (array.data_type(), T::NAME);
                PyTypeError::new_err(format!("a column of {found}: expected {name}"))
            };
            all.append(&mut T::of_arrow(&array).ok_or_else(expected)?);
        }
        Ok(Self(all))
    }
}

pub fn invalid(error: arrow_schema::ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
