//! Runs a program in the node.

use super::Node;
use crate::docker::found;
use crate::k3d::error::K3dError;
use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use std::pin::pin;
use tokio::io::AsyncWriteExt;

/// What a program may print, in bytes: a store of a thousand images takes some hundred thousand.
const OUTPUT_LIMIT: usize = 4 << 20;

/// How many of its last lines a failure has.
const ERROR_LINES: usize = 10;

/// How a program ended.
pub(super) struct Ended {
    pub code: i64,
    pub output: String,
    pub errors: String,
}

impl Ended {
    /// Its output, if it succeeded.
    pub fn success(self, node: &Node, doing: &str) -> Result<String, K3dError> {
        if self.code == 0 {
            return Ok(self.output);
        }
        let all = format!("{}\n{}", self.output, self.errors);
        let lines: Vec<&str> = all.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines.len().saturating_sub(ERROR_LINES);
        Err(K3dError::InNode {
            node: node.name.clone(),
            doing: doing.to_owned(),
            code: self.code,
            output: lines[last..]
                .iter()
                .map(|line| (*line).to_owned())
                .collect(),
        })
    }
}

impl Node {
    /// Runs `command`, which reads `input`. It ends when its input does, whatever the reason.
    pub(super) async fn exec(
        &self,
        command: &[&str],
        input: impl Stream<Item = Result<Bytes, bollard::errors::Error>>,
    ) -> Result<Ended, K3dError> {
        self.check_running().await?;
        let docker = self.engine.client();
        let failed = || K3dError::engine(format!("run {} in {}", command[0], self.name));
        let options = CreateExecOptions {
            cmd: Some(command.to_vec()),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..CreateExecOptions::default()
        };
        let exec = docker
            .create_exec(&self.name, options)
            .await
            .map_err(failed())?;
        let started = docker.start_exec(&exec.id, None).await.map_err(failed())?;
        let StartExecResults::Attached {
            mut output,
            input: mut pipe,
        } = started
        else {
            return self.ended(&exec.id, String::new(), String::new()).await;
        };
        let write = async {
            let mut input = pin!(input);
            while let Some(piece) = input.next().await {
                let piece = piece.map_err(K3dError::engine("hand out the images"))?;
                // A program that has ended reads no more; how it ended says why.
                if pipe.write_all(&piece).await.is_err() {
                    return Ok(());
                }
            }
            _ = pipe.shutdown().await;
            Ok(())
        };
        let read = async {
            let (mut out, mut errors) = (Vec::new(), Vec::new());
            while let Some(piece) = output.next().await {
                let (to, piece) = match piece.map_err(failed())? {
                    LogOutput::StdErr { message } => (&mut errors, message),
                    piece => (&mut out, piece.into_bytes()),
                };
                let room = OUTPUT_LIMIT.saturating_sub(to.len());
                to.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            Ok::<_, K3dError>((text(&out), text(&errors)))
        };
        let (mut write, mut read) = (pin!(write), pin!(read));
        let (out, errors) = tokio::select! {
            read = &mut read => read?,
            written = &mut write => {
                written?;
                read.await?
            }
        };
        self.ended(&exec.id, out, errors).await
    }

    async fn ended(&self, exec: &str, output: String, errors: String) -> Result<Ended, K3dError> {
        let inspected = self.engine.client().inspect_exec(exec).await;
        let inspected = inspected.map_err(K3dError::engine(format!("look into {}", self.name)))?;
        Ok(Ended {
            // A program whose end the engine does not know has not succeeded.
            code: inspected.exit_code.unwrap_or(-1),
            output,
            errors,
        })
    }

    async fn check_running(&self) -> Result<(), K3dError> {
        let inspected = found(
            self.engine
                .client()
                .inspect_container(&self.name, None)
                .await,
        );
        let inspected = inspected.map_err(K3dError::engine(format!("look at {}", self.name)))?;
        let state = inspected.map(|one| one.state.unwrap_or_default());
        if state.as_ref().and_then(|state| state.running) == Some(true) {
            return Ok(());
        }
        let status = state.and_then(|state| state.status);
        Err(K3dError::NodeNotRunning {
            node: self.name.clone(),
            state: status.map_or("missing".to_owned(), |status| status.to_string()),
        })
    }
}
