//! What the engine is sent to make a service's container, a network or a volume. It is docker
//! compose's own request, so that both make the same thing.

use super::observed::FoundContainer;
use super::{NETWORK, VOLUME, labels};
use crate::compose::{
    Bytes, GoDuration, HashEdition, HealthCheck, Mount, Project, PublishedPort, Restart, Service,
};
use bollard::models::{
    ContainerCreateBody, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig, Ipam,
    IpamConfig, Mount as EngineMount, MountType, MountVolumeOptions, NetworkCreateRequest,
    NetworkingConfig, PortBinding, RestartPolicy, RestartPolicyNameEnum, VolumeCreateRequest,
};
use std::collections::HashMap;

/// A limit that a container does not have, in the engine's unit.
pub(super) struct UnmetLimit {
    /// Its name in the compose file.
    pub setting: &'static str,
    pub asked: i64,
    /// What the engine says; 0 is no limit.
    pub found: i64,
}

/// The limits that `service` asks for and `container` does not have.
pub(super) fn unmet_limits(service: &Service, container: &FoundContainer) -> Vec<UnmetLimit> {
    let limits = [
        ("mem_limit", service.mem_limit.map(memory), container.memory),
        ("cpus", service.cpus.map(nano_cpus), container.nano_cpus),
        ("pids_limit", service.pids_limit, container.pids),
    ];
    let unmet = limits.into_iter().filter_map(|(setting, asked, found)| {
        let asked = asked.filter(|asked| *asked != found)?;
        Some(UnmetLimit {
            setting,
            asked,
            found,
        })
    });
    unmet.collect()
}

fn memory(limit: Bytes) -> i64 {
    i64::try_from(limit.0).unwrap_or(i64::MAX)
}

/// Billionths of a core. Through its shortest decimal form, so that 0.1 is not 0.10000000149.
fn nano_cpus(cpus: f32) -> i64 {
    let exact: f64 = cpus.to_string().parse().unwrap_or_else(|_| f64::from(cpus));
    (exact * 1e9).round() as i64
}

fn nanoseconds(duration: GoDuration) -> i64 {
    i64::try_from(duration.0.as_nanos()).unwrap_or(i64::MAX)
}

/// The container of the service `name`, whose image has the id `image`.
pub(super) fn container(
    project: &Project,
    name: &str,
    image: &str,
    edition: HashEdition,
) -> ContainerCreateBody {
    let service = &project.services[name];
    let environment = service.environment.iter();
    let environment = environment.map(|(name, value)| format!("{name}={value}"));
    let endpoints: HashMap<String, EndpointSettings> = service
        .networks
        .iter()
        .map(|(key, attachment)| {
            let mut aliases = vec![project.container_name(name), name.to_owned()];
            aliases.extend(attachment.iter().flat_map(|a| a.aliases.clone()));
            let endpoint = EndpointSettings {
                aliases: Some(aliases),
                ..EndpointSettings::default()
            };
            (project.networks[key].name.clone(), endpoint)
        })
        .collect();
    let ports = service.ports.iter().map(port_key);
    ContainerCreateBody {
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        exposed_ports: Some(ports.collect()),
        env: Some(environment.collect()),
        cmd: service.command.clone(),
        healthcheck: service.healthcheck.as_ref().map(health),
        image: Some(service.image.clone()),
        labels: Some(labels::of_container(project, name, service, image, edition)),
        stop_timeout: service
            .stop_grace_period
            .map(|grace| grace.0.as_secs_f64().ceil() as i64),
        host_config: Some(host(project, service)),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(endpoints),
        }),
        ..ContainerCreateBody::default()
    }
}

