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
use crate::platform::Interest;
use crate::platform::containers::Containers;
use crate::runtime;
use crate::state::StateDir;
use std::net::IpAddr;
use survey::Survey;

pub(super) struct Docker {
    pub checks: Vec<Check>,
    /// Where what containers send to this machine arrives, if that is not the loopback address.
    pub gateway: Option<IpAddr>,
}

/// Asks the engine, and judges. An engine that nobody asked for fails nothing.
///
/// # Errors
/// If no requests can be made at all, or what is kept cannot be read.
pub(super) fn look(settings: &Settings, state: &StateDir, context: &Context) -> Result<Docker> {
    let platform = context.platform_of(settings.clone())?;
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
            let check = match is_needed {
                true => engine::unreachable(&error),
                false => {
                    let why = engine::brief(&error);
                    Check::ok("docker", format!("not used (profile {profile}): {why}"))
                }
            };
            return Ok(Docker {
                checks: vec![check],
                gateway: None,
            });
        }
    };
    let mut checks = match interest {
        Interest::None => {
            let version = &survey.info.version;
            let finding = format!("not used (profile {profile}); there is engine {version}");
            vec![Check::ok("docker", finding)]
        }
        _ => full(&survey, settings),
    };
    let project = &settings.docker.project;
    let last = context.remembered()?.filter(|_| planned.is_some());
    let is_up = last.is_some_and(|last| last.is_up);
    checks.push(project::leftovers(&survey.belongings, project, is_up));
    checks.extend(project::old_images(&survey.images));
    if !is_needed {
        checks.iter_mut().for_each(soften);
    }
    Ok(Docker {
        checks,
        gateway: survey.gateway,
    })
}

/// All that containers need.
fn full(survey: &Survey, settings: &Settings) -> Vec<Check> {
    let info = &survey.info;
    let mut checks = vec![engine::version(info)];
    match &survey.budget {
        Some(Ok(budget)) => checks.extend(room(survey, budget)),
        Some(Err(why)) => {
            let finding = format!("whether there is room is not known: {why}");
            checks.push(Check::warn("docker-room", finding, "try `wikisentry plan`"));
        }
        None => {}
    }
    checks.push(engine::clock(survey.asked, info.clock));
    checks.extend(engine::cgroup(info));
    checks.extend(engine::neighbours(
        info,
        &settings.docker.subnet,
        survey.neighbours_are_kept_out,
    ));
    checks.push(engine::k3d(survey.k3d.as_deref()));
    checks
}

/// What the plan counts, with some room left beside.
fn room(survey: &Survey, budget: &Budget) -> Vec<Check> {
    let info = &survey.info;
    let memory = budget.row(Resource::Memory);
    let memory = memory.map(|row| engine::memory(info, row));
    let disk = engine::disk(budget.row(Resource::Disk), &budget.growth);
    let ports = budget.rows.iter();
    let ports: Vec<_> = ports.filter(|row| row.resource == Resource::Port).collect();
    let is_local = info.address.starts_with("unix://");
    let ports = project::ports(&ports, is_local, listener::of_port);
    memory.into_iter().chain([disk, ports]).collect()
}

/// What is in nobody's way is worth no more than a warning.
fn soften(check: &mut Check) {
    if check.verdict == Grade::Fail {
        check.verdict = Grade::Warn;
    }
}
