//! Judges the engine itself: whether it can be used, what it has, whom it lets in.

use super::super::Check;
use crate::advice;
use crate::amounts::bytes as byte_count;
use crate::plan::Row;
use jiff::Timestamp;
use wikisentry_driver::converge::Growth;
use wikisentry_driver::docker::{EngineError, EngineInfo};

/// What bollard's client and the Dockerfiles need: engine 20.10.
const OLDEST_API: (u32, u32) = (1, 41);
/// From engine 28 on, containers are not routed to from outside.
const CLOSED_API: (u32, u32) = (1, 48);
/// Clocks of one machine that differ by more, in milliseconds, have lost each other.
const CLOCK_TOLERANCE: i64 = 5_000;
/// The oldest k3d whose commands are those of today.
const OLDEST_K3D: u32 = 5;

/// No engine answers, and the data layer needs one.
pub(super) fn unreachable(error: &EngineError) -> Check {
    let by_choice;
    let remedy = match error {
        EngineError::Context(error) => {
            by_choice = advice::way_to_the_choice(error);
            by_choice.as_str()
        }
        EngineError::Unreachable { tried }
            if tried.iter().any(|one| one.problem == "permission denied") =>
        {
            "`sudo usermod -aG docker $USER`, then log in again"
        }
        EngineError::Unreachable { .. } => {
            "start Docker (`sudo systemctl start docker`, or Docker Desktop), or name the engine \
             in DOCKER_HOST; without it: `--set profile=embedded`"
        }
        EngineError::Address { .. } => {
            "set DOCKER_HOST to an address such as unix:///var/run/docker.sock"
        }
        _ => "look at `docker info`; restarting Docker often helps",
    };
    Check::fail(brief(error), remedy)
}

/// The error without the many places where nothing was to be expected.
pub(super) fn brief(error: &EngineError) -> String {
    let EngineError::Unreachable { tried } = error else {
        return error.to_string();
    };
    let there = tried
        .iter()
        .filter(|one| one.problem != "there is no such socket");
    let there: Vec<String> = there.map(ToString::to_string).collect();
    match (there.is_empty(), tried.as_slice()) {
        (false, _) => format!("no Docker engine answers: {}", there.join("; ")),
        (true, [only]) => format!("no Docker engine answers: {only}"),
        (true, _) => "no Docker engine answers: there is none of the usual sockets".to_owned(),
    }
}

/// It is recent enough.
pub(super) fn version(info: &EngineInfo) -> Check {
    let EngineInfo {
        version, address, ..
    } = info;
    if info.podman {
        return Check::warn(
            format!("{address} is Podman {version}, with which this was not tried"),
            "name a Docker engine in DOCKER_HOST",
        );
    }
    let finding = format!(
        "engine {version} at {address}: {}",
        match info.operating_system.as_str() {
            "" => "it may be used",
            system => system,
        }
    );
    match api(info) {
        Some(api) if api < OLDEST_API => {
            let finding = format!("{finding}; it must be 20.10 or later");
            Check::fail(finding, "update Docker")
        }
        _ => Check::ok(finding),
    }
}

/// There is memory for all limits together, as the plan counts it.
pub(super) fn memory(info: &EngineInfo, row: &Row) -> Check {
    let finding = format!(
        "{} needed, {} {}",
        byte_count(row.needed),
        byte_count(row.available),
        row.detail
    );
    let remedy = row.help.clone();
    let remedy = remedy.unwrap_or_else(|| "`--set size=small`, or free some memory".to_owned());
    if !row.fits {
        return Check::fail(finding, remedy);
    }
    if !info.limits_memory {
        return Check::warn(
            format!("{finding}, but the engine cannot limit memory"),
            "let the kernel count it: boot with cgroup_enable=memory",
        );
    }
    // A fifth is left for the engine and everything else there.
    if row.needed > row.available / 5 * 4 {
        return Check::warn(finding, remedy);
    }
    Check::ok(finding)
}

