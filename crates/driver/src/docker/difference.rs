//! How things differ from what is asked for, and why some cannot be changed: in words for people,
//! with what to do.

use super::resource::{Resource, ResourceKind};
use std::fmt;

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

/// Why nothing can be done, with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A thing of the name belongs to somebody else.
    Foreign {
        resource: Resource,
        /// The compose project it belongs to, if to any.
        owner: Option<String>,
    },
    /// Another network uses the same addresses.
    Overlap {
        /// The network that is wanted.
        resource: Resource,
        subnet: String,
        /// The network that has them.
        other: String,
    },
    /// The network must be recreated, and containers of others are in it.
    InUse {
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
