//! A set of objects that a cluster should have, and how far one may go to make it so.

use crate::manifests::{Object, Scope};
use std::collections::BTreeSet;
use std::time::Duration;

/// What is wanted. Objects in the scope that are not in the set are removed.
#[derive(Debug, Clone)]
pub struct ObjectSet {
    /// Whose objects they are. Each object must have the scope's labels already: the objects of
    /// several components may be applied together.
    pub scope: Scope,
    /// Where else, beside the namespaces of the objects, there may be some that are wanted no longer.
    pub namespaces: Vec<String>,
    pub objects: Vec<Object>,
}

/// How far applying may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Take fields over that somebody else has set.
    pub force: bool,
    /// Remove volume claims that are wanted no longer, and replace those that cannot be changed:
    /// what they hold is lost.
    pub replace_volumes: bool,
    /// How long may pass until an object that is replaced or removed is gone.
    pub removal_within: Duration,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            force: false,
            replace_volumes: false,
            removal_within: Duration::from_secs(120),
        }
    }
}

impl ObjectSet {
    /// All namespaces that are looked at.
    pub(super) fn all_namespaces(&self) -> BTreeSet<&str> {
        let of_objects = self.objects.iter().filter_map(Object::namespace);
        let named = self.namespaces.iter().map(String::as_str);
        of_objects.chain(named).collect()
    }

    /// Whether the set makes a namespace.
    pub(super) fn has(&self, kind: &str, namespace: Option<&str>, name: &str) -> bool {
        let mut objects = self.objects.iter();
        objects.any(|object| {
            object.kind() == kind && object.namespace() == namespace && object.name() == name
        })
    }
}
