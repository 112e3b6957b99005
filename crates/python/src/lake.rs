//! Rows of the lake as other engines read them: tables with the columns of docs/contracts/lake.md, and
//! `user_type`, which the lake has in the names of its folders.

use super::arrow::Table;
use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, RecordBatch, StringArray};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::Path;
use wikisentry_core::edit::Edit;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::Edits;
use wikisentry_lake::table::column;

/// The edits of a batch, of all user types.
pub struct Rows<'b> {
    batch: &'b RecordBatch,
    kinds: Vec<UserType>,
    /// The same columns for each type, in their order.
    edits: Vec<Edits<'b>>,
    facts: Option<&'b BinaryArray>,
}

impl<'b> Rows<'b> {
    pub fn of(batch: &'b RecordBatch) -> PyResult<Self> {
        let refused = |error: String| PyValueError::new_err(error);
        let kinds: &StringArray = column(batch, "user_type")
            .ok_or_else(|| refused("there is no column `user_type` of strings".to_owned()))?;
        let kind = |name: Option<&str>| {
            let name = name.unwrap_or_default();
            let found = UserType::ALL.into_iter().find(|kind| kind.name() == name);
            found.ok_or_else(|| refused(format!("`{name}` is no type of a user")))
        };
        // In the order of their numbers.
        let numbered = [UserType::Bot, UserType::Anonymous, UserType::Registered];
        let edits = numbered.map(|kind| Edits::of(batch, kind, Path::new("the table")));
        let edits = edits.into_iter().collect::<Result<_, _>>();
        Ok(Self {
            batch,
            kinds: kinds.iter().map(kind).collect::<PyResult<_>>()?,
            edits: edits.map_err(|error| refused(error.to_string()))?,
            facts: batch
                .column_by_name("fact")
                .and_then(|column| column.as_binary_opt()),
        })
    }

    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    fn of_type(&self, row: usize) -> &Edits<'b> {
        &self.edits[self.kinds[row] as usize]
    }

    /// When the edit was made, as far as its arrival allows.
    pub fn time(&self, row: usize) -> EventTime {
        self.of_type(row).time(row)
    }

    pub fn edit(&self, row: usize) -> Edit<'b> {
        self.of_type(row).edit(row)
    }

    /// The raw event, if the row is a label fact instead of an edit.
    pub fn fact(&self, row: usize) -> Option<&'b [u8]> {
        let facts = self.facts.filter(|facts| facts.is_valid(row))?;
        Some(facts.value(row))
    }

    /// A column of whole numbers or of texts that stands beside those of the lake.
    pub fn beside<A: Array + 'static>(&self, name: &str) -> PyResult<&'b A> {
        let missing = || PyValueError::new_err(format!("there is no column `{name}` of its type"));
        column(self.batch, name).ok_or_else(missing)
    }
}

/// Calls `take` with the rows of each batch.
pub fn each(table: &Table, mut take: impl FnMut(&Rows<'_>) -> PyResult<()>) -> PyResult<()> {
    table.0.iter().try_for_each(|batch| take(&Rows::of(batch)?))
}
