//! The detectors of anomalies over the records of `edits.classified`.

use super::arrow::{Events, Payload};
use super::convert::{time, to_python};
use super::errors::{EventError, RuleError};
use pyo3::prelude::*;
use pythonize::depythonize;
use wikisentry_core::anomaly::{self, AlertRules};
use wikisentry_core::classified::ClassifiedEdit;

/// Remembers its windows; for one thread at a time.
#[pyclass(module = "wikisentry")]
pub struct Detectors {
    detectors: anomaly::Detectors,
}

#[pymethods]
impl Detectors {
    /// What each rule means, and its usual value, is in the section `alerts` of the settings.
    #[new]
    #[pyo3(signature = (*, high_risk_score, burst_edits, burst_window_ms, war_reverts, war_window_ms, stalled_after_ms, drift_psi, drift_window, cooldown_ms, max_per_minute))]
    #[expect(clippy::too_many_arguments, reason = "named ones, for Python")]
    fn new(
        high_risk_score: f64,
        burst_edits: u32,
        burst_window_ms: i64,
        war_reverts: u32,
        war_window_ms: i64,
        stalled_after_ms: i64,
        drift_psi: f64,
        drift_window: usize,
        cooldown_ms: i64,
        max_per_minute: u32,
    ) -> PyResult<Self> {
        let rules = AlertRules {
            high_risk_score,
            burst_edits,
            burst_window_ms,
            war_reverts,
            war_window_ms,
            stalled_after_ms,
            drift_psi,
            drift_window,
            cooldown_ms,
            max_per_minute,
        };
        let made = anomaly::Detectors::new(rules);
        let detectors = made.map_err(|error| RuleError::new_err(error.to_string()))?;
        Ok(Self { detectors })
    }

    /// The distribution of scores on a model's card, `score_reference`.
    fn set_score_reference(
        &mut self,
        model_version: &str,
        reference: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let reference = depythonize(reference)?;
        self.detectors.set_score_reference(model_version, reference);
        Ok(())
    }

    /// Records in the order of their topic; gives the alerts that they raise.
    fn observe<'py>(
        &mut self,
        py: Python<'py>,
        records: Events,
        raised_at: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let raised_at = time(raised_at)?;
        let detectors = &mut self.detectors;
        let alerts = py.detach(|| {
            let records = records.payloads();
            // All of them or none: what was taken cannot be taken back.
            let records: Vec<ClassifiedEdit<'_>> =
                records.into_iter().map(read).collect::<PyResult<_>>()?;
            let mut alerts = Vec::new();
            for record in &records {
                detectors.observe(record, raised_at, &mut alerts);
            }
            Ok::<_, PyErr>(alerts)
        })?;
        to_python(py, &alerts)
    }

    /// A record that was observed before a restart; raises nothing.
    fn warm(&mut self, record: Payload) -> PyResult<()> {
        self.detectors.warm(&read(record.as_bytes())?);
        Ok(())
    }

    /// Raises `feed_stalled` if no event came for too long.
    fn tick<'py>(
        &mut self,
        py: Python<'py>,
        now: i64,
        last_event_received: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut alerts = Vec::new();
        let last = time(last_event_received)?;
        self.detectors.tick(time(now)?, last, &mut alerts);
        to_python(py, &alerts)
    }
}

fn read(record: &[u8]) -> PyResult<ClassifiedEdit<'_>> {
    let refused = |error| EventError::new_err(format!("no record of edits.classified: {error}"));
    ClassifiedEdit::from_json(record).map_err(refused)
}
