//! Asks the engine and the cluster, then every component at once. Each fails on its own, in bounded time; what
//! fails becomes a problem.

use super::{Parts, problems};
use crate::advice;
use crate::components::{self, Component, Findings, Place, Probe, Site};
use crate::config::Profile;
use crate::error::{ExpectedError, Result};
use crate::manifests;
use crate::runtime;
use futures_util::StreamExt;
use futures_util::future::join_all;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::runtime::Runtime;
use wikisentry_core::time::EventTime;
use wikisentry_driver::compose::Project;
use wikisentry_driver::docker::{Engine, LogRequest, ServiceStatus};
use wikisentry_driver::kube::PodStatus;
use wikisentry_engine::status::{ComponentStatus, ConsumerStatus, Health, Problem, Status};
use wikisentry_lake::clock;

/// How long each part is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Of a container that is not well, these lines are looked through.
const RECENT_LINES: u32 = 200;
const RECENT: Duration = Duration::from_secs(120);
/// What a program says whose disk is full; the second is Java's word for a page of a mapped file
/// that there is no room for.
const FULL: [&str; 2] = ["No space left on device", "unsafe memory access operation"];

/// What a component is that others run.
const FOREIGN: &str = "foreign";

/// Looks at the parts again and again.
pub struct Watch<'a> {
    parts: &'a Parts,
    /// The containers among them, if there are some.
    project: Option<&'a Project>,
    probes: Vec<(&'static Component, Box<dyn Probe>)>,
    /// None once it was given up: a request that hangs in a library is not waited for.
    runtime: Option<Runtime>,
}

impl Parts {
    pub(in crate::platform) fn watch<'a>(
        &'a self,
        project: Option<&'a Project>,
    ) -> Result<Watch<'a>> {
        let probes = self.components.iter();
        let probes = probes.map(|component| (*component, (component.probe)()));
        Ok(Watch {
            parts: self,
            project,
            probes: probes.collect(),
            runtime: Some(runtime::single()?),
        })
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Watch<'_> {
    /// The state now. The first look takes a second longer, for the rates.
    pub(in crate::platform) fn look(&mut self) -> Status {
        let runtime = self.runtime.take().expect("it is there until the drop");
        let status = runtime.block_on(self.now());
        self.runtime = Some(runtime);
        status
    }

    async fn now(&mut self) -> Status {
        let profile = match self.parts.site.is_foreign() {
            true => Profile::Kubernetes,
            false => Profile::K3d,
        };
        let mut status = Status::of_profile(profile.name(), clock::now());
        status.folder = Some(self.parts.state.root().display().to_string());
        // Who does not run is not asked: one cause, one problem.
        let mut silent = BTreeSet::new();
        match self.project {
            Some(project) => {
                self.look_at_containers(project, &mut status, &mut silent)
                    .await
            }
            None => {
                let outside = self
                    .parts
                    .components
                    .iter()
                    .filter(|one| one.is_container());
                status.components.extend(outside.map(|one| ComponentStatus {
                    name: one.name.to_owned(),
                    state: FOREIGN.to_owned(),
                    is_ready: true,
                    ..ComponentStatus::default()
                }));
            }
        }
        if self.parts.has_cluster() {
            self.look_at_pods(&mut status, &mut silent).await;
        }
        let answered = self.ask(&silent, &mut status).await;
        let mut components = status.components.iter();
        // What others run says nothing of whether ours does.
        let is_up = (answered && self.project.is_some())
            || components.any(|one| one.state != FOREIGN && runs(&one.state));
        status.health = match (is_up, status.problems.is_empty()) {
            (false, _) => Health::NotRunning,
            (true, false) => Health::Degraded,
            (true, true) => Health::Healthy,
        };
        status
    }

    async fn look_at_containers(
        &self,
        project: &Project,
        status: &mut Status,
        silent: &mut BTreeSet<String>,
    ) {
        match within("docker", containers(project)).await {
            Ok((found, full)) => {
                let full_disks = full.iter().map(|service| problems::full_disk(service));
                status.problems.extend(full_disks);
                let others = found.iter().filter(|one| !full.contains(&one.name));
                let wrong = others.filter_map(problems::of_container);
                status.problems.extend(wrong);
                let down = found.iter().filter(|container| !runs(&container.state));
                silent.extend(down.map(|container| container.name.clone()));
                status.components = found;
            }
            Err(error) => {
                let problem = problems::of_failure("docker", &error);
                status.problems.push(problem);
            }
        }
    }

    async fn look_at_pods(&self, status: &mut Status, silent: &mut BTreeSet<String>) {
        match within("kubernetes", self.parts.pods()).await {
            Ok(found) => {
                let wrong = found.iter().filter_map(problems::of_pods);
                status.problems.extend(wrong);
                let down = found.iter().filter(|one| !one.is_ready);
                silent.extend(down.filter_map(|one| {
                    let (component, _) = components::of_workload(&one.name)?;
                    Some(component.name.to_owned())
                }));
                status.components.extend(found);
            }
            Err(error) => {
                let problem = problems::of_failure("cluster", &error);
                status.problems.push(problem);
                silent.extend(components::in_cluster().map(|one| one.name.to_owned()));
            }
        }
    }

    /// Asks every component that is not silent, and takes what it says. Answers whether one did.
    async fn ask(&mut self, silent: &BTreeSet<String>, status: &mut Status) -> bool {
        let site = &self.parts.site;
        let asked = self
            .probes
            .iter_mut()
            .filter(|(component, _)| !silent.contains(component.name));
        let asked = asked.map(|(component, probe)| async {
            let name = component.name;
            let asked = (
                within(name, probe.look(site)),
                within(name, drift(component, site)),
            );
            let (found, drift) = futures_util::future::join(asked.0, asked.1).await;
            (name, found, drift)
        });
        let mut answered = false;
        let mut wrong = Vec::new();
        let mut consumers = Vec::new();
        for (name, found, drift) in join_all(asked).await {
            match found {
                Ok(found) => {
                    answered = true;
                    wrong.extend(take(status, name, found, &mut consumers));
                    // Who does not answer the one question is no second problem.
                    wrong.extend(drift.unwrap_or_default());
                }
                Err(error) => {
                    let of_others = status.components.iter_mut();
                    let mut of_others = of_others.filter(|one| one.state == FOREIGN);
                    if let Some(one) = of_others.find(|one| one.name == name) {
                        one.is_ready = false;
                    }
                    status.problems.push(problems::of_failure(name, &error));
                }
            }
        }
        status.problems.extend(wrong);
        status.set_consumers(consumers);
        answered
    }
}

