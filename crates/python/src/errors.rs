//! Errors of the core as exceptions, with the text that they have in Rust.

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use wikisentry_core::evaluation::EvaluationError as CoreEvaluationError;
use wikisentry_core::predict::{Prediction, RequestError as CoreRequestError};

create_exception!(wikisentry, Error, PyException, "Any error of this module.");
create_exception!(
    wikisentry,
    EventError,
    Error,
    "A raw event cannot be read, or is no edit."
);
create_exception!(
    wikisentry,
    ModelError,
    Error,
    "A model, its card or its weights are refused."
);
create_exception!(
    wikisentry,
    RequestError,
    Error,
    "The body of a request is refused. `kind`: `malformed`, `too_many` or `event`; `help`: what to send."
);
create_exception!(
    wikisentry,
    EvaluationError,
    Error,
    "Rows cannot be evaluated."
);
create_exception!(
    wikisentry,
    RuleError,
    Error,
    "A rule of alerts is out of its range."
);

/// The body of a request that was refused, with its kind and its help as attributes.
pub fn request(py: Python<'_>, error: &CoreRequestError) -> PyErr {
    let kind = match error {
        CoreRequestError::Empty | CoreRequestError::NotAnArray(_) => "malformed",
        CoreRequestError::TooMany => "too_many",
        CoreRequestError::Event(_) => "event",
    };
    let raised = RequestError::new_err(error.to_string());
    let value = raised.value(py);
    let named = value
        .setattr("kind", kind)
        .and_then(|()| value.setattr("help", error.help()));
    named.map_or_else(|failed| failed, |()| raised)
}

/// An event that must be an edit and is none, or cannot be read.
pub fn no_edit(refused: &Prediction<'_>) -> PyErr {
    match refused {
        Prediction::Refused { error, .. } => EventError::new_err(error.clone()),
        Prediction::Scored { .. } => PyValueError::new_err("the event is an edit"),
    }
}

pub fn evaluation(error: CoreEvaluationError) -> PyErr {
    EvaluationError::new_err(error.to_string())
}

pub fn model(error: impl std::fmt::Display) -> PyErr {
    ModelError::new_err(error.to_string())
}
