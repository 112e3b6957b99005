//! What the data layer needs of Docker: an engine it may use, room there, ports, a cluster tool.
//! It looks and starts nothing.

mod engine;
mod listener;
mod project;
mod survey;

use super::{Check, Verdict};
use crate::components;
use crate::config::{Profile, Settings};
use crate::data_layer::{DataLayer, Workspace};
use crate::error::Result;
use crate::state::StateDir;
use std::net::IpAddr;
use survey::Survey;

/// What was found.
pub(super) struct Docker {
    pub checks: Vec<Check>,
    /// Where what containers send to this machine arrives, if that is not the loopback address.
    pub gateway: Option<IpAddr>,
}

/// Asks the engine, and judges. An engine that nobody asked for fails nothing.
///
/// # Errors
/// If no requests can be made at all.
pub(super) fn look(settings: &Settings, state: &StateDir) -> Result<Docker> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let is_meant = DataLayer::is_meant(settings, state);
    let survey = match runtime.block_on(survey::of(settings)) {
        Ok(survey) => survey,
        Err(error) if is_meant => {
            return Ok(Docker {
                checks: vec![engine::unreachable(&error)],
                gateway: None,
            });
        }
        Err(error) => {
            let profile = profile(settings);
            let finding = format!("not used (profile {profile}): {}", engine::brief(&error));
            return Ok(Docker {
                checks: vec![Check::ok("docker", finding)],
                gateway: None,
            });
        }
    };
    let is_up = Workspace::of(state).is_up();
    let mut checks = if is_meant || settings.profile == Profile::Auto {
        full(&survey, settings)
    } else {
        let (profile, version) = (profile(settings), &survey.facts.version);
        let finding = format!("not used (profile {profile}); there is engine {version}");
        vec![Check::ok("docker", finding)]
    };
    checks.push(project::leftovers(
        &survey.belongings,
        &settings.docker.project,
        is_up,
    ));
    checks.extend(project::old_images(&survey.images));
    if !is_meant {
        checks.iter_mut().for_each(soften);
    }
    Ok(Docker {
        checks,
        gateway: survey.gateway,
    })
}

/// All that the data layer needs.
fn full(survey: &Survey, settings: &Settings) -> Vec<Check> {
    let facts = &survey.facts;
    let wanted = components::ALL.iter().map(|one| (one.memory_mib)(settings));
    let mut checks = vec![
        engine::version(facts),
        engine::memory(facts, wanted.sum::<u64>() << 20),
        engine::disk(
            facts,
            project::missing_bytes(&survey.images),
            settings.kafka.retention_bytes,
        ),
        engine::clock(survey.asked, facts.clock),
    ];
    checks.extend(engine::cgroup(facts));
    checks.push(project::ports(
        &project::port_uses(settings, survey),
        &settings.docker.project,
    ));
    checks.extend(engine::neighbours(
        facts,
        &settings.docker.subnet,
        survey.neighbours_are_kept_out,
    ));
    checks.push(engine::k3d(survey.k3d.as_deref()));
    checks
}

/// What is in nobody's way is worth no more than a warning.
fn soften(check: &mut Check) {
    if check.verdict == Verdict::Fail {
        check.verdict = Verdict::Warn;
    }
}

fn profile(settings: &Settings) -> String {
    format!("{:?}", settings.profile).to_lowercase()
}
