//! The comparison of a compose file with what the engine has. It does not ask the engine.

#[cfg(test)]
mod tests;

use super::difference::{Difference, Refusal};
use super::observed::{FoundContainer, Observed, owner};
use super::plan::{Plan, ResourceAction};
use super::resource::{Resource, ResourceKind};
use super::{labels, request};
use crate::compose::{HashEdition, Project, Service};
use std::collections::BTreeSet;

/// Compares what is asked for with what is there.
pub(super) fn compare(project: &Project, observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    for key in project.networks.keys() {
        let resource = Resource::new(ResourceKind::Network, key, &project.networks[key].name);
        let action = network(project, key, observed, &resource);
        plan.add(resource, action);
    }
    for key in project.volumes.keys() {
        let resource = Resource::new(ResourceKind::Volume, key, &project.volumes[key].name);
        let action = volume(project, key, observed, &resource);
        plan.add(resource, action);
    }
    for name in project.start_order().into_iter().flatten() {
        containers(project, name, observed, &mut plan);
    }
    plan
}

fn foreign(resource: &Resource, owner: Option<&str>) -> ResourceAction {
    ResourceAction::Refuse(Refusal::Foreign {
        resource: resource.clone(),
        owner: owner.map(str::to_owned),
    })
}

fn network(
    project: &Project,
    key: &str,
    observed: &Observed,
    resource: &Resource,
) -> ResourceAction {
    let wanted = &project.networks[key];
    let existing = observed.networks.iter().find(|n| n.name == wanted.name);
    let Some(existing) = existing else {
        for range in &wanted.ipam.config {
            let overlaps = |subnet: &_| range.subnet.overlaps(*subnet);
            let mut others = observed.networks.iter();
            if let Some(other) = others.find(|n| n.subnets.iter().any(overlaps)) {
                return ResourceAction::Refuse(Refusal::Overlap {
                    resource: resource.clone(),
                    subnet: range.subnet.to_string(),
                    other: other.name.clone(),
                });
            }
        }
        return ResourceAction::Create;
    };
    let owned_by = owner(&existing.labels);
    if owned_by != Some(project.name.as_str()) {
        return foreign(resource, owned_by);
    }
    let mut because = Vec::new();
    for range in &wanted.ipam.config {
        if !existing.subnets.contains(&range.subnet) {
            because.push(Difference::Setting("subnet".to_owned()));
        }
        let gateway = range.gateway.map(|gateway| gateway.to_string());
        if gateway.is_some_and(|gateway| !existing.gateways.contains(&gateway)) {
            because.push(Difference::Setting("gateway".to_owned()));
        }
    }
    if because.is_empty() {
        return ResourceAction::Keep;
    }
    let is_ours = |user: &&String| {
        let mut ours = observed.containers.iter();
        ours.any(|c| c.name == **user && owner(&c.labels) == Some(project.name.as_str()))
    };
    let users: Vec<String> = existing
        .users
        .iter()
        .filter(|u| !is_ours(u))
        .cloned()
        .collect();
    if users.is_empty() {
        ResourceAction::Recreate { because }
    } else {
        let resource = resource.clone();
        ResourceAction::Refuse(Refusal::InUse { resource, users })
    }
}

fn volume(
    project: &Project,
    key: &str,
    observed: &Observed,
    resource: &Resource,
) -> ResourceAction {
    let wanted = &project.volumes[key];
    let Some(existing) = observed.volumes.get(&wanted.name) else {
        return ResourceAction::Create;
    };
    let owned_by = owner(&existing.labels);
    if owned_by != Some(project.name.as_str()) {
        return foreign(resource, owned_by);
    }
    ResourceAction::Keep
}

/// The service's container, and others that bear its label.
fn containers(project: &Project, name: &str, observed: &Observed, plan: &mut Plan) {
    let wanted = project.container_name(name);
    let this = Resource::new(ResourceKind::Container, name, &wanted);
    let existing = observed.containers.iter().find(|c| c.name == wanted);
    let action = match existing {
        None => ResourceAction::Create,
        Some(existing) if owner(&existing.labels) != Some(project.name.as_str()) => {
            foreign(&this, owner(&existing.labels))
        }
        Some(existing) => {
            let because = differences(project, name, existing, observed, plan);
            match existing.state.as_str() {
                _ if !because.is_empty() => ResourceAction::Recreate { because },
                "running" | "restarting" => ResourceAction::Keep,
                _ => ResourceAction::Start,
            }
        }
    };
    plan.add(this, action);
    for other in &observed.containers {
        let label = |label| other.labels.get(label).map(String::as_str);
        if other.name != wanted
            && label(labels::PROJECT) == Some(project.name.as_str())
            && label(labels::SERVICE) == Some(name)
            && label(labels::ONE_OFF) != Some("True")
        {
            plan.add(
                Resource::new(ResourceKind::Container, name, &other.name),
                ResourceAction::Remove,
            );
        }
    }
}

/// In which ways a container is not what its service asks for.
fn differences(
    project: &Project,
    name: &str,
    existing: &FoundContainer,
    observed: &Observed,
    plan: &Plan,
) -> Vec<Difference> {
    let service = &project.services[name];
    let mut because = Vec::new();
    if ["dead", "removing"].contains(&existing.state.as_str()) {
        because.push(Difference::Dead);
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
        because.push(Difference::Image);
    }
    for key in service.networks.keys() {
        let network = &project.networks[key].name;
        let remade = plan.actions.iter().any(|planned| {
            planned.resource.name == *network
                && matches!(planned.action, ResourceAction::Recreate { .. })
        });
        let is_in = observed
            .networks
            .iter()
            .any(|n| n.name == *network && existing.networks.contains(&n.id));
        // One that never ran has no network's id yet.
        if remade || (!is_in && existing.state != "created") {
            because.push(Difference::Network(network.clone()));
        }
    }
    let volumes: BTreeSet<&String> = service
        .volumes
        .iter()
        .map(|mount| &project.volumes[&mount.source].name)
        .collect();
    let missing = volumes
        .into_iter()
        .filter(|v| !existing.volumes.contains(*v));
    because.extend(missing.map(|volume| Difference::Volume(volume.clone())));
    if because.is_empty() {
        let limits = request::limits(service).into_iter();
        let differ = limits.filter(|limit| limit.asked != limit.found(existing));
        because.extend(differ.map(|limit| Difference::Updated(limit.setting)));
        if !request::restarts(service, &existing.restart) {
            because.push(Difference::Updated("restart"));
        }
    }
    because
}

/// Which settings are not those that the container was made with.
fn changed_settings(service: &Service, existing: &FoundContainer) -> Vec<Difference> {
    let Some(before) = existing.labels.get(labels::SETTINGS) else {
        return vec![Difference::Settings];
    };
    let mut reasons = Vec::new();
    for setting in labels::changed_settings(before, service) {
        let variables: Vec<&String> = match setting.as_str() {
            "depends_on" => continue,
            "environment" => service
                .environment
                .0
                .iter()
                .filter(|(name, value)| !existing.environment.contains(&format!("{name}={value}")))
                .map(|(name, _)| name)
                .collect(),
            _ => Vec::new(),
        };
        if variables.is_empty() {
            reasons.push(Difference::Setting(setting));
        } else {
            let named = variables
                .into_iter()
                .map(|name| format!("{setting}.{name}"));
            reasons.extend(named.map(Difference::Setting));
        }
    }
    if reasons.is_empty() {
        reasons.push(Difference::Settings);
    }
    reasons
}
