//! The comparison of a compose file with what the engine has. It does not ask the engine.

#[cfg(test)]
mod tests;

use super::observed::{FoundContainer, Observed, is_of, owner};
use super::{CONTAINER, NETWORK, VOLUME, labels, request};
use crate::compose::{HashEdition, Network, Project, Service};
use crate::converge::{Change, Verb};
use std::collections::{BTreeSet, HashMap};

/// What is to be done with one thing. A container belongs to the component that its service is
/// named after, and has its service's limit of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    /// Its name in the compose file; of a container its service's.
    pub key: String,
    pub change: Change,
}

impl Planned {
    fn new(kind: &'static str, key: &str, name: &str, (verb, detail): (Verb, String)) -> Self {
        Self {
            key: key.to_owned(),
            change: Change::new(verb, kind, name).because(detail),
        }
    }

    /// Whether a container is made.
    pub fn makes_container(&self) -> bool {
        self.change.kind == CONTAINER && matches!(self.change.verb, Verb::Create | Verb::Recreate)
    }
}

/// Compares what is asked for with what is there: networks first, then volumes, then containers in
/// their start order.
pub(super) fn compare(project: &Project, observed: &Observed) -> Vec<Planned> {
    let mut plan = Vec::new();
    for (key, wanted) in &project.networks {
        let done = network(project, wanted, observed);
        plan.push(Planned::new(NETWORK, key, &wanted.name, done));
    }
    for (key, wanted) in &project.volumes {
        let done = match observed.volumes.get(&wanted.name) {
            None => (Verb::Create, String::new()),
            Some(labels) if !is_of(project, labels) => refuse(VOLUME, &wanted.name, labels),
            Some(_) => (Verb::Keep, String::new()),
        };
        plan.push(Planned::new(VOLUME, key, &wanted.name, done));
    }
    for name in project.start_order().into_iter().flatten() {
        containers(project, name, observed, &mut plan);
    }
    plan
}

fn refuse(kind: &str, name: &str, labels: &HashMap<String, String>) -> (Verb, String) {
    (Verb::Refuse, foreign(kind, name, labels))
}

/// Says that a thing with these labels belongs to somebody else, and what to do.
pub(super) fn foreign(kind: &str, name: &str, labels: &HashMap<String, String>) -> String {
    let whose = match owner(labels) {
        Some(owner) => format!("the {kind} {name} belongs to the project {owner}"),
        None => format!("the {kind} {name} was not made by this project"),
    };
    match kind {
        CONTAINER => format!(
            "{whose}: rename it with `docker rename {name} NEW`, or remove it with `docker rm {name}`"
        ),
        _ => format!("{whose}: if nothing needs it, remove it with `docker {kind} rm {name}`"),
    }
}

fn network(project: &Project, wanted: &Network, observed: &Observed) -> (Verb, String) {
    let name = &wanted.name;
    let existing = observed.networks.iter().find(|n| n.name == *name);
    let Some(existing) = existing else {
        for range in &wanted.ipam.config {
            let overlaps = |subnet: &_| range.overlaps(subnet);
            let mut others = observed.networks.iter();
            if let Some(other) = others.find(|n| n.subnets.iter().any(overlaps)) {
                let why = format!(
                    "the network {name} cannot have the addresses {}, which the network {} uses: give another subnet",
                    range.subnet, other.name
                );
                return (Verb::Refuse, why);
            }
        }
        return (Verb::Create, String::new());
    };
    if !is_of(project, &existing.labels) {
        return refuse(NETWORK, name, &existing.labels);
    }
    let mut because = Vec::new();
    for range in &wanted.ipam.config {
        if !existing.subnets.contains(&range.subnet) {
            because.push("subnet changed");
        }
        let gateway = range.gateway.map(|gateway| gateway.to_string());
        if gateway.is_some_and(|gateway| !existing.gateways.contains(&gateway)) {
            because.push("gateway changed");
        }
    }
    if because.is_empty() {
        return (Verb::Keep, String::new());
    }
    let is_ours = |user: &str| {
        let mut containers = observed.containers.iter();
        containers.any(|c| c.name == user && is_of(project, &c.labels))
    };
    let users = existing.users.iter().map(String::as_str);
    let users: Vec<&str> = users.filter(|user| !is_ours(user)).collect();
    if users.is_empty() {
        return (Verb::Recreate, because.join(", "));
    }
    let users = users.join(", ");
    let why = format!("the network {name} must be recreated, and {users} is in it: stop it first");
    (Verb::Refuse, why)
}

