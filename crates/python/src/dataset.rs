//! The rows of a data set, made where the lake is read by another engine: one pass over the edits in the
//! order in which the embedded platform reads them, by its own rules.

use self::sampling::{Kept, TEXT_SEED};
use self::sides::Sides;
use self::split::{Part, Spans, Split};
use self::text::{MOST_LEARNT, TEXT_OF_CHAMPION, TEXT_OF_REFIT, TextPass};
use super::arrow::{Array, Table, invalid};
use super::convert::{from_python, time, to_python};
use super::lake::{self, Rows};
use arrow_array::types::{Float32Type, UInt64Type};
use arrow_array::{Array as _, Int64Array, StringArray, StructArray};
use arrow_schema::{DataType, SchemaRef};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rustc_hash::FxHashSet;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use wikisentry_core::edit::Edit;
use wikisentry_core::features::{self, TextWeights};
use wikisentry_core::labels::{LabelKind, MaturityCurve};
use wikisentry_core::simulated::is_simulated;
use wikisentry_core::time::EventTime;
use wikisentry_lake::archive::Partition;
use wikisentry_lake::label_table::{RevisionKey, revision_key};
use wikisentry_lake::table::{TableBuilder, schema};
use wikisentry_learning::{DatasetOptions, LeftOut, PartSummary};
use xxhash_rust::xxh3::xxh3_64;

// The rules of the embedded platform, from its own sources: which part an edit is in, what is torn by a
// boundary, what is left out at random, and what `text_risk` is. Not all of each is needed here.
#[path = "../../learning/src/dataset/sampling.rs"]
#[allow(dead_code)]
mod sampling;
#[path = "../../learning/src/dataset/sides.rs"]
mod sides;
#[path = "../../learning/src/dataset/split.rs"]
#[allow(dead_code)]
mod split;
#[path = "../../learning/src/dataset/text.rs"]
#[allow(dead_code)]
mod text;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    use DataType::{Boolean, Float32, Int64, UInt64, Utf8};
    let features = features::NAMES.map(|name| (name, Float32, false));
    let beside = [
        ("label", Boolean, false),
        ("wiki", Utf8, false),
        ("rev_id", Int64, false),
        ("user_type", Utf8, false),
        ("user_hash", UInt64, false),
        ("event_time", wikisentry_lake::table::time(), false),
        ("meta_id", Utf8, false),
        (TEXT_OF_REFIT, Float32, false),
        (TEXT_OF_CHAMPION, Float32, false),
        ("part", Utf8, false),
    ];
    schema(features.into_iter().chain(beside))
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
    split: Split,
    test_after: Option<EventTime>,
    seed: u64,
    learnt: Kept,
    text: TextPass,
    sides: Sides,
    /// Revisions of the hour at hand.
    seen: (i64, FxHashSet<RevisionKey>),
    curve: MaturityCurve,
    report: Report,
    row: Vec<f32>,
    table: TableBuilder,
}

/// What became of the edits, with the names of `dataset.json`.
#[derive(Clone, Default, Serialize)]
struct Report {
    parts: BTreeMap<Part, PartSummary>,
    left_out: LeftOut,
    new_damage: u64,
    damage_by_source: BTreeMap<String, u64>,
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
        let refused = |error| PyValueError::new_err(format!("{error}"));
        let champion = match champion_text {
            Some(bytes) => TextWeights::from_bytes(bytes).map_err(refused)?,
            None => TextWeights::of_program().clone(),
        };
        Ok(Self {
            test_after: test_after.map(time).transpose()?,
            seed,
            learnt: Kept::alike(rows, MOST_LEARNT),
            text: TextPass::new(maturity_ms, champion),
            sides: Sides::of(&split),
            seen: (i64::MIN, FxHashSet::default()),
            curve: MaturityCurve::default(),
            report: Report {
                parts: Part::ALL.map(|part| (part, PartSummary::default())).into(),
                ..Report::default()
            },
            row: vec![f32::NAN; features::COUNT],
            table: TableBuilder::new(SCHEMA.clone()),
            split,
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
        let [trial, refit] = py.detach(|| self.text.finish().map(|text| text.to_bytes()));
        let report = to_python(py, &self.report)?;
        report.set_item("maturity", to_python(py, &self.curve.summary())?)?;
        Ok((report, PyBytes::new(py, &trial), PyBytes::new(py, &refit)))
    }
}

/// What is known of an edit beside the lake.
struct Known {
    hour_ms: i64,
    label: Option<LabelKind>,
    source: Option<String>,
    delay_seconds: i64,
}

impl DatasetPass {
    fn rows(&mut self, rows: &Rows<'_>) -> PyResult<()> {
        let hours: &Int64Array = rows.beside("hour_ms")?;
        let kinds: &StringArray = rows.beside("label_kind")?;
        let sources: &StringArray = rows.beside("label_source")?;
        let delays: &Int64Array = rows.beside("label_delay")?;
        for row in 0..rows.len() {
            let label = kinds.is_valid(row).then(|| kind(kinds.value(row)));
            let known = Known {
                hour_ms: hours.value(row),
                label: label.transpose()?,
                source: sources.is_valid(row).then(|| sources.value(row).to_owned()),
                delay_seconds: match delays.is_valid(row) {
                    true => delays.value(row),
                    false => 0,
                },
            };
            let lies_in = Partition::of(rows.user_type(row), rows.time(row)).start_millis();
            match lies_in == known.hour_ms {
                true => self.edit(&rows.edit(row), known),
                false => self.report.left_out.ahead += 1,
            }
        }
        Ok(())
    }

