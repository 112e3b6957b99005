//! Why a pipeline does not start, or ends.

use crate::alerting::{AlerterError, WebhookError};
use crate::archiver::ArchiverError;
use crate::log::LogError;
use crate::sse::SetupError;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use wikisentry_core::time::EventTime;
use wikisentry_lake::registry::RegistryError;

/// Why a pipeline does not start, or ends.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The API's address is taken or not ours.
    #[error("cannot listen on {listen}: {error}")]
    Listen {
        listen: SocketAddr,
        error: io::Error,
    },
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Archive(#[from] ArchiverError),
    #[error(transparent)]
    Alerter(#[from] AlerterError),
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Source(#[from] SetupError),
    /// A damaged log could not be set aside.
    #[error("cannot set {} aside: {error}", path.display())]
    SetAside { path: PathBuf, error: io::Error },
    /// The log is empty or gone, and the lake is not.
    #[error("the log knows nothing, and the lake holds edits")]
    LogMissing,
    /// Nothing in the lake is as old as the clock says.
    #[error("the clock says {0}, and every edit of the lake is of later")]
    ClockBehind(EventTime),
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// A worker panicked: a bug.
    #[error("worker `{0}` panicked")]
    Panicked(&'static str),
}
