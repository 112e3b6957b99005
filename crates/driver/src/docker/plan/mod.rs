//! What has to be done so that the engine has what a compose file asks for: a comparison of the
//! two, without touching either.

use super::labels;
use super::observed::{Container, Observed, owner};
use super::request;
use crate::compose::{HashEdition, Project, Service};
use std::collections::BTreeSet;
use std::fmt;

/// Everything that `apply` would do, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Plan {
    /// Networks first, then volumes, then containers in their start order.
    pub changes: Vec<Change>,
}

/// What is to be done with one thing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// The thing.
    pub subject: Subject,
    /// What is to be done with it.
    pub action: Action,
}

/// A thing in the engine.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Subject {
    /// What it is.
    pub kind: Kind,
    /// Its name in the compose file.
    pub key: String,
    /// Its name in the engine.
    pub name: String,
}

/// What a thing in the engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A network.
    Network,
    /// A named volume.
    Volume,
    /// The container of a service.
    Container,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "network",
            Self::Volume => "volume",
            Self::Container => "container",
        })
    }
}

/// What is to be done with a thing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing: it is there and as asked for.
    Keep,
    /// It is not there.
    Create,
    /// It is there and as asked for, but does not run.
    Start,
    /// It is there and different.
    Recreate {
        /// In which ways; never empty.
        because: Vec<Reason>,
    },
    /// It is left from an interrupted change, or one of several where one is asked for.
    Remove,
    /// It cannot be done; nothing at all is done then.
    Refuse(Refusal),
}

/// A way in which a thing differs from what is asked for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A setting of the service, such as `mem_limit` or `environment.KAFKA_HEAP`.
    Setting(String),
    /// Settings that another program's labels do not name.
    Settings,
    /// Its reference now means another image.
    Image,
    /// It is not in this network as it is now.
    Network(String),
    /// It does not mount this volume.
    Volume(String),
    /// This setting is not what the container was made with: somebody updated it.
    Updated(&'static str),
    /// It is being removed, or the engine failed to.
    Dead,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(name) => write!(f, "{name} changed"),
            Self::Settings => f.write_str("its settings are not those of the compose file"),
            Self::Image => f.write_str("the image changed"),
            Self::Network(name) => write!(f, "it is not in the network {name}"),
            Self::Volume(name) => write!(f, "it does not mount the volume {name}"),
            Self::Updated(name) => write!(f, "{name} was changed on the container itself"),
            Self::Dead => f.write_str("it is being removed"),
        }
    }
}

/// Why nothing can be done, with the way out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// A thing of the name belongs to somebody else.
    Foreign {
        /// What it is.
        subject: Subject,
        /// The compose project it belongs to, if to any.
        owner: Option<String>,
    },
    /// Another network uses the same addresses.
    Overlap {
        /// The network that is wanted.
        subject: Subject,
        /// Its addresses.
        subnet: String,
        /// The network that has them.
        other: String,
    },
    /// The network must be made anew, and others are in it.
    InUse {
        /// The network.
        subject: Subject,
        /// Containers that are not of the project.
        users: Vec<String>,
    },
    /// The volume's options changed; making it anew would lose its data.
    VolumeChanged {
        /// The volume.
        subject: Subject,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { subject, owner } => {
                let Subject { kind, name, .. } = subject;
                match owner {
                    Some(owner) => write!(f, "the {kind} {name} belongs to the project {owner}")?,
                    None => write!(f, "the {kind} {name} was not made by this project")?,
                }
                match kind {
                    Kind::Container => write!(
                        f,
                        ": rename it with `docker rename {name} NEW`, or remove it with `docker rm {name}`"
                    ),
                    _ => write!(
                        f,
                        ": if nothing needs it, remove it with `docker {kind} rm {name}`"
                    ),
                }
            }
            Self::Overlap {
                subject,
                subnet,
                other,
            } => write!(
                f,
                "the network {} cannot have the addresses {subnet}, which the network {other} uses: give another subnet",
                subject.name
            ),
            Self::InUse { subject, users } => write!(
                f,
                "the network {} must be made anew, and {} is in it: stop it first",
                subject.name,
                users.join(", ")
            ),
            Self::VolumeChanged { subject } => write!(
                f,
                "the options of the volume {} changed: its data would be lost; remove it with `docker volume rm {}` if that is meant",
                subject.name, subject.name
            ),
        }
    }
}

