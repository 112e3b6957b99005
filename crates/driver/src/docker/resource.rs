//! Things in the engine by their kind and names.

use std::fmt;

/// A thing in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
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
    Network,
    Volume,
    /// The container of a service.
    Container,
}

impl ResourceKind {
    /// The engine's word for it.
    pub fn word(self) -> &'static str {
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