fn host(project: &Project, service: &Service) -> HostConfig {
    let network = service.networks.keys().next();
    let tmpfs = service.tmpfs.iter().map(|entry| {
        let (path, options) = entry.split_once(':').unwrap_or((entry, ""));
        (path.to_owned(), options.to_owned())
    });
    let hosts = service.extra_hosts.iter();
    HostConfig {
        memory: service.mem_limit.map(memory),
        nano_cpus: service.cpus.map(nano_cpus),
        pids_limit: service.pids_limit,
        init: service.init,
        log_config: service.logging.as_ref().map(|logging| HostConfigLogConfig {
            typ: Some(logging.driver.clone()),
            config: Some(logging.options.clone().into_iter().collect()),
        }),
        network_mode: network.map(|key| project.networks[key].name.clone()),
        port_bindings: Some(bindings(&service.ports)),
        restart_policy: service.restart.map(restart),
        mounts: some(service.volumes.iter().map(|m| mount(project, m)).collect()),
        tmpfs: Some(tmpfs.collect()),
        cap_drop: some(service.cap_drop.clone()),
        extra_hosts: some(hosts.map(|host| host.0.clone()).collect()),
        readonly_rootfs: Some(service.read_only),
        security_opt: some(service.security_opt.clone()),
        ..HostConfig::default()
    }
}

fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

fn port_key(port: &PublishedPort) -> String {
    format!("{}/tcp", port.target)
}

fn bindings(ports: &[PublishedPort]) -> HashMap<String, Option<Vec<PortBinding>>> {
    let mut bindings: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
    for port in ports {
        let binding = PortBinding {
            host_ip: Some(port.host_ip.to_string()),
            host_port: Some(port.published.map(|p| p.to_string()).unwrap_or_default()),
        };
        let of_target = bindings.entry(port_key(port)).or_default();
        of_target.get_or_insert_default().push(binding);
    }
    bindings
}

pub(super) fn restart(policy: Restart) -> RestartPolicy {
    let name = match policy {
        Restart::No => RestartPolicyNameEnum::NO,
        Restart::UnlessStopped => RestartPolicyNameEnum::UNLESS_STOPPED,
    };
    RestartPolicy {
        name: Some(name),
        maximum_retry_count: None,
    }
}

/// Whether a container's restart policy is the one `service` asks for.
pub(super) fn restarts(service: &Service, policy: &str) -> bool {
    match service.restart.unwrap_or(Restart::No) {
        // No policy and the policy "no" are the same.
        Restart::No => ["", "no"].contains(&policy),
        Restart::UnlessStopped => policy == "unless-stopped",
    }
}

fn mount(project: &Project, mount: &Mount) -> EngineMount {
    EngineMount {
        typ: Some(MountType::VOLUME),
        source: Some(project.volumes[&mount.source].name.clone()),
        target: Some(mount.target.clone()),
        volume_options: Some(MountVolumeOptions::default()),
        ..EngineMount::default()
    }
}

fn health(check: &HealthCheck) -> HealthConfig {
    HealthConfig {
        test: Some(check.test.clone()),
        interval: check.interval.map(nanoseconds),
        timeout: check.timeout.map(nanoseconds),
        retries: check.retries.map(i64::from),
        start_period: check.start_period.map(nanoseconds),
        start_interval: None,
    }
}

pub(super) fn network(project: &Project, key: &str) -> NetworkCreateRequest {
    let network = &project.networks[key];
    let ranges = network.ipam.config.iter().map(|range| IpamConfig {
        subnet: Some(range.subnet.to_string()),
        gateway: range.gateway.map(|gateway| gateway.to_string()),
        ..IpamConfig::default()
    });
    NetworkCreateRequest {
        name: network.name.clone(),
        driver: Some("bridge".to_owned()),
        ipam: Some(Ipam {
            config: Some(ranges.collect()),
            ..Ipam::default()
        }),
        labels: Some(labels::of_thing(project, NETWORK, key)),
        ..NetworkCreateRequest::default()
    }
}

pub(super) fn volume(project: &Project, key: &str) -> VolumeCreateRequest {
    VolumeCreateRequest {
        name: Some(project.volumes[key].name.clone()),
        driver: Some("local".to_owned()),
        labels: Some(labels::of_thing(project, VOLUME, key)),
        ..VolumeCreateRequest::default()
    }
}
