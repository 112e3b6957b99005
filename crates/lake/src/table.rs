//! Tables in Arrow's columns, written and read row by row, value by value in the order of the
//! columns.

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, ListBuilder, PrimitiveBuilder, StringBuilder, make_builder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMillisecondType};
use arrow_array::{
    Array, ArrowPrimitiveType, BooleanArray, ListArray, PrimitiveArray, RecordBatch, StringArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;

/// The type of times: milliseconds, UTC.
pub fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// A schema of columns by name, type and whether they may have nulls.
pub fn schema<'n>(columns: impl IntoIterator<Item = (&'n str, DataType, bool)>) -> SchemaRef {
    let columns = columns.into_iter();
    let fields = columns.map(|(name, kind, nullable)| Field::new(name, kind, nullable));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The rows of a schema, in the making.
pub struct TableBuilder {
    schema: SchemaRef,
    columns: Vec<Box<dyn ArrayBuilder>>,
}

/// A row in the making: one value for each column, in their order.
///
/// Each method panics if the next column is of another type.
pub struct NewRow<'t> {
    columns: std::slice::IterMut<'t, Box<dyn ArrayBuilder>>,
    text_bytes: usize,
}

impl TableBuilder {
    /// A table without rows, which takes hardly any memory.
    pub fn new(schema: SchemaRef) -> Self {
        let fields = schema.fields().iter();
        Self {
            columns: fields.map(|field| builder(field.data_type())).collect(),
            schema,
        }
    }

    /// Rows that [`TableBuilder::finish`] has not given out.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.len())
    }

    /// Begins a row, which must get a value for every column.
    pub fn row(&mut self) -> NewRow<'_> {
        NewRow {
            columns: self.columns.iter_mut(),
            text_bytes: 0,
        }
    }

    /// Gives the rows out, and is empty then.
    ///
    /// # Errors
    /// If a row did not get a value for every column, or a column has a null that may have none.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let columns = self.columns.iter_mut().map(|column| column.finish());
        RecordBatch::try_new(self.schema.clone(), columns.collect())
    }
}

/// A builder that grows as values come: there may be very many tables of a few rows.
fn builder(kind: &DataType) -> Box<dyn ArrayBuilder> {
    let text = || StringBuilder::with_capacity(0, 0);
    match kind {
        DataType::Utf8 => Box::new(text()),
        DataType::List(of) => {
            Box::new(ListBuilder::with_capacity(text(), 0).with_field(of.clone()))
        }
        kind => make_builder(kind, 0),
    }
}

impl NewRow<'_> {
    fn next<B: ArrayBuilder>(&mut self) -> &mut B {
        let column = self
            .columns
            .next()
            .expect("a row has as many values as columns");
        let column = column.as_any_mut().downcast_mut();
        column.expect("values have the types of their columns, in their order")
    }

    pub fn text<'v>(&mut self, value: impl Into<Option<&'v str>>) {
        let value = value.into();
        self.text_bytes += value.map_or(0, str::len);
        self.next::<StringBuilder>().append_option(value);
    }

    pub fn texts(&mut self, values: Option<&[Text<'_>]>) {
        for value in values.unwrap_or_default() {
            self.text_bytes += value.len() + size_of::<i32>();
        }
        let list = self.next::<ListBuilder<StringBuilder>>();
        for value in values.unwrap_or_default() {
            list.values().append_value(value.as_str());
        }
        list.append(values.is_some());
    }

    pub fn flag(&mut self, value: impl Into<Option<bool>>) {
        self.next::<BooleanBuilder>().append_option(value.into());
    }

    pub fn number<T: ArrowPrimitiveType>(&mut self, value: impl Into<Option<T::Native>>) {
        self.next::<PrimitiveBuilder<T>>()
            .append_option(value.into());
    }

    pub fn integer(&mut self, value: impl Into<Option<i64>>) {
        self.number::<Int64Type>(value);
    }

    pub fn time(&mut self, value: impl Into<Option<EventTime>>) {
        let millis = value.into().map(EventTime::as_millis);
        self.number::<TimestampMillisecondType>(millis);
    }

    /// Bytes of the texts in it, with the offsets of those in lists.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }
}

