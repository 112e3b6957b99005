//! Commands inside a running container, for diagnoses.

use super::engine::Engine;
use super::error::{During, EngineError};
use bollard::exec::{CreateExecOptions, StartExecResults};
use futures_util::StreamExt;

/// What a command in a container came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecOutput {
    /// Its exit code; `None` if the engine does not know it.
    pub exit_code: Option<i64>,
    /// Both of its streams as they came; bytes that are not UTF-8 are replaced.
    pub output: String,
}

impl Engine {
    /// Runs `command` in `container` to its end. Its arguments show in the container's process
    /// list: no secrets.
    pub async fn exec(&self, container: &str, command: &[&str]) -> Result<ExecOutput, EngineError> {
        let action = || format!("run {} in {container}", command.first().unwrap_or(&""));
        let options = CreateExecOptions {
            cmd: Some(command.to_vec()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..CreateExecOptions::default()
        };
        let exec = self.docker.create_exec(container, options).await;
        let id = exec.during(action)?.id;
        let mut bytes = Vec::new();
        let started = self.docker.start_exec(&id, None).await.during(action)?;
        if let StartExecResults::Attached { mut output, .. } = started {
            while let Some(chunk) = output.next().await {
                bytes.extend_from_slice(chunk.during(action)?.as_ref());
            }
        }
        let ended = self.docker.inspect_exec(&id).await.during(action)?;
        Ok(ExecOutput {
            exit_code: ended.exit_code,
            output: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}
