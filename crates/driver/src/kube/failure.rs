//! What is known of a workload that did not become ready, in words too.

use super::reason::Reason;
use super::workload::Workload;
use std::fmt;
use std::time::Duration;

/// A workload that did not become ready, with everything the cluster says of why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadFailure {
    pub workload: Workload,
    /// How waiting for it ended.
    pub outcome: WaitOutcome,
    /// Pods that are ready, and that are wanted.
    pub ready: (u64, u64),
    /// Why, what explains most first; empty if the cluster does not say.
    pub reasons: Vec<Reason>,
    /// The pod that the last lines are of.
    pub pod: Option<String>,
    /// The last lines of the container that ended, or that is not ready.
    pub last_lines: Vec<String>,
}

/// How waiting for a workload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitOutcome {
    /// It cannot become ready as it is.
    Hopeless,
    /// It is still not ready after this time.
    DeadlinePassed(Duration),
    /// It does not exist.
    Missing,
}

impl fmt::Display for WorkloadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, .. } = self;
        let (ready, wanted) = self.ready;
        match self.outcome {
            WaitOutcome::Hopeless => write!(f, "the {workload} cannot become ready")?,
            WaitOutcome::DeadlinePassed(deadline) => {
                let seconds = deadline.as_secs();
                write!(f, "the {workload} is not ready after {seconds} s")?;
                write!(f, ", {ready} of {wanted} pods are")?;
            }
            WaitOutcome::Missing => write!(f, "the {workload} does not exist")?,
        }
        for (index, reason) in self.reasons.iter().enumerate() {
            let separator = if index == 0 { ": " } else { "; " };
            write!(f, "{separator}{reason}")?;
        }
        Ok(())
    }
}