/// A column by its name; `None` if there is none of this type.
pub fn column<'b, A: Array + 'static>(batch: &'b RecordBatch, name: &str) -> Option<&'b A> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

/// Columns of a batch that was read, in the order in which they were asked for.
pub(crate) struct Columns<'b>(Vec<&'b dyn Array>);

/// The values of a row that was read: each method gives that of the next column; `None` is null.
///
/// Each method panics if the next column is of another type.
pub(crate) struct Values<'c, 'b> {
    columns: std::slice::Iter<'c, &'b dyn Array>,
    row: usize,
}

impl<'b> Columns<'b> {
    /// # Errors
    /// Says which column is missing, of another type than in `schema`, or has a time outside of the
    /// years 1 to 9999.
    pub(crate) fn of(
        batch: &'b RecordBatch,
        names: &[&str],
        schema: &Schema,
    ) -> Result<Self, String> {
        let checked = |name: &&str| {
            let column = batch.column_by_name(name);
            let column = column.ok_or_else(|| format!("there is no column `{name}`"))?;
            let wanted = schema.field_with_name(name);
            let wanted = wanted.map_err(|error| error.to_string())?.data_type();
            if !is_same(column.data_type(), wanted) {
                return Err(format!("column `{name}` is of another type"));
            }
            let times = column.as_primitive_opt::<TimestampMillisecondType>();
            let mut times = times.into_iter().flatten().flatten();
            if times.any(|millis| EventTime::from_millis(millis).is_none()) {
                return Err(format!("column `{name}` holds a time out of range"));
            }
            Ok(column.as_ref())
        };
        names
            .iter()
            .map(checked)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(crate) fn row(&self, row: usize) -> Values<'_, 'b> {
        let columns = self.0.iter();
        Values { columns, row }
    }
}

/// Whether two types have the same values; other engines name zones and elements in other ways.
fn is_same(found: &DataType, wanted: &DataType) -> bool {
    match (found, wanted) {
        (DataType::Timestamp(found, _), DataType::Timestamp(wanted, _)) => found == wanted,
        (DataType::List(found), DataType::List(wanted)) => found.data_type() == wanted.data_type(),
        (found, wanted) => found == wanted,
    }
}

impl<'b> Values<'_, 'b> {
    fn next<A: Array + 'static>(&mut self) -> Option<&'b A> {
        let column: &'b dyn Array = *self
            .columns
            .next()
            .expect("a row has a value of each column");
        let column: Option<&A> = column.as_any().downcast_ref();
        let column = column.expect("values have the types of their columns, in their order");
        column.is_valid(self.row).then_some(column)
    }

    pub(crate) fn text(&mut self) -> Option<Text<'b>> {
        let column = self.next::<StringArray>()?;
        Some(column.value(self.row).into())
    }

    pub(crate) fn texts(&mut self) -> Option<Vec<Text<'b>>> {
        let column = self.next::<ListArray>()?;
        let offsets = column.value_offsets();
        let range = offsets[self.row] as usize..offsets[self.row + 1] as usize;
        let texts = column.values().as_string_opt::<i32>()?;
        Some(range.map(|at| texts.value(at).into()).collect())
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        let column = self.next::<BooleanArray>()?;
        Some(column.value(self.row))
    }

    pub(crate) fn number<T: ArrowPrimitiveType>(&mut self) -> Option<T::Native> {
        let column = self.next::<PrimitiveArray<T>>()?;
        Some(column.value(self.row))
    }

    pub(crate) fn integer(&mut self) -> Option<i64> {
        self.number::<Int64Type>()
    }

    pub(crate) fn time(&mut self) -> Option<EventTime> {
        let millis = self.number::<TimestampMillisecondType>()?;
        Some(EventTime::from_millis(millis).expect("the times of a batch were looked at"))
    }
}
