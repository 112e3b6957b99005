//! Waiting until workloads are ready.

use super::connect::Kube;
use super::error::KubeError;
use super::failure::{WaitOutcome, WorkloadFailure};
use super::readiness::{Readiness, judge};
use super::reason::{Reason, reasons};
use super::workload::{Workload, WorkloadKind};
use crate::converge::{OnWork, Work};
use futures_util::future::try_join_all;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How often a workload is looked at.
const POLL: Duration = Duration::from_millis(500);

/// How often it is asked why one is not ready.
const ASK_WHY: Duration = Duration::from_secs(2);

/// For so long a reason must hold before it is taken as one that will not pass: a pod that is on
/// its way out still counts for a quota.
const HOLDS: Duration = Duration::from_secs(6);

/// How many of its last lines a failure has.
const LAST_LINES: u32 = 20;

/// What is known while one waits.
struct Known {
    reasons: Vec<(Reason, Option<String>)>,
    asked: Option<Instant>,
    hopeless_since: Option<Instant>,
}

impl Kube {
    /// Waits until every workload is ready: of a job, until it is complete. Fails as soon as one
    /// cannot get there, else after `deadline`.
    ///
    /// # Errors
    /// [`KubeError::NotReady`] with the cluster's reasons; what the cluster said if it cannot be
    /// asked.
    pub async fn wait_ready(
        &self,
        workloads: &[Workload],
        deadline: Duration,
        on_work: OnWork<'_>,
    ) -> Result<(), KubeError> {
        let waits = workloads.iter();
        let waits = waits.map(|workload| self.wait_for(workload, deadline, on_work));
        try_join_all(waits).await.map(|_| ())
    }

    async fn wait_for(
        &self,
        workload: &Workload,
        deadline: Duration,
        on_work: OnWork<'_>,
    ) -> Result<(), KubeError> {
        let began = Instant::now();
        let mut told = String::new();
        let mut known = Known {
            reasons: Vec::new(),
            asked: None,
            hopeless_since: None,
        };
        loop {
            let namespace = Some(workload.namespace.as_str());
            let kind = workload.kind.kind();
            let Some(object) = self.get::<Value>(kind, namespace, &workload.name).await? else {
                return Err(missing(workload));
            };
            let readiness = judge(workload.kind, &object);
            if readiness.is_ready {
                return Ok(());
            }
            let is_over = began.elapsed() >= deadline;
            let is_due = known.asked.is_none_or(|asked| asked.elapsed() >= ASK_WHY);
            if is_due || is_over || readiness.has_failed.is_some() {
                self.ask_why(workload, &object, &readiness, &mut known)
                    .await?;
            }
            let now = words(workload, &readiness, &known.reasons);
            if now != told {
                on_work(Work::step(now.clone()));
                told = now;
            }
            let is_hopeless = readiness.has_failed.is_some()
                || known
                    .hopeless_since
                    .is_some_and(|since| since.elapsed() >= HOLDS);
            let outcome = match (is_hopeless, is_over) {
                (true, _) => WaitOutcome::Hopeless,
                (false, true) => WaitOutcome::DeadlinePassed(deadline),
                (false, false) => {
                    tokio::time::sleep(POLL).await;
                    continue;
                }
            };
            return Err(self.failure_of(workload, outcome, &readiness, known).await);
        }
    }

    async fn ask_why(
        &self,
        workload: &Workload,
        object: &Value,
        readiness: &Readiness,
        known: &mut Known,
    ) -> Result<(), KubeError> {
        let snapshot = self.snapshot(workload, object).await?;
        let mut found = reasons(&snapshot);
        if let Some(message) = &readiness.has_failed {
            // A pod's own end says it already.
            let is_said = workload.kind == WorkloadKind::Pod && !found.is_empty();
            if !is_said {
                let message = message.clone();
                found.insert(0, (Reason::Failed { message }, None));
            }
        }
        let is_hopeless = found.iter().any(|(reason, _)| reason.is_final());
        known.hopeless_since = match is_hopeless {
            true => known.hopeless_since.or_else(|| Some(Instant::now())),
            false => None,
        };
        known.asked = Some(Instant::now());
        known.reasons = found;
        Ok(())
    }

    async fn failure_of(
        &self,
        workload: &Workload,
        outcome: WaitOutcome,
        readiness: &Readiness,
        known: Known,
    ) -> KubeError {
        let telling = known.reasons.iter();
        let mut telling =
            telling.filter_map(|(reason, pod)| Some((reason.container()?, pod.as_deref()?)));
        let (mut pod, mut last_lines) = (None, Vec::new());
        if let Some((container, name)) = telling.next() {
            last_lines = self
                .last_lines(&workload.namespace, name, container, LAST_LINES)
                .await;
            pod = Some(name.to_owned());
        }
        KubeError::NotReady(Box::new(WorkloadFailure {
            workload: workload.clone(),
            outcome,
            ready: (readiness.ready, readiness.wanted),
            reasons: known
                .reasons
                .into_iter()
                .map(|(reason, _)| reason)
                .collect(),
            pod,
            last_lines,
        }))
    }
}

fn missing(workload: &Workload) -> KubeError {
    KubeError::NotReady(Box::new(WorkloadFailure {
        workload: workload.clone(),
        outcome: WaitOutcome::Missing,
        ready: (0, 0),
        reasons: Vec::new(),
        pod: None,
        last_lines: Vec::new(),
    }))
}

/// What goes on, in one line.
fn words(
    workload: &Workload,
    readiness: &Readiness,
    reasons: &[(Reason, Option<String>)],
) -> String {
    let Readiness { ready, wanted, .. } = readiness;
    let state = format!("{workload} {ready} of {wanted} ready");
    match reasons.first() {
        Some((reason, _)) => format!("{state}: {reason}"),
        None => state,
    }
}