    /// In the order of the checks of the embedded platform, so that what is left out has the same reason.
    fn edit(&mut self, edit: &Edit<'_>, known: Known) {
        let report = &mut self.report;
        if self.seen.0 != known.hour_ms {
            self.seen = (known.hour_ms, FxHashSet::default());
        }
        let Some(rev_id) = edit.rev_id else {
            report.left_out.unnamed += 1;
            return;
        };
        let Some(part) = self.split.part(edit.event_time) else {
            match edit.event_time < self.split.train_from {
                true => report.left_out.old += 1,
                false => report.left_out.young += 1,
            }
            return;
        };
        let key = revision_key(&edit.wiki, rev_id);
        if !self.seen.1.insert(key) {
            report.left_out.duplicates += 1;
            return;
        }
        let title = &edit.page_title;
        if self.sides.is_torn(&edit.wiki, title, edit.event_time) {
            report.left_out.same_war += 1;
            return;
        }
        let is_damage = match known.label {
            None | Some(LabelKind::Restored) => false,
            Some(LabelKind::Damage) => true,
            Some(_) => {
                report.left_out.undecided += 1;
                return;
            }
        };
        let is_new = is_damage && Some(edit.event_time) > self.test_after;
        report.new_damage += u64::from(is_new);
        if is_damage {
            self.curve.add(known.delay_seconds);
            let source = known.source.unwrap_or_default();
            *report.damage_by_source.entry(source).or_default() += 1;
        }
        let summary = report.parts.entry(part).or_default();
        summary.rows += 1;
        summary.damage += u64::from(is_damage);
        summary.simulated += u64::from(is_simulated(&edit.meta_id));
        let from = summary.from.unwrap_or(edit.event_time);
        summary.from = Some(from.min(edit.event_time));
        summary.to = summary.to.max(Some(edit.event_time));
        self.push(edit, rev_id, part, is_damage);
    }

    fn push(&mut self, edit: &Edit<'_>, rev_id: i64, part: Part, is_damage: bool) {
        features::extract_all_but_text(edit, &mut self.row);
        let seed = self.seed.wrapping_add(TEXT_SEED);
        let key = revision_key(&edit.wiki, rev_id);
        let is_learnt = self.learnt.keeps(key, is_damage, seed);
        let text = self.text.next(edit, part, is_learnt.then_some(is_damage));
        self.row[features::TEXT_RISK] = text.trial;
        let mut row = self.table.row();
        for value in &self.row {
            row.number::<Float32Type>(*value);
        }
        row.flag(is_damage);
        row.text(&*edit.wiki);
        row.integer(rev_id);
        row.text(edit.user_type.name());
        // Hidden users are each one of their own.
        let user = edit.user.as_deref().unwrap_or(&edit.meta_id);
        row.number::<UInt64Type>(xxh3_64(user.as_bytes()));
        row.time(edit.event_time);
        row.text(&*edit.meta_id);
        row.number::<Float32Type>(text.refit);
        row.number::<Float32Type>(text.champion);
        row.text(part.name());
    }
}

fn kind(name: &str) -> PyResult<LabelKind> {
    let found = LabelKind::ALL.into_iter().find(|kind| kind.name() == name);
    found.ok_or_else(|| PyValueError::new_err(format!("`{name}` is no kind of a label")))
}