impl Plan {
    /// Everything that stands in the way.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.changes
            .iter()
            .filter_map(|change| match &change.action {
                Action::Refuse(refusal) => Some(refusal),
                _ => None,
            })
    }

    /// Whether there is nothing to do.
    pub fn is_settled(&self) -> bool {
        self.changes.iter().all(|c| c.action == Action::Keep)
    }

    fn add(&mut self, subject: Subject, action: Action) {
        self.changes.push(Change { subject, action });
    }
}

/// Compares what is asked for with what is there.
pub(super) fn plan(project: &Project, observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    for key in project.networks.keys() {
        let subject = subject(Kind::Network, key, &project.networks[key].name);
        let action = network(project, key, observed, &subject);
        plan.add(subject, action);
    }
    for key in project.volumes.keys() {
        let subject = subject(Kind::Volume, key, &project.volumes[key].name);
        let action = volume(project, key, observed, &subject);
        plan.add(subject, action);
    }
    for name in project.start_order().into_iter().flatten() {
        containers(project, name, observed, &mut plan);
    }
    plan
}

fn subject(kind: Kind, key: &str, name: &str) -> Subject {
    let (key, name) = (key.to_owned(), name.to_owned());
    Subject { kind, key, name }
}

fn foreign(subject: &Subject, owner: Option<&str>) -> Action {
    Action::Refuse(Refusal::Foreign {
        subject: subject.clone(),
        owner: owner.map(str::to_owned),
    })
}

fn network(project: &Project, key: &str, observed: &Observed, subject: &Subject) -> Action {
    let wanted = &project.networks[key];
    let existing = observed.networks.iter().find(|n| n.name == wanted.name);
    let Some(existing) = existing else {
        for range in &wanted.ipam.config {
            let overlaps = |subnet: &_| range.subnet.overlaps(*subnet);
            let mut others = observed.networks.iter();
            if let Some(other) = others.find(|n| n.subnets.iter().any(overlaps)) {
                return Action::Refuse(Refusal::Overlap {
                    subject: subject.clone(),
                    subnet: range.subnet.to_string(),
                    other: other.name.clone(),
                });
            }
        }
        return Action::Create;
    };
    let owned_by = owner(&existing.labels);
    if owned_by != Some(project.name.as_str()) {
        return foreign(subject, owned_by);
    }
    let mut because = Vec::new();
    for range in &wanted.ipam.config {
        if !existing.subnets.contains(&range.subnet) {
            because.push(Reason::Setting("subnet".to_owned()));
        }
        let gateway = range.gateway.map(|gateway| gateway.to_string());
        if gateway.is_some_and(|gateway| !existing.gateways.contains(&gateway)) {
            because.push(Reason::Setting("gateway".to_owned()));
        }
    }
    for (option, value) in &wanted.driver_opts {
        if existing.options.get(option) != Some(value) {
            because.push(Reason::Setting(format!("driver_opts.{option}")));
        }
    }
    if because.is_empty() {
        return Action::Keep;
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
        Action::Recreate { because }
    } else {
        let subject = subject.clone();
        Action::Refuse(Refusal::InUse { subject, users })
    }
}

