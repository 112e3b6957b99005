//! Why pods do not become ready, in the cluster's own words.

mod extract;
#[cfg(test)]
mod tests;

pub(super) use extract::reasons;

use std::fmt;

/// Why a workload is not ready.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum Reason {
    /// The API refuses its pods: they would exceed a quota.
    Quota { message: String },
    /// The API refuses its pods: they violate the namespace's Pod Security level.
    PodSecurity { message: String },
    /// The API refuses its pods for another reason.
    CreateRefused { message: String },
    /// The scheduler finds no node.
    Unschedulable {
        /// What each node lacks.
        message: String,
    },
    /// A volume claim gets no volume.
    ClaimPending {
        claim: String,
        /// Such as that there is no storage class.
        message: String,
    },
    /// A volume cannot be mounted, such as that of a Secret that does not exist.
    MountFailed { message: String },
    /// An image cannot be had.
    Image {
        container: String,
        image: String,
        message: String,
        /// Waiting does not help: nothing will pull it, or the name is none.
        is_final: bool,
    },
    /// A container cannot be made or started, such as with a variable of a Secret that does not exist.
    Container { container: String, message: String },
    /// The kernel killed a container that wanted more memory than its limit.
    OutOfMemory {
        container: String,
        /// As the API has it, such as `512Mi`.
        limit: Option<String>,
        restarts: i32,
    },
    /// A container ended, and perhaps ends again and again.
    Ended {
        container: String,
        exit_code: i32,
        /// What was said of it beside the code, such as why it could not start.
        message: Option<String>,
        restarts: i32,
    },
    /// A container runs, and its probe fails.
    Probe { container: String, message: String },
    /// The job or pod is over, without success.
    Failed { message: String },
}

impl Reason {
    /// Whether waiting longer is of no use.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Quota { .. } | Self::PodSecurity { .. } | Self::Failed { .. } => true,
            Self::Image { is_final, .. } => *is_final,
            _ => false,
        }
    }

    /// The container whose last lines tell more.
    pub(super) fn container(&self) -> Option<&str> {
        match self {
            Self::OutOfMemory { container, .. }
            | Self::Ended { container, .. }
            | Self::Probe { container, .. } => Some(container),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quota { message } => write!(f, "quota exceeded: {message}"),
            Self::PodSecurity { message } => write!(f, "refused by Pod Security: {message}"),
            Self::CreateRefused { message } => write!(f, "its pods are refused: {message}"),
            Self::Unschedulable { message } => write!(f, "no node can take it: {message}"),
            Self::ClaimPending { claim, message } => {
                write!(f, "the volume claim {claim} is pending: {message}")
            }
            Self::MountFailed { message } => write!(f, "a volume cannot be mounted: {message}"),
            Self::Image { image, message, .. } => {
                write!(f, "the image {image} cannot be had: {message}")
            }
            Self::Container { container, message } => {
                write!(f, "container {container} cannot start: {message}")
            }
            Self::OutOfMemory {
                container,
                limit,
                restarts,
            } => {
                write!(
                    f,
                    "container {container} was killed: it used more memory than its limit"
                )?;
                if let Some(limit) = limit {
                    write!(f, " of {limit}")?;
                }
                times(f, *restarts)
            }
            Self::Ended {
                container,
                exit_code,
                message,
                restarts,
            } => {
                write!(f, "container {container} ended with exit code {exit_code}")?;
                if let Some(message) = message {
                    write!(f, " ({message})")?;
                }
                times(f, *restarts)
            }
            Self::Probe { container, message } => {
                write!(f, "container {container} runs and is not ready: {message}")
            }
            Self::Failed { message } => write!(f, "it failed: {message}"),
        }
    }
}

fn times(f: &mut fmt::Formatter<'_>, restarts: i32) -> fmt::Result {
    match restarts {
        0 => Ok(()),
        1 => f.write_str(", restarted once"),
        times => write!(f, ", restarted {times} times"),
    }
}
