//! What containers and pods write, in the order of its time.

use super::Parts;
use crate::advice;
use crate::error::{Error, ExpectedError, Result};
use crate::manifests;
use crate::platform::{LogNext, LogWanted, TakeLog};
use crate::runtime;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use std::time::Duration;
use wikisentry_driver::compose::Project;
use wikisentry_driver::docker::{Engine, LogLine, LogRequest};
use wikisentry_driver::kube::PodLogRequest;

/// What the containers have written so far comes without pauses of this length.
const PAUSE: Duration = Duration::from_millis(300);
/// More lines than this are not held back to be put in order.
const HELD: usize = 100_000;

impl Parts {
    /// Hands on the lines of pods and of the containers of `project`, if there are some.
    pub(in crate::platform) fn logs(
        &self,
        project: Option<&Project>,
        wanted: &LogWanted,
        take: TakeLog<'_>,
    ) -> Result<()> {
        let services = project
            .into_iter()
            .flat_map(|project| project.services.keys());
        let services = services.map(String::as_str);
        let workloads = self.workloads().map(|(_, workload)| workload.name);
        let mut known: Vec<&str> = services.chain(workloads).collect();
        let components = self.workloads().map(|(component, _)| component.name);
        let shown = known.len();
        known.extend(components);
        let mut unknown = wanted.components.iter();
        if let Some(name) = unknown.find(|name| !known.contains(&name.as_str())) {
            return ExpectedError::usage(format!("there is no component `{name}`"))
                .help(format!("there are {}", known[..shown].join(", ")))
                .fail();
        }
        runtime::single()?.block_on(self.read(project, wanted, &known[..shown], take))
    }

    /// Lines of containers and pods as they come.
    async fn lines<'a>(
        &'a self,
        containers: Option<(&'a Engine, &'a Project)>,
        wanted: &LogWanted,
    ) -> Result<BoxStream<'a, Result<LogLine>>> {
        let since = wanted.since.map(|time| time.as_millis());
        let since = since.map(Timestamp::from_millisecond).transpose()?;
        let tail = Some(u32::try_from(wanted.lines).unwrap_or(u32::MAX));
        let is_wanted = |name: &str| {
            let mut named = wanted.components.iter();
            wanted.components.is_empty() || named.any(|one| one == name)
        };
        let mut all: Vec<BoxStream<'a, Result<LogLine>>> = Vec::new();
        if let Some((engine, project)) = containers {
            let services = project.services.keys();
            let services: Vec<String> = services.filter(|name| is_wanted(name)).cloned().collect();
            if !services.is_empty() {
                let request = LogRequest {
                    services,
                    follow: wanted.follow,
                    tail,
                    since,
                };
                let lines = engine.logs(project, &request);
                all.push(lines.map_err(advice::engine).boxed());
            }
        }
        let workloads = self.workloads();
        let workloads = workloads
            .filter(|(component, workload)| is_wanted(component.name) || is_wanted(workload.name));
        let workloads: Vec<_> = workloads.collect();
        if !workloads.is_empty() {
            let kube = self.connect().await?;
            let components = workloads.iter().map(|(one, _)| one.name.to_owned());
            let request = PodLogRequest {
                components: components.collect(),
                follow: wanted.follow,
                tail,
                since,
                previous: false,
            };
            let namespaces = [self.site.namespace()];
            let scope = manifests::scope(&self.site);
            let lines = kube.logs(&scope, &namespaces, &request).await;
            let lines = lines.map_err(advice::kube)?;
            // A pod is called by its workload and something of the cluster's own.
            let lines = lines.filter_map(move |line| {
                let named = line.map_err(advice::kube).map(|line| {
                    let of = |name: &str| line.service.starts_with(&format!("{name}-"));
                    let mut workloads = workloads.iter();
                    let (_, workload) = workloads.find(|(_, one)| of(one.name))?;
                    let service = workload.name.to_owned();
                    Some(LogLine { service, ..line })
                });
                futures_util::future::ready(named.transpose())
            });
            all.push(lines.boxed());
        }
        Ok(futures_util::stream::select_all(all).boxed())
    }

    async fn read(
        &self,
        project: Option<&Project>,
        wanted: &LogWanted,
        known: &[&str],
        take: TakeLog<'_>,
    ) -> Result<()> {
        let engine = match project {
            Some(_) => Some(Engine::connect().await.map_err(advice::engine)?),
            None => None,
        };
        let mut lines = self.lines(engine.as_ref().zip(project), wanted).await?;
        // What is there already comes without pauses; without --follow its end is waited for.
        let pause = match wanted.follow {
            true => PAUSE,
            false => Duration::MAX,
        };
        // Containers answer one after the other: what is there already is put in order first.
        let mut held: Vec<LogLine> = Vec::new();
        let mut failure: Option<Error> = None;
        let mut more = true;
        while more && failure.is_none() && held.len() < HELD {
            match tokio::time::timeout(pause, lines.next()).await {
                Ok(Some(Ok(line))) => held.push(line),
                Ok(Some(Err(error))) => failure = Some(error),
                Ok(None) => more = false,
                Err(_) => break,
            }
        }
        held.sort_by_key(|line| line.time);
        for line in &held {
            take(shown(line, known))?;
        }
        if let Some(error) = failure {
            return Err(error);
        }
        if held.is_empty() && !wanted.follow {
            return take(LogNext::Nothing);
        }
        if !more {
            return Ok(());
        }
        loop {
            // With --follow it is shown at once.
            take(LogNext::Pause)?;
            let Some(line) = lines.next().await else {
                return Ok(());
            };
            let line = line?;
            take(shown(&line, known))?;
        }
    }
}

fn shown<'a>(line: &'a LogLine, known: &[&str]) -> LogNext<'a> {
    let place = known.iter().position(|name| *name == line.service);
    LogNext::Line {
        component: Some((&line.service, place.unwrap_or(0))),
        time: line.time.map(|time| time.to_string()),
        text: &line.text,
    }
}