impl Parts {
    /// The workloads of the cluster, the pods of each together.
    async fn pods(&self) -> Result<Vec<ComponentStatus>> {
        let kube = self.connect().await?;
        let namespace = self.site.namespace();
        let pods = kube.pods(&manifests::scope(&self.site), &[namespace]).await;
        let pods = pods.map_err(advice::kube)?;
        let mut found = Vec::new();
        for component in components::in_cluster() {
            let Place::Pods(workloads) = component.place else {
                continue;
            };
            for workload in workloads {
                // Its pods are called by it and something of the cluster's own.
                let prefix = format!("{}-", workload.name);
                let own = pods.iter().filter(|pod| pod.pod.starts_with(&prefix));
                found.push(workload_status(workload.name, &own.collect::<Vec<_>>()));
            }
        }
        Ok(found)
    }
}

/// The pods of a workload as one.
fn workload_status(name: &str, pods: &[&PodStatus]) -> ComponentStatus {
    // The least well of them says how they are.
    let worst = pods.iter().min_by_key(|pod| pod.is_ready);
    let sum = |of: fn(&PodStatus) -> Option<u64>| -> Option<u64> {
        let all = pods.iter().map(|pod| of(pod));
        all.sum::<Option<u64>>().filter(|_| !pods.is_empty())
    };
    let started = pods.iter().filter_map(|pod| pod.started).max();
    let out_of_memory = |pod: &&&PodStatus| {
        let end = pod.last_end.as_ref();
        end.is_some_and(|end| end.reason == "OOMKilled")
    };
    ComponentStatus {
        name: name.to_owned(),
        state: match worst {
            None => "missing".to_owned(),
            Some(pod) if pod.is_ready => "healthy".to_owned(),
            Some(pod) if pod.state == "Running" => "starting".to_owned(),
            Some(pod) => pod.state.clone(),
        },
        is_ready: worst.is_some_and(|pod| pod.is_ready),
        restarts: pods.iter().map(|pod| pod.restarts).sum(),
        out_of_memory: pods.iter().any(|pod| out_of_memory(&pod)),
        started_at: started.and_then(|time| EventTime::from_millis(time.as_millisecond())),
        memory_bytes: sum(|pod| pod.memory_bytes),
        memory_limit_bytes: sum(|pod| pod.memory_limit_bytes),
        ..ComponentStatus::default()
    }
}

