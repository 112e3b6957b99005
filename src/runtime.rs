//! The async runtimes that commands work on. A command that needs none starts none, so that it
//! stays fast.

use crate::error::Result;
use tokio::runtime::{Builder, Runtime};

/// Threads of a runtime that does several things at a time.
const WORKERS: usize = 2;

/// For a command that asks one thing after the other.
///
/// # Errors
/// If the system gives no more files.
pub fn single() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// For what serves, watches and works at the same time.
///
/// # Errors
/// If the system gives no more threads or files.
pub fn pooled() -> Result<Runtime> {
    Ok(Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()?)
}
