//! What containers need of Docker: an engine that may be used, room there, ports, a cluster tool.
//! It looks and starts nothing.

mod engine;
mod listener;
mod project;
mod survey;

use super::{Check, Grade};
use crate::cli::Context;
use crate::config::Settings;
use crate::error::Result;
use crate::plan::{Budget, Resource};
use crate::platform::containers::Containers;
use crate::platform::{Interest, Platform};
use crate::runtime;
use crate::state::StateDir;
use std::net::IpAddr;
use survey::Survey;

pub(super) struct Docker {
    pub checks: Vec<(&'static str, Check)>,
    /// Where what containers send to this machine arrives, if that is not the loopback address.
    pub gateway: Option<IpAddr>,
}

/// Asks the engine, and judges. An engine that nobody asked for fails nothing.
pub(super) fn look(
    settings: &Settings,
    state: &StateDir,
    platform: &Platform,
    context: &Context,
) -> Result<Docker> {
    let interest = platform.interest_in_containers();
    let planned = match interest {
        Interest::None => None,
        _ => Some(Containers::as_kept(settings.clone(), state)?),
    };
    let survey = runtime::single()?.block_on(survey::of(settings, planned.as_ref()));
    let is_needed = interest == Interest::Needed;
    let profile = platform.profile();
    let survey = match survey {
        Ok(survey) => survey,
        Err(error) => {
            let why = engine::brief(&error);
            let check = match is_needed {
                true => engine::unreachable(&error),
                false => Check::ok(format!("not used (profile {profile}): {why}")),
            };
            return Ok(Docker {
                checks: vec![("docker", check)],
                gateway: None,
            });
        }
    };
    let version = &survey.info.version;
    let mut checks = match interest {
        Interest::None => {
            let finding = format!("not used (profile {profile}); there is engine {version}");
            vec![("docker", Check::ok(finding))]
        }
        _ => full(&survey, settings),
    };
    let project = &settings.docker.project;
    let last = context.remembered()?.filter(|_| planned.is_some());
    let is_up = last.is_some_and(|last| last.is_up);
    let leftovers = project::leftovers(&survey.belongings, project, is_up);
    checks.push(("containers", leftovers));
    checks.extend(project::old_images(&survey.images).map(|check| ("images", check)));
    if !is_needed {
        checks.iter_mut().for_each(|(_, check)| soften(check));
    }
    Ok(Docker {
        checks,
        gateway: survey.gateway,
    })
}

/// All that containers need.
fn full(survey: &Survey, settings: &Settings) -> Vec<(&'static str, Check)> {
    let info = &survey.info;
    let mut checks = vec![("docker", engine::version(info))];
    match &survey.budget {
        Some(Ok(budget)) => checks.extend(room(survey, budget)),
        Some(Err(why)) => {
            let finding = format!("whether there is room is not known: {why}");
            checks.push(("docker-room", Check::warn(finding, "try `wikisentry plan`")));
        }
        None => {}
    }
    checks.push(("docker-clock", engine::clock(survey.asked, info.clock)));
    checks.extend(engine::cgroup(info).map(|check| ("cgroup", check)));
    let kept_out = survey.neighbours_are_kept_out;
    let neighbours = engine::neighbours(info, &settings.docker.subnet, kept_out);
    checks.extend(neighbours.map(|check| ("neighbours", check)));
    checks.push(("k3d", engine::k3d(survey.k3d.as_deref())));
    checks
}

/// What the plan counts, with some room left beside.
fn room(survey: &Survey, budget: &Budget) -> Vec<(&'static str, Check)> {
    let info = &survey.info;
    let memory = budget.row(Resource::Memory);
    let memory = memory.map(|row| ("docker-memory", engine::memory(info, row)));
    let disk = engine::disk(budget.row(Resource::Disk), &budget.growth);
    let ports = budget.rows.iter();
    let ports: Vec<_> = ports.filter(|row| row.resource == Resource::Port).collect();
    let is_local = info.address.starts_with("unix://");
    let ports = project::ports(&ports, is_local, listener::of_port);
    let rest = [("docker-disk", disk), ("docker-ports", ports)];
    memory.into_iter().chain(rest).collect()
}

/// What is in nobody's way is worth no more than a warning.
fn soften(check: &mut Check) {
    if check.verdict == Grade::Fail {
        check.verdict = Grade::Warn;
    }
}
