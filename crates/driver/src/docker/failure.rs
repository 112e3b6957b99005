//! What is known of a service that did not become ready, in words too.

use std::fmt;
use std::time::Duration;

/// A service that did not become ready, with everything the engine knows of why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceFailure {
    pub service: String,
    /// How waiting for it ended.
    pub outcome: WaitOutcome,
    /// `running`, `restarting`, `exited` … or `missing`.
    pub state: String,
    /// How its last process ended, if it did.
    pub exit_code: Option<i64>,
    /// The kernel killed a process in it because it was out of memory.
    pub out_of_memory: bool,
    /// How often the engine restarted it.
    pub restarts: i64,
    /// What the last health check said.
    pub health_output: Option<String>,
    /// The engine's own error, such as a command that is not there.
    pub error: Option<String>,
    /// Its last lines of output.
    pub last_lines: Vec<String>,
}

/// How waiting for a service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitOutcome {
    /// It ended and is not restarted.
    Exited,
    /// It ends again and again.
    KeepsExiting,
    /// It is still not ready after this time.
    DeadlinePassed(Duration),
    /// There is no container of it.
    Missing,
}

impl fmt::Display for ServiceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, state, .. } = self;
        match self.outcome {
            WaitOutcome::Exited => write!(f, "{service} ended")?,
            WaitOutcome::KeepsExiting => write!(f, "{service} keeps ending")?,
            WaitOutcome::DeadlinePassed(deadline) => {
                let seconds = deadline.as_secs();
                write!(f, "{service} is {state} and not ready after {seconds} s")?;
            }
            WaitOutcome::Missing => write!(f, "{service} has no container")?,
        }
        if let Some(code) = self.exit_code {
            write!(f, " with exit code {code}")?;
        }
        if self.out_of_memory {
            f.write_str(", out of memory")?;
        }
        if let Some(error) = &self.error {
            write!(f, ": {error}")?;
        }
        if let Some(output) = &self.health_output {
            write!(f, "; its health check said: {output}")?;
        }
        Ok(())
    }
}