/// There is room for what is missing, as the plan counts it, and for what grows.
pub(super) fn disk(row: Option<&Row>, growth: &[Growth]) -> Check {
    let Some(row) = row else {
        let finding = "not known from here; `docker system df` says what is used";
        return Check::ok(finding);
    };
    let finding = format!("{} {}", byte_count(row.available), row.detail);
    if !row.fits {
        let needed = byte_count(row.needed);
        let finding = format!("{finding}; {} take {needed}", row.what);
        return Check::fail(finding, row.help.clone().unwrap_or_default());
    }
    let left = row.available - row.needed;
    if let Some(growth) = growth.iter().find(|growth| left < growth.bytes) {
        let (what, bytes) = (&growth.what, byte_count(growth.bytes));
        let finding = format!("{finding}, less than the {bytes} that {what} may grow to");
        let remedy = format!("free space, or lower {}", growth.setting);
        return Check::warn(finding, remedy);
    }
    Check::ok(finding)
}

/// Its clock and ours agree; `asked` is the time here before and after it told its own.
pub(super) fn clock(asked: (Timestamp, Timestamp), engine: Option<Timestamp>) -> Check {
    let Some(engine) = engine else {
        return Check::ok("the engine does not tell its time");
    };
    let (before, after) = (asked.0.as_millisecond(), asked.1.as_millisecond());
    let told = engine.as_millisecond();
    // How far outside of the span it lies; positive if it is ahead.
    let skew = (told - after).max(0) + (told - before).min(0);
    let seconds = skew.abs() as f64 / 1000.0;
    if skew.abs() <= CLOCK_TOLERANCE {
        return Check::ok(format!("within {seconds:.1} s of this machine's"));
    }
    let side = if skew > 0 { "ahead of" } else { "behind" };
    Check::warn(
        format!("{seconds:.0} s {side} this machine's"),
        "restart Docker's machine, or set the clock; `timedatectl` tells whether it is kept in step",
    )
}

/// Kubernetes will run on it.
pub(super) fn cgroup(info: &EngineInfo) -> Option<Check> {
    Some(match info.cgroup_version? {
        1 => Check::warn(
            "version 1: the data layer runs, Kubernetes from 1.35 on refuses it",
            "boot with systemd.unified_cgroup_hierarchy=1, or update Docker Desktop",
        ),
        version => Check::ok(format!("version {version}")),
    })
}

/// Neighbours in the local network cannot be routed to containers. `None` where that is so by
/// itself: the engine has a network of its own.
pub(super) fn neighbours(info: &EngineInfo, subnet: &str, kept_out: bool) -> Option<Check> {
    if info.virtual_machine || info.rootless || info.podman {
        return None;
    }
    if api(info).is_none_or(|api| api >= CLOSED_API) {
        return Some(Check::ok("the engine keeps them from containers"));
    }
    if kept_out {
        return Some(Check::ok("a rule keeps them from containers"));
    }
    Some(Check::warn(
        "engines before 28 let in anyone on the local network who sets a route to containers",
        format!(
            "update Docker, or if the rule is not there yet: `sudo {}`",
            closing_rule(subnet)
        ),
    ))
}

/// The command that keeps neighbours out; see docs/IMAGES.md.
pub(super) fn closing_rule(subnet: &str) -> String {
    format!("iptables -I DOCKER-USER -d {subnet} ! -s {subnet} -m conntrack --ctstate NEW -j DROP")
}

/// k3d is there, for what comes after the data layer.
pub(super) fn k3d(said: Option<&str>) -> Check {
    let install = format!("install version {OLDEST_K3D} or later: https://k3d.io");
    let first = said.and_then(|said| said.lines().next());
    let Some(version) = first.and_then(|line| line.strip_prefix("k3d version v")) else {
        let finding = "not found; the data layer does not need it, a cluster does";
        return Check::warn(finding, install);
    };
    let major = version.split('.').next().and_then(|one| one.parse().ok());
    match major {
        Some(0..OLDEST_K3D) => Check::warn(format!("version {version} is too old"), install),
        _ => Check::ok(format!("version {version}")),
    }
}

fn api(info: &EngineInfo) -> Option<(u32, u32)> {
    let (major, minor) = info.api_version.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests;
