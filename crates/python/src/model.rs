//! A model version that scores raw events, classifies and explains them.

use super::arrow::{Array, Column, Events, Payload};
use super::convert::{time, to_python};
use super::errors::{self, no_edit};
use super::events;
use arrow_array::Float64Array;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;
use std::sync::Arc;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::edit::Edit;
use wikisentry_core::explained::{Explained, Explaining};
use wikisentry_core::features::COUNT;
use wikisentry_core::model::version::{VersionError, check_files, check_identity};
use wikisentry_core::model::{Explainer, Scorer, XgboostError, bootstrap};
use wikisentry_core::predict::{self, RequestError, answer, edit_of};
use wikisentry_core::scoring::Scoring;
use wikisentry_core::text::Text;

/// Reasons that an explanation names where nothing else is asked for, as `wikisentry explain` does.
const TOP: usize = 8;

/// Immutable: threads may share it.
#[pyclass(frozen, module = "wikisentry")]
pub struct Model {
    scoring: Scorable,
}

/// A model that scores, and tells why if its file says how many rows went through each node.
enum Scorable {
    Explained(Box<Explaining>),
    Silent(Box<Scorer>, XgboostError),
}

impl Model {
    fn read(
        model: &[u8],
        card: &[u8],
        text: Option<&[u8]>,
        version: Option<(&str, u32)>,
        folder: &str,
    ) -> PyResult<Self> {
        let refused = |error: VersionError| match (folder, error.file()) {
            ("", _) => errors::model(error),
            (_, None) => errors::model(format!("{folder}: {error}")),
            (_, Some(_)) => errors::model(format!("{folder}/{error}")),
        };
        let scorer = check_files(model, card, text).map_err(refused)?;
        if let Some((name, number)) = version {
            check_identity(name, number, scorer.card()).map_err(refused)?;
        }
        let scoring = match Explainer::from_json(model) {
            Ok(explainer) => Scorable::Explained(Box::new(Explaining { scorer, explainer })),
            Err(error) => Scorable::Silent(Box::new(scorer), error),
        };
        Ok(Self { scoring })
    }

    fn scorer(&self) -> &Scorer {
        match &self.scoring {
            Scorable::Explained(explaining) => &explaining.scorer,
            Scorable::Silent(scorer, _) => scorer,
        }
    }

    fn explained(&self, edit: &Edit<'_>, top: usize) -> PyResult<Explained> {
        match &self.scoring {
            Scorable::Explained(explaining) => {
                Explained::of(edit, None, explaining, top).map_err(errors::model)
            }
            Scorable::Silent(_, error) => Err(errors::model(error)),
        }
    }
}

#[pymethods]
impl Model {
    /// Reads and checks the files of a version.
    #[staticmethod]
    #[pyo3(signature = (model, card, text_risk=None, *, version=None, folder=""))]
    fn load(
        py: Python<'_>,
        model: &[u8],
        card: &[u8],
        text_risk: Option<&[u8]>,
        version: Option<(String, u32)>,
        folder: &str,
    ) -> PyResult<Self> {
        let version = version
            .as_ref()
            .map(|(name, number)| (name.as_str(), *number));
        py.detach(|| Self::read(model, card, text_risk, version, folder))
    }

    /// The model inside the wheel, which is the one inside the program.
    #[staticmethod]
    fn bootstrap(py: Python<'_>) -> PyResult<Self> {
        let (model, card) = (bootstrap::MODEL, bootstrap::CARD);
        py.detach(|| Self::read(model, card, None, None, "(bootstrap)"))
    }

    #[getter]
    fn version(&self) -> &str {
        self.scorer().version()
    }

    #[getter]
    fn name(&self) -> &str {
        &self.scorer().card().name
    }

    #[getter]
    fn number(&self) -> u32 {
        self.scorer().card().version
    }