fn volume(project: &Project, key: &str, observed: &Observed, subject: &Subject) -> Action {
    let wanted = &project.volumes[key];
    let Some(existing) = observed.volumes.get(&wanted.name) else {
        return Action::Create;
    };
    let owned_by = owner(&existing.labels);
    if owned_by != Some(project.name.as_str()) {
        return foreign(subject, owned_by);
    }
    let mut options = wanted.driver_opts.iter();
    if options.all(|(name, value)| existing.options.get(name) == Some(value)) {
        Action::Keep
    } else {
        let subject = subject.clone();
        Action::Refuse(Refusal::VolumeChanged { subject })
    }
}

/// The service's container, and others that bear its label.
fn containers(project: &Project, name: &str, observed: &Observed, plan: &mut Plan) {
    let wanted = project.container_name(name);
    let this = subject(Kind::Container, name, &wanted);
    let existing = observed.containers.iter().find(|c| c.name == wanted);
    let action = match existing {
        None => Action::Create,
        Some(existing) if owner(&existing.labels) != Some(project.name.as_str()) => {
            foreign(&this, owner(&existing.labels))
        }
        Some(existing) => {
            let because = differences(project, name, existing, observed, plan);
            match existing.state.as_str() {
                _ if !because.is_empty() => Action::Recreate { because },
                "running" | "restarting" => Action::Keep,
                _ => Action::Start,
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
            plan.add(subject(Kind::Container, name, &other.name), Action::Remove);
        }
    }
}

/// In which ways a container is not what its service asks for.
fn differences(
    project: &Project,
    name: &str,
    existing: &Container,
    observed: &Observed,
    plan: &Plan,
) -> Vec<Reason> {
    let service = &project.services[name];
    let mut because = Vec::new();
    if ["dead", "removing"].contains(&existing.state.as_str()) {
        because.push(Reason::Dead);
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
        because.push(Reason::Image);
    }
    for key in service.networks.keys() {
        let network = &project.networks[key].name;
        let remade = plan.changes.iter().any(|change| {
            change.subject.name == *network && matches!(change.action, Action::Recreate { .. })
        });
        let is_in = observed
            .networks
            .iter()
            .any(|n| n.name == *network && existing.networks.contains(&n.id));
        // One that never ran has no network's id yet.
        if remade || (!is_in && existing.state != "created") {
            because.push(Reason::Network(network.clone()));
        }
    }
    let volumes: BTreeSet<&String> = service
        .volumes
        .iter()
        .filter_map(|mount| Some(&project.volumes[mount.volume()?].name))
        .collect();
    let missing = volumes
        .into_iter()
        .filter(|v| !existing.volumes.contains(*v));
    because.extend(missing.map(|volume| Reason::Volume(volume.clone())));
    if because.is_empty() {
        let limits = request::limits(service).into_iter();
        let differ = limits.filter(|limit| limit.asked != limit.found(existing));
        because.extend(differ.map(|limit| Reason::Updated(limit.setting)));
        if !request::restarts(service, &existing.restart) {
            because.push(Reason::Updated("restart"));
        }
    }
    because
}

/// Which settings are not those that the container was made with.
fn changed_settings(service: &Service, existing: &Container) -> Vec<Reason> {
    let Some(before) = existing.labels.get(labels::SETTINGS) else {
        return vec![Reason::Settings];
    };
    let mut reasons = Vec::new();
    for setting in labels::changed_settings(before, service) {
        let variables: Vec<&String> = match setting.as_str() {
            "depends_on" => continue,
            "environment" => service
                .environment
                .0
                .iter()
                .filter(|(name, value)| {
                    let pair = value.as_ref().map(|value| format!("{name}={value}"));
                    pair.is_some_and(|pair| !existing.environment.contains(&pair))
                })
                .map(|(name, _)| name)
                .collect(),
            _ => Vec::new(),
        };
        if variables.is_empty() {
            reasons.push(Reason::Setting(setting));
        } else {
            let named = variables
                .into_iter()
                .map(|name| format!("{setting}.{name}"));
            reasons.extend(named.map(Reason::Setting));
        }
    }
    if reasons.is_empty() {
        reasons.push(Reason::Settings);
    }
    reasons
}

#[cfg(test)]
mod tests;
