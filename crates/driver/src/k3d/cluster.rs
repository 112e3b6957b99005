//! Creates, starts, stops and deletes clusters. Whenever the process ends, what is there tells the next
//! call how to go on.

use super::config::render;
use super::error::K3dError;
use super::observed::{COMPLETE, Observed};
use super::program::K3d;
use super::spec::ClusterSpec;
use crate::converge::{OnWork, Work};
use crate::docker::{conflict, found};
use bollard::container::LogOutput;
use bollard::query_parameters::{
    LogsOptionsBuilder, RemoveVolumeOptions, UploadToContainerOptionsBuilder,
};
use futures_util::StreamExt;
use std::io::Write;
use std::time::{Duration, Instant};

/// How long stopping and deleting may take: pods have their grace period.
const ENDING: Duration = Duration::from_secs(180);

/// How often the API is asked whether it answers.
const POLL: Duration = Duration::from_millis(500);

/// How many of the node's last lines a failure has.
const NODE_LINES: &str = "20";

impl K3d {
    /// Creates a cluster, and waits until its API answers. What an interrupted creation left is
    /// removed first. Dropping the future stops it.
    ///
    /// # Errors
    /// [`K3dError::Foreign`] and [`K3dError::Exists`] if there is a cluster already; after another
    /// failure, nothing is left of the new one.
    pub async fn create(
        &self,
        spec: &ClusterSpec,
        deadline: Duration,
        on_work: OnWork<'_>,
    ) -> Result<(), K3dError> {
        let file = render(spec, deadline)?;
        let name = spec.name.clone();
        match self.observe(spec).await? {
            Observed::Foreign => return Err(K3dError::Foreign { name }),
            Observed::Ours(ours) if ours.complete => return Err(K3dError::Exists { name }),
            // Of a cluster without nodes its volume may be there.
            Observed::Ours(_) | Observed::Missing => self.remove(spec, on_work).await?,
        }
        let created = self.create_new(spec, &file, deadline, on_work).await;
        let Err(error) = created else {
            return Ok(());
        };
        let error = error.with_node_lines(self.node_lines(spec).await);
        // The failure is what counts; what cannot be removed, the next call removes.
        _ = self.remove(spec, on_work).await;
        Err(error)
    }

    async fn create_new(
        &self,
        spec: &ClusterSpec,
        file: &str,
        deadline: Duration,
        on_work: OnWork<'_>,
    ) -> Result<(), K3dError> {
        let began = Instant::now();
        let mut config = tempfile::Builder::new()
            .suffix(".yaml")
            .tempfile()
            .map_err(K3dError::File)?;
        config.write_all(file.as_bytes()).map_err(K3dError::File)?;
        let path = config.path().to_string_lossy();
        let doing = format!("create the cluster {}", spec.name);
        let arguments = ["cluster", "create", "--config", &path];
        self.run(&doing, &arguments, deadline, on_work).await?;
        self.check_memory(spec).await?;
        let left = deadline.saturating_sub(began.elapsed());
        self.wait_for_answer(spec, left, on_work).await?;
        self.mark_complete(spec).await
    }

    /// Starts what of the cluster does not run, also a node that was killed, and waits until its API
    /// answers.
    ///
    /// # Errors
    /// If there is no cluster of ours, or it does not answer in time.
    pub async fn start(
        &self,
        spec: &ClusterSpec,
        deadline: Duration,
        on_work: OnWork<'_>,
    ) -> Result<(), K3dError> {
        let began = Instant::now();
        self.check_ours(spec).await?;
        let doing = format!("start the cluster {}", spec.name);
        let timeout = format!("{}s", deadline.as_secs());
        let arguments = [
            "cluster",
            "start",
            &spec.name,
            "--wait",
            "--timeout",
            &timeout,
        ];
        let started = match self.run(&doing, &arguments, deadline, on_work).await {
            Ok(_) => {
                let left = deadline.saturating_sub(began.elapsed());
                self.wait_for_answer(spec, left, on_work).await
            }
            Err(error) => Err(error),
        };
        match started {
            Ok(()) => Ok(()),
            Err(error) => Err(error.with_node_lines(self.node_lines(spec).await)),
        }
    }

    /// Stops the cluster, and leaves everything in it.
    ///
    /// # Errors
    /// If there is no cluster of ours.
    pub async fn stop(&self, spec: &ClusterSpec, on_work: OnWork<'_>) -> Result<(), K3dError> {
        self.check_ours(spec).await?;
        let doing = format!("stop the cluster {}", spec.name);
        let arguments = ["cluster", "stop", &spec.name];
        self.run(&doing, &arguments, ENDING, on_work).await?;
        Ok(())
    }