    #[getter]
    fn card<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, self.scorer().card())
    }

    fn __repr__(&self) -> String {
        format!("<wikisentry.Model {}>", self.version())
    }

    fn features(&self, py: Python<'_>, events: Events) -> PyResult<Array> {
        py.detach(|| events::table(&events, self.scorer().text()))
    }

    #[pyo3(signature = (events, *, score_bots=false))]
    fn score(&self, py: Python<'_>, events: Events, score_bots: bool) -> Array {
        let scores = py.detach(|| {
            let payloads = events.payloads();
            let mut edits = Vec::with_capacity(payloads.len());
            let mut is_edit = Vec::with_capacity(payloads.len());
            for payload in payloads {
                let edit = edit_of(payload);
                is_edit.push(edit.is_ok());
                edits.extend(edit);
            }
            let scores = Scoring::new().score(self.scorer(), &edits, score_bots);
            let mut scores = scores.into_iter();
            let each = is_edit.into_iter();
            each.map(|is_edit| match is_edit {
                true => scores.next().flatten().map(|score| score.score),
                false => None,
            })
            .collect::<Float64Array>()
        });
        Array(Arc::new(scores))
    }

    /// Rows of features follow each other in one column.
    fn score_rows(&self, py: Python<'_>, rows: Column<f32>) -> PyResult<Array> {
        if !rows.0.len().is_multiple_of(COUNT) {
            let error = format!(
                "{} values are no whole rows of {COUNT} features",
                rows.0.len()
            );
            return Err(PyValueError::new_err(error));
        }
        let scores = py.detach(|| {
            let mut scores = Vec::with_capacity(rows.0.len() / COUNT);
            self.scorer().score_batch(&rows.0, &mut scores);
            scores
                .iter()
                .map(|score| Some(score.score))
                .collect::<Float64Array>()
        });
        Ok(Array(Arc::new(scores)))
    }

    #[pyo3(signature = (events, *, score_bots=false))]
    fn predict<'py>(
        &self,
        py: Python<'py>,
        events: Events,
        score_bots: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let answers = py.detach(|| {
            let payloads = events.payloads();
            predict::predict(&mut Scoring::new(), self.scorer(), payloads, score_bots)
        });
        to_python(py, &answers)
    }

    #[pyo3(signature = (body, *, score_bots=false))]
    fn answer<'py>(
        &self,
        py: Python<'py>,
        body: &[u8],
        score_bots: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let answered = py.detach(|| answer(body, self.scorer(), score_bots).map(|a| json(&a)));
        let answered = answered.map_err(|error| errors::request(py, &error))?;
        Ok(PyBytes::new(py, &answered?))
    }

    #[pyo3(signature = (events, ingest_times, score_time, *, score_bots=false))]
    fn classify<'py>(
        &self,
        py: Python<'py>,
        events: Events,
        ingest_times: Vec<i64>,
        score_time: i64,
        score_bots: bool,
    ) -> PyResult<Vec<Option<Bound<'py, PyBytes>>>> {
        let records = py.detach(|| self.records(&events, &ingest_times, score_time, score_bots))?;
        let bytes = |record: Vec<u8>| PyBytes::new(py, &record);
        Ok(records
            .into_iter()
            .map(|record| record.map(bytes))
            .collect())
    }

    #[pyo3(signature = (event, *, top=TOP))]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        event: Payload,
        top: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let explained = py.detach(|| {
            let edit = edit_of(event.as_bytes()).map_err(|refused| no_edit(&refused))?;
            self.explained(&edit, top)
        })?;
        to_python(py, &explained)
    }

    #[pyo3(signature = (body, *, top=TOP))]
    fn explain_answer<'py>(
        &self,
        py: Python<'py>,
        body: &[u8],
        top: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        predict::is_array(body).map_err(|error| errors::request(py, &error))?;
        let edit = edit_of(body).map_err(|refused| {
            let reason = no_edit(&refused).value(py).to_string();
            errors::request(py, &RequestError::Event(reason))
        })?;
        let explained = py.detach(|| self.explained(&edit, top).and_then(|it| json(&it)))?;
        Ok(PyBytes::new(py, &explained))
    }
}

impl Model {
    /// The records of `edits.classified`; `None` for events that are no edit.
    fn records(
        &self,
        events: &Events,
        ingest_times: &[i64],
        score_time: i64,
        score_bots: bool,
    ) -> PyResult<Vec<Option<Vec<u8>>>> {
        let payloads = events.payloads();
        if payloads.len() != ingest_times.len() {
            let (events, times) = (payloads.len(), ingest_times.len());
            let error = format!("{times} ingest times for {events} events");
            return Err(PyValueError::new_err(error));
        }
        let score_time = time(score_time)?;
        let (mut edits, mut arrivals) = (Vec::new(), Vec::new());
        let mut is_edit = Vec::with_capacity(payloads.len());
        for (payload, ingest) in payloads.into_iter().zip(ingest_times) {
            let ingest = time(*ingest)?;
            let edit = edit_of(payload);
            is_edit.push(edit.is_ok());
            if let Ok(mut edit) = edit {
                // As the pipeline does it, before the features are computed.
                edit.event_time = edit.event_time.bounded(ingest);
                edits.push(edit);
                arrivals.push(ingest);
            }
        }
        let scores = Scoring::new().score(self.scorer(), &edits, score_bots);
        let mut records =
            edits
                .into_iter()
                .zip(scores)
                .zip(arrivals)
                .map(|((edit, score), ingest_time)| {
                    json(&ClassifiedEdit {
                        edit,
                        classification: Classification {
                            score: score.map(|score| score.score),
                            class: score.map(|score| Text::from(score.class)),
                            model_version: score.map(|_| Text::from(self.version())),
                            ingest_time,
                            score_time,
                        },
                    })
                });
        let each = is_edit.into_iter();
        each.map(|is_edit| {
            if is_edit {
                records.next().transpose()
            } else {
                Ok(None)
            }
        })
        .collect()
    }
}

fn json(record: &impl Serialize) -> PyResult<Vec<u8>> {
    serde_json::to_vec(record).map_err(|error| PyValueError::new_err(error.to_string()))
}
