//! Raw events: read, routed, and turned into rows of features.

use super::arrow::{Array, Events, Payload, invalid};
use super::convert::to_python;
use super::errors::EventError;
use arrow_array::builder::Float32Builder;
use arrow_array::{ArrayRef, RecordBatch, StructArray};
use arrow_schema::{DataType, Field, Schema};
use pyo3::prelude::*;
use serde::Serialize;
use std::sync::Arc;
use wikisentry_core::edit::Edit;
use wikisentry_core::event::{Body, Event, RevertRange, RevertRisk, TagChange};
use wikisentry_core::features::{COUNT, NAMES, TextWeights, extract};
use wikisentry_core::predict::edit_of;
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// An event as [`parse`] gives it: its body under one name of four, or none.
#[derive(Serialize)]
struct Parsed<'e> {
    id: &'e Option<Text<'e>>,
    time: Option<EventTime>,
    /// `edit`, `tags`, `revert_risk`, `canary`, or the event's own type.
    kind: &'e str,
    topic: Option<&'static str>,
    is_page_change: bool,
    revert: Option<RevertRange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<&'e Edit<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'e TagChange<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revert_risk: Option<&'e RevertRisk<'e>>,
}

/// Reads one raw event.
#[pyfunction]
pub fn parse<'py>(py: Python<'py>, event: Payload) -> PyResult<Bound<'py, PyAny>> {
    let event = Event::parse(event.as_bytes()).map_err(|e| EventError::new_err(e.to_string()))?;
    let mut parsed = Parsed {
        id: &event.id,
        time: event.time,
        kind: "canary",
        topic: event.route().map(|topic| topic.name()),
        is_page_change: event.is_page_change,
        revert: event.revert,
        edit: None,
        tags: None,
        revert_risk: None,
    };
    match &event.body {
        Body::Canary => {}
        Body::Other { kind } => parsed.kind = kind,
        Body::Edit(edit) => (parsed.kind, parsed.edit) = ("edit", Some(&**edit)),
        Body::LabelFact(tags) => (parsed.kind, parsed.tags) = ("tags", Some(&**tags)),
        Body::RevertRisk(risk) => {
            (parsed.kind, parsed.revert_risk) = ("revert_risk", Some(&**risk))
        }
    }
    to_python(py, &parsed)
}

/// The type of a user by its name, which is `None` if hidden, and its bot flag.
#[pyfunction]
#[pyo3(signature = (name, bot=false))]
pub fn user_type(name: Option<&str>, bot: bool) -> &'static str {
    UserType::of(name, bot).name()
}

/// The features of each event, with the program's own weights of `text_risk`.
#[pyfunction]
pub fn features(py: Python<'_>, events: Events) -> PyResult<Array> {
    py.detach(|| table(&events, TextWeights::of_program()))
}

/// A column for each feature and a row for each event: null is missing, and so is all of an event that
/// is no edit.
pub fn table(events: &Events, text: &TextWeights) -> PyResult<Array> {
    let payloads = events.payloads();
    let mut columns: Vec<Float32Builder> = (0..COUNT)
        .map(|_| Float32Builder::with_capacity(payloads.len()))
        .collect();
    let mut row = [f32::NAN; COUNT];
    for payload in payloads {
        match edit_of(payload) {
            Ok(edit) => extract(&edit, text, &mut row),
            Err(_) => row.fill(f32::NAN),
        }
        for (column, value) in columns.iter_mut().zip(row) {
            column.append_option((!value.is_nan()).then_some(value));
        }
    }
    let fields: Vec<Field> = NAMES
        .iter()
        .map(|name| Field::new(*name, DataType::Float32, true))
        .collect();
    let columns = columns
        .iter_mut()
        .map(|column| Arc::new(column.finish()) as ArrayRef);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.collect());
    Ok(Array(Arc::new(StructArray::from(batch.map_err(invalid)?))))
}
