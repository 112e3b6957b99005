//! Which edits were reverted as damage: the labeler over raw events, and what a summary says.

use super::arrow::{Events, Table};
use super::convert::{time, to_python};
use super::lake::{self, Rows};
use pyo3::prelude::*;
use serde::Serialize;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::labels::{self, Label, LabelerSettings, RevertSummary, SeenEdit};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// Remembers the edits of its window; for one thread at a time.
#[pyclass(module = "wikisentry")]
pub struct Labeler {
    labeler: labels::Labeler,
    unreadable: u64,
    /// How often its clock was moved on.
    moved: u64,
}

/// Counts since the labeler was made.
#[derive(Serialize)]
struct Counters {
    edits: u64,
    duplicates: u64,
    unusable: u64,
    dropped: u64,
    manual: u64,
    contradicted: u64,
    labels: u64,
    unreadable: u64,
    edits_held: usize,
}

#[pymethods]
impl Labeler {
    #[new]
    #[pyo3(signature = (*, window_ms=None, margin_ms=None, hold_ms=None, max_edits=None))]
    fn new(
        window_ms: Option<i64>,
        margin_ms: Option<i64>,
        hold_ms: Option<i64>,
        max_edits: Option<usize>,
    ) -> Self {
        let usual = LabelerSettings::default();
        let settings = LabelerSettings {
            window_ms: window_ms.unwrap_or(usual.window_ms),
            margin_ms: margin_ms.unwrap_or(usual.margin_ms),
            hold_ms: hold_ms.unwrap_or(usual.hold_ms),
            max_edits: max_edits.unwrap_or(usual.max_edits),
        };
        Self {
            labeler: labels::Labeler::new(settings),
            unreadable: 0,
            moved: 0,
        }
    }

    /// Events in the order of their streams; gives the labels that follow from them.
    fn take<'py>(&mut self, py: Python<'py>, events: Events) -> PyResult<Bound<'py, PyAny>> {
        let Self {
            labeler,
            unreadable,
            ..
        } = self;
        let labels = py.detach(|| {
            let mut labels = Vec::new();
            for payload in events.payloads() {
                match Event::parse(payload) {
                    Ok(event) => match &event.body {
                        Body::Edit(edit) => {
                            if let Some(seen) = SeenEdit::of(edit, event.revert) {
                                labeler.edit(&seen, &mut labels);
                            }
                        }
                        Body::LabelFact(change) => labeler.tags(change, &mut labels),
                        Body::RevertRisk(_) | Body::Canary | Body::Other { .. } => {}
                    },
                    Err(_) => *unreadable += 1,
                }
            }
            labels
        });
        to_python(py, &labels)
    }

    /// Rows of the lake in the order of their times, with label facts between them.
    fn take_rows<'py>(&mut self, py: Python<'py>, rows: Table) -> PyResult<Bound<'py, PyAny>> {
        let mut labels = Vec::new();
        py.detach(|| lake::each(&rows, |rows| self.rows(rows, &mut labels)))?;
        to_python(py, &labels)
    }

    /// Moves the clock on to a time, as an edit elsewhere would.
    fn advance<'py>(&mut self, py: Python<'py>, time_ms: i64) -> PyResult<Bound<'py, PyAny>> {
        let mut labels = Vec::new();
        let nowhere = SeenEdit {
            wiki: "".into(),
            page_title: "".into(),
            page_id: None,
            rev_id: 1,
            rev_old_id: None,
            user: None,
            user_type: UserType::Bot,
            event_time: time(time_ms)?,
            comment: None,
            revert: None,
        };
        self.labeler.edit(&nowhere, &mut labels);
        self.moved += 1;
        to_python(py, &labels)
    }

    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let counters = self.labeler.counters();
        let counters = Counters {
            edits: counters.edits - self.moved,
            duplicates: counters.duplicates - self.moved.saturating_sub(1),
            unusable: counters.unusable,
            dropped: counters.dropped,
            manual: counters.manual,
            contradicted: counters.contradicted,
            labels: counters.labels,
            unreadable: self.unreadable,
            edits_held: self.labeler.edits_held() - usize::from(self.moved > 0),
        };
        to_python(py, &counters)
    }
}

impl Labeler {
    fn rows(&mut self, rows: &Rows<'_>, labels: &mut Vec<Label>) -> PyResult<()> {
        for row in 0..rows.len() {
            match rows.fact(row) {
                Some(payload) => self.fact(payload, rows.time(row), labels),
                None => {
                    let edit = rows.edit(row);
                    if let Some(seen) = SeenEdit::of(&edit, None) {
                        self.labeler.edit(&seen, labels);
                    }
                }
            }
        }
        Ok(())
    }

    /// A change of tags, or an edit that says what it reverts, not later than `last`.
    fn fact(&mut self, payload: &[u8], last: EventTime, labels: &mut Vec<Label>) {
        let Ok(event) = Event::parse(payload) else {
            self.unreadable += 1;
            return;
        };
        match event.body {
            Body::LabelFact(mut change) => {
                change.time = change.time.min(last);
                self.labeler.tags(&change, labels);
            }
            Body::Edit(edit) if event.revert.is_some() => {
                if let Some(mut seen) = SeenEdit::of(&edit, event.revert) {
                    seen.event_time = seen.event_time.min(last);
                    self.labeler.edit(&seen, labels);
                }
            }
            _ => {}
        }
    }
}

/// A summary that reverts.
#[derive(Default, Serialize)]
struct Summary {
    kind: &'static str,
    rev_id: Option<i64>,
    user: Option<String>,
    to_user: Option<String>,
}

/// What an edit summary says of the edits it undoes; `None` if it says nothing.
#[pyfunction]
pub fn revert_summary<'py>(
    py: Python<'py>,
    wiki: &str,
    comment: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let plain = Summary::default();
    let summary = match RevertSummary::read(wiki, comment) {
        None => return Ok(None),
        Some(RevertSummary::Undo { rev_id, user }) => Summary {
            kind: "undo",
            rev_id: Some(rev_id),
            user,
            ..plain
        },
        Some(RevertSummary::ToRevision { rev_id }) => Summary {
            kind: "to_revision",
            rev_id: Some(rev_id),
            ..plain
        },
        Some(RevertSummary::Rollback { user, to_user }) => Summary {
            kind: "rollback",
            user,
            to_user,
            ..plain
        },
        Some(RevertSummary::Manual) => Summary {
            kind: "manual",
            ..plain
        },
    };
    to_python(py, &summary).map(Some)
}
