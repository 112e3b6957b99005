//! What is in a cluster and wanted no longer: it has the labels of the scope, we have applied it,
//! nothing else made it, and it is not in the set.

use super::body::title;
use super::connect::Kube;
use super::error::KubeError;
use super::kinds::{KINDS, Kind, Pruned};
use super::plan::{Planned, is_ours};
use super::set::{ApplyOptions, ObjectSet};
use crate::converge::{Change, Verb};
use crate::manifests::COMPONENT;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

impl Kube {
    /// What is removed, what others need last.
    pub(super) async fn superfluous(
        &self,
        set: &ObjectSet,
        namespaces: &HashSet<&str>,
        options: &ApplyOptions,
    ) -> Result<Vec<Planned>, KubeError> {
        let mut places: BTreeSet<(usize, Option<&str>)> = BTreeSet::new();
        for (index, kind) in KINDS.iter().enumerate() {
            if !is_pruned(kind, options) {
                continue;
            }
            match kind.is_namespaced {
                true => places.extend(namespaces.iter().map(|name| (index, Some(*name)))),
                false => drop(places.insert((index, None))),
            }
        }
        let mut planned = Vec::new();
        for (index, namespace) in places.into_iter().rev() {
            let kind = &KINDS[index];
            let selector = set.scope.selector();
            let listed = self.list(&kind.path(namespace), Some(&selector)).await;
            let listed: Vec<Value> = match listed {
                Ok(listed) => listed,
                // Who may not list them has applied none of them.
                Err(KubeError::Forbidden { .. }) => continue,
                Err(error) => return Err(error),
            };
            let live = listed.iter().filter(|live| is_superfluous(set, kind, live));
            planned.extend(live.map(|live| removal(kind, live)));
        }
        Ok(planned)
    }
}

fn is_pruned(kind: &Kind, options: &ApplyOptions) -> bool {
    match kind.pruned {
        Pruned::Always => true,
        Pruned::IfAsked => options.replace_volumes,
        Pruned::Never => false,
    }
}

fn is_superfluous(set: &ObjectSet, kind: &Kind, live: &Value) -> bool {
    let metadata = &live["metadata"];
    let owners = metadata["ownerReferences"].as_array();
    let is_made_by_another = owners.is_some_and(|owners| !owners.is_empty());
    let is_going = metadata["deletionTimestamp"].is_string();
    // Claims are made from a stateful set's template, not by us, and are ours by their labels.
    let is_applied = is_ours(live) || kind.pruned == Pruned::IfAsked;
    let is_wanted = set.has(
        kind.name,
        metadata["namespace"].as_str(),
        metadata["name"].as_str().unwrap_or_default(),
    );
    is_applied && !is_wanted && !is_going && !is_made_by_another
}

fn removal(kind: &'static Kind, live: &Value) -> Planned {
    let metadata = &live["metadata"];
    let namespace = metadata["namespace"].as_str();
    let name = metadata["name"].as_str().unwrap_or_default();
    let mut change = Change::new(Verb::Remove, kind.word, title(namespace, name))
        .because("it is wanted no longer");
    let component = metadata["labels"][COMPONENT].as_str();
    change.component = component.unwrap_or_default().to_owned();
    Planned {
        change,
        wanted: None,
        kind,
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}