/// The service's container, and others that bear its label.
fn containers(project: &Project, name: &str, observed: &Observed, plan: &mut Vec<Planned>) {
    let wanted = project.container_name(name);
    let existing = observed.containers.iter().find(|c| c.name == wanted);
    let done = match existing {
        None => (Verb::Create, String::new()),
        Some(existing) if !is_of(project, &existing.labels) => {
            refuse(CONTAINER, &wanted, &existing.labels)
        }
        Some(existing) => {
            let because = differences(project, name, existing, observed, plan).join(", ");
            match existing.state.as_str() {
                _ if !because.is_empty() => (Verb::Recreate, because),
                "running" | "restarting" => (Verb::Keep, because),
                _ => (Verb::Start, because),
            }
        }
    };
    let mut add = |container: &str, done| {
        let mut planned = Planned::new(CONTAINER, name, container, done);
        planned.change.memory_bytes = project.services[name].mem_limit.map(|limit| limit.0);
        planned.change.component = name.to_owned();
        plan.push(planned);
    };
    add(&wanted, done);
    for other in &observed.containers {
        let label = |label| other.labels.get(label).map(String::as_str);
        if other.name != wanted
            && is_of(project, &other.labels)
            && label(labels::SERVICE) == Some(name)
            && label(labels::ONE_OFF) != Some("True")
        {
            let why = "left from an interrupted change".to_owned();
            add(&other.name, (Verb::Remove, why));
        }
    }
}

/// In which ways a container is not what its service asks for, in words for people.
fn differences(
    project: &Project,
    name: &str,
    existing: &FoundContainer,
    observed: &Observed,
    plan: &[Planned],
) -> Vec<String> {
    let service = &project.services[name];
    let mut because = Vec::new();
    if ["dead", "removing"].contains(&existing.state.as_str()) {
        because.push("it is being removed".to_owned());
    }
    let hash = existing.labels.get(labels::CONFIG_HASH);
    let editions = [
        HashEdition::WithoutDependencies,
        HashEdition::WithDependencies,
    ];
    let mut hashes = editions.into_iter().map(|e| service.config_hash(e));
    if !hashes.any(|expected| Some(&expected) == hash) {
        because.extend(changed_settings(service, existing));
    }
    // An image that is not there yet is a matter of its reference, which the hash covers.
    let image = observed.images.get(&service.image);
    if image.is_some_and(|image| existing.labels.get(labels::IMAGE) != Some(image)) {
        because.push("the image changed".to_owned());
    }
    for key in service.networks.keys() {
        let network = &project.networks[key].name;
        let is_remade = |Planned { change, .. }: &Planned| {
            change.kind == NETWORK && change.name == *network && change.verb == Verb::Recreate
        };
        let mut networks = observed.networks.iter();
        let is_in = networks.any(|n| n.name == *network && existing.networks.contains(&n.id));
        // One that never ran has no network's id yet.
        if plan.iter().any(is_remade) || (!is_in && existing.state != "created") {
            because.push(format!("it is not in the network {network}"));
        }
    }
    let volumes = service.volumes.iter();
    let volumes: BTreeSet<&String> = volumes
        .map(|mount| &project.volumes[&mount.source].name)
        .collect();
    let missing = volumes
        .into_iter()
        .filter(|v| !existing.volumes.contains(*v));
    because.extend(missing.map(|volume| format!("it does not mount the volume {volume}")));
    if because.is_empty() {
        let limits = request::unmet_limits(service, existing).into_iter();
        let mut updated: Vec<&str> = limits.map(|limit| limit.setting).collect();
        if !request::restarts(service, &existing.restart) {
            updated.push("restart");
        }
        let words = |setting| format!("{setting} was changed on the container itself");
        because.extend(updated.into_iter().map(words));
    }
    because
}

/// Which settings are not those that the container was made with.
fn changed_settings(service: &Service, existing: &FoundContainer) -> Vec<String> {
    let mut changed = Vec::new();
    let before = existing.labels.get(labels::SETTINGS);
    let settings = before.map(|before| labels::changed_settings(before, service));
    for setting in settings.unwrap_or_default() {
        let variables: Vec<&str> = match setting.as_str() {
            "depends_on" => continue,
            "environment" => service
                .environment
                .iter()
                .filter(|(name, value)| !existing.environment.contains(&format!("{name}={value}")))
                .map(|(name, _)| name)
                .collect(),
            _ => Vec::new(),
        };
        if variables.is_empty() {
            changed.push(format!("{setting} changed"));
        }
        let named = variables.into_iter();
        changed.extend(named.map(|name| format!("{setting}.{name} changed")));
    }
    if changed.is_empty() {
        // Another program's labels do not name them.
        changed.push("its settings are not those of the compose file".to_owned());
    }
    changed
}
