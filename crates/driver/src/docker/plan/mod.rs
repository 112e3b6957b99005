//! What has to be done so that the engine has what a compose file asks for, and why. A plan
//! touches nothing; it is made by comparing the two.

mod changes;
mod compare;
#[cfg(test)]
mod tests;

pub(super) use compare::plan;

use std::fmt;

/// Everything that `apply` would do, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Networks first, then volumes, then containers in their start order.
    pub actions: Vec<PlannedAction>,
}

/// What is to be done with one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedAction {
    /// The thing.
    pub resource: Resource,
    /// What is to be done with it.
    pub action: ResourceAction,
}

/// A thing in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// Its name in the compose file.
    pub key: String,
    /// Its name in the engine.
    pub name: String,
}

impl Resource {
    pub(super) fn new(kind: ResourceKind, key: &str, name: &str) -> Self {
        let (key, name) = (key.to_owned(), name.to_owned());
        Self { kind, key, name }
    }
}

/// What a thing in the engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// A network.
    Network,
    /// A named volume.
    Volume,
    /// The container of a service.
    Container,
}

impl ResourceKind {
    /// The engine's word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Volume => "volume",
            Self::Container => "container",
        }
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What is to be done with a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceAction {
    /// Nothing: it is there and as asked for.
    Keep,
    /// It is not there.
    Create,
    /// It is there and as asked for, but does not run.
    Start,
    /// It is there and different.
    Recreate {
        /// In which ways; never empty.
        because: Vec<Difference>,
    },
    /// It is left from an interrupted change, or one of several where one is asked for.
    Remove,
    /// It cannot be done; nothing at all is done then.
    Refuse(Refusal),
}

/// A way in which a thing differs from what is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
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

impl fmt::Display for Difference {
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A thing of the name belongs to somebody else.
    Foreign {
        /// What it is.
        resource: Resource,
        /// The compose project it belongs to, if to any.
        owner: Option<String>,
    },
    /// Another network uses the same addresses.
    Overlap {
        /// The network that is wanted.
        resource: Resource,
        /// Its addresses.
        subnet: String,
        /// The network that has them.
        other: String,
    },
    /// The network must be recreated, and containers of others are in it.
    InUse {
        /// The network.
        resource: Resource,
        /// Containers that are not of the project.
        users: Vec<String>,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { resource, owner } => {
                let Resource { kind, name, .. } = resource;
                match owner {
                    Some(owner) => write!(f, "the {kind} {name} belongs to the project {owner}")?,
                    None => write!(f, "the {kind} {name} was not made by this project")?,
                }
                match kind {
                    ResourceKind::Container => write!(
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
                resource,
                subnet,
                other,
            } => write!(
                f,
                "the network {} cannot have the addresses {subnet}, which the network {other} uses: give another subnet",
                resource.name
            ),
            Self::InUse { resource, users } => write!(
                f,
                "the network {} must be recreated, and {} is in it: stop it first",
                resource.name,
                users.join(", ")
            ),
        }
    }
}

impl Plan {
    /// Everything that stands in the way.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.actions
            .iter()
            .filter_map(|planned| match &planned.action {
                ResourceAction::Refuse(refusal) => Some(refusal),
                _ => None,
            })
    }

    /// Whether there is nothing to do.
    pub fn is_settled(&self) -> bool {
        self.actions
            .iter()
            .all(|c| c.action == ResourceAction::Keep)
    }

    fn add(&mut self, resource: Resource, action: ResourceAction) {
        self.actions.push(PlannedAction { resource, action });
    }
}