    /// Deletes the cluster with everything in it, and takes it out of the user's own kubeconfig.
    /// Nothing to delete is no error.
    ///
    /// # Errors
    /// [`K3dError::Foreign`] if it is not ours.
    pub async fn delete(&self, spec: &ClusterSpec, on_work: OnWork<'_>) -> Result<(), K3dError> {
        match self.observe(spec).await? {
            Observed::Foreign => Err(K3dError::Foreign {
                name: spec.name.clone(),
            }),
            Observed::Ours(_) | Observed::Missing => self.remove(spec, on_work).await,
        }
    }

    async fn remove(&self, spec: &ClusterSpec, on_work: OnWork<'_>) -> Result<(), K3dError> {
        let doing = format!("delete the cluster {}", spec.name);
        let arguments = ["cluster", "delete", &spec.name];
        self.run(&doing, &arguments, ENDING, on_work).await?;
        // Without a node k3d sees no cluster, and leaves the volume.
        let volume = format!("k3d-{}-images", spec.name);
        let docker = self.engine.client();
        let there = found(docker.inspect_volume(&volume).await);
        let there = there.map_err(K3dError::engine(format!("look for the volume {volume}")))?;
        if there.is_some_and(|one| one.labels.get("k3d.cluster") == Some(&spec.name)) {
            let removed = conflict(
                docker
                    .remove_volume(&volume, None::<RemoveVolumeOptions>)
                    .await,
            );
            removed.map_err(K3dError::engine(format!("remove the volume {volume}")))?;
        }
        Ok(())
    }

    async fn check_ours(&self, spec: &ClusterSpec) -> Result<(), K3dError> {
        match self.observe(spec).await? {
            Observed::Ours(_) => Ok(()),
            Observed::Foreign => Err(K3dError::Foreign {
                name: spec.name.clone(),
            }),
            Observed::Missing => Err(K3dError::NodeNotRunning {
                node: spec.server(),
                state: "missing".to_owned(),
            }),
        }
    }

    /// A limit that the engine drops in silence would be no budget.
    async fn check_memory(&self, spec: &ClusterSpec) -> Result<(), K3dError> {
        let Observed::Ours(ours) = self.observe(spec).await? else {
            return Ok(());
        };
        let wanted = spec.server();
        let server = ours.nodes.iter().find(|node| node.name == wanted);
        match server {
            Some(node) if node.memory_bytes != spec.node_memory_bytes => {
                Err(K3dError::LimitNotApplied {
                    node: wanted,
                    asked: spec.node_memory_bytes,
                    found: node.memory_bytes,
                })
            }
            _ => Ok(()),
        }
    }

    async fn wait_for_answer(
        &self,
        spec: &ClusterSpec,
        deadline: Duration,
        on_work: OnWork<'_>,
    ) -> Result<(), K3dError> {
        let began = Instant::now();
        loop {
            let Err(why) = self.answers(spec).await else {
                return Ok(());
            };
            if began.elapsed() >= deadline {
                return Err(K3dError::NoAnswer {
                    url: spec.api_url(),
                    deadline,
                    why,
                    node_lines: Vec::new(),
                });
            }
            let mut work = Work::step(format!("wait for the Kubernetes API at {}", spec.api_url()));
            work.line = Some(why);
            on_work(work);
            tokio::time::sleep(POLL).await;
        }
    }

    async fn mark_complete(&self, spec: &ClusterSpec) -> Result<(), K3dError> {
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o444);
        header.set_size(0);
        let archived = archive.append_data(&mut header, COMPLETE, std::io::empty());
        archived.map_err(K3dError::File)?;
        let archive = archive.into_inner().map_err(K3dError::File)?;
        let options = UploadToContainerOptionsBuilder::new().path("/").build();
        let server = spec.server();
        let docker = self.engine.client();
        let written =
            docker.upload_to_container(&server, Some(options), bollard::body_full(archive.into()));
        let written = written.await;
        written.map_err(K3dError::engine(format!("write a file into {server}")))
    }

    /// The last lines of the node; none if the engine does not give them.
    async fn node_lines(&self, spec: &ClusterSpec) -> Vec<String> {
        let options = LogsOptionsBuilder::new()
            .stdout(true)
            .stderr(true)
            .tail(NODE_LINES);
        let logs = self
            .engine
            .client()
            .logs(&spec.server(), Some(options.build()));
        let lines = logs.filter_map(|line| async { line.ok().map(text) });
        lines.collect().await
    }
}

fn text(output: LogOutput) -> String {
    String::from_utf8_lossy(&output.into_bytes())
        .trim_end()
        .to_owned()
}