/// What a running component holds that is not as the settings have it.
async fn drift(component: &Component, site: &Site) -> Result<Vec<Problem>> {
    let mut found = Vec::new();
    for provision in (component.provisions)(site) {
        let changes = provision.plan(true).await?;
        found.extend(problems::of_changes(component.name, &changes));
    }
    Ok(found)
}

/// Puts what a component says where it belongs; answers what it says is wrong.
fn take(
    status: &mut Status,
    name: &str,
    found: Findings,
    consumers: &mut Vec<ConsumerStatus>,
) -> Vec<Problem> {
    status.topics.extend(found.topics);
    consumers.extend(found.consumers);
    status.flow.bookmark = found.bookmark.or(status.flow.bookmark.take());
    status.flow.gaps = found.gaps.or(status.flow.gaps);
    let mut components = status.components.iter_mut();
    // What a component in the cluster says of itself stands with the first of its workloads.
    let is_its = |shown: &ComponentStatus| {
        let of = components::of_workload(&shown.name);
        shown.name == name || of.is_some_and(|(component, _)| component.name == name)
    };
    if let Some(component) = components.find(|shown| is_its(shown)) {
        component.connectors = found.connectors;
        component.buckets = found.buckets;
        component.job = found.job;
        component.model = found.model;
    }
    found.problems
}

/// The containers, and those of them that do not run for want of disk.
async fn containers(project: &Project) -> Result<(Vec<ComponentStatus>, BTreeSet<String>)> {
    let engine = Engine::connect().await.map_err(advice::engine)?;
    let found = engine.status(project).await;
    let found = found.map_err(advice::engine)?.into_iter().map(component);
    let found: Vec<ComponentStatus> = found.collect();
    let there = found.iter().filter(|one| one.state != "missing");
    let ailing = there.filter(|one| !one.is_ready);
    let services: Vec<String> = ailing.map(|one| one.name.clone()).collect();
    let mut full = BTreeSet::new();
    if services.is_empty() {
        return Ok((found, full));
    }
    let request = LogRequest {
        services,
        tail: Some(RECENT_LINES),
        since: Some(Timestamp::now() - RECENT),
        ..LogRequest::default()
    };
    let mut lines = engine.logs(project, &request);
    while let Some(line) = lines.next().await {
        let line = line.map_err(advice::engine)?;
        if FULL.iter().any(|words| line.text.contains(words)) {
            full.insert(line.service);
        }
    }
    Ok((found, full))
}

pub(in crate::platform) async fn within<T>(
    component: &str,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            let what = format!("no answer within {seconds} s");
            let help = match component {
                "docker" => "see whether the engine answers: `docker version`".to_owned(),
                service => format!("see what it does: `wikisentry logs {service}`"),
            };
            ExpectedError::timed_out(what).help(help).fail()
        }
    }
}

pub(in crate::platform) fn runs(state: &str) -> bool {
    !["missing", "created", "exited", "dead", "removing"].contains(&state)
}

fn component(found: ServiceStatus) -> ComponentStatus {
    let started = found.started;
    ComponentStatus {
        name: found.service,
        state: found.state,
        is_ready: found.is_ready,
        restarts: found.restarts,
        out_of_memory: found.out_of_memory,
        started_at: started.and_then(|time| EventTime::from_millis(time.as_millisecond())),
        memory_bytes: found.usage.map(|usage| usage.memory_bytes),
        memory_limit_bytes: found.usage.map(|usage| usage.memory_limit_bytes),
        ..ComponentStatus::default()
    }
}
