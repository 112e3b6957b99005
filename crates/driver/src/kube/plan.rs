//! What applying a set would do, by the API's own dry run of it.

use super::body::{Prepared, title};
use super::connect::Kube;
use super::differences::differences;
use super::error::KubeError;
use super::kinds::Kind;
use super::set::{ApplyOptions, ObjectSet};
use super::{FIELD_MANAGER, conflict, quantity};
use crate::converge::{Change, Verb};
use crate::manifests::COMPONENT;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use kube::core::Status;
use serde_json::Value;
use std::collections::HashSet;

/// Objects that are looked at at the same time.
const AT_ONCE: usize = 8;

/// An object with what is done with it.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub change: Change,
    pub kind: &'static Kind,
    /// None of what is removed.
    pub wanted: Option<Prepared>,
    /// Where what is removed lies.
    pub namespace: Option<String>,
    pub name: String,
}

impl Kube {
    /// What [`Kube::apply`] would do, in its order. Changes nothing.
    ///
    /// # Errors
    /// If the cluster cannot be asked. What it would refuse is a change with [`Verb::Refuse`].
    pub async fn diff(
        &self,
        set: &ObjectSet,
        options: &ApplyOptions,
    ) -> Result<Vec<Change>, KubeError> {
        let planned = self.plan(set, options).await?.into_iter();
        Ok(planned.map(|one| one.change).collect())
    }

    pub(super) async fn plan(
        &self,
        set: &ObjectSet,
        options: &ApplyOptions,
    ) -> Result<Vec<Planned>, KubeError> {
        let mut prepared = Vec::new();
        let mut impossible = Vec::new();
        for object in &set.objects {
            match Prepared::new(object) {
                Ok(one) => prepared.push(one),
                Err(reason) => impossible.push(reason),
            }
        }
        impossible.extend(twice(&prepared));
        if !impossible.is_empty() {
            return Err(KubeError::Impossible(impossible));
        }
        prepared.sort_by_key(|one| one.kind.order());
        let namespaces = self.existing_namespaces(set).await?;
        let looks = prepared
            .into_iter()
            .map(|one| self.plan_one(set, one, &namespaces, options));
        let mut planned: Vec<Planned> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
        planned.extend(self.superfluous(set, &namespaces, options).await?);
        Ok(planned)
    }

    /// Those of the set's namespaces that exist and stay.
    async fn existing_namespaces<'a>(
        &self,
        set: &'a ObjectSet,
    ) -> Result<HashSet<&'a str>, KubeError> {
        let mut existing = HashSet::new();
        for namespace in set.all_namespaces() {
            if self.has_namespace(namespace).await? {
                existing.insert(namespace);
            }
        }
        Ok(existing)
    }

    async fn plan_one(
        &self,
        set: &ObjectSet,
        wanted: Prepared,
        namespaces: &HashSet<&str>,
        options: &ApplyOptions,
    ) -> Result<Planned, KubeError> {
        let mut change = Change::new(Verb::Create, wanted.kind.word, wanted.title());
        change.component = wanted
            .object
            .label(COMPONENT)
            .unwrap_or_default()
            .to_owned();
        change.memory_bytes = quantity::memory_limit(&wanted.object.as_value());
        let namespace = wanted.object.namespace();
        let is_new_namespace = namespace.is_some_and(|name| !namespaces.contains(name));
        let live: Option<Value> = match is_new_namespace {
            true => None,
            false => {
                let name = wanted.object.name();
                self.get(wanted.kind, namespace, name).await?
            }
        };
        let (verb, detail) = match (live, is_new_namespace) {
            // Without its namespace nothing can be tried, and nothing is there.
            (None, true) => (Verb::Create, String::new()),
            (live, _) => self.try_one(set, &wanted, live.as_ref(), options).await?,
        };
        change.verb = verb;
        Ok(Planned {
            change: change.because(detail),
            kind: wanted.kind,
            namespace: wanted.object.namespace().map(str::to_owned),
            name: wanted.object.name().to_owned(),
            wanted: Some(wanted),
        })
    }

    /// What the API would do with an object, and why.
    async fn try_one(
        &self,
        set: &ObjectSet,
        wanted: &Prepared,
        live: Option<&Value>,
        options: &ApplyOptions,
    ) -> Result<(Verb, String), KubeError> {
        let tried = self.server_side_apply(wanted, true, options.force).await;
        let tried = match tried {
            Ok(tried) => tried,
            Err(KubeError::Refused { status, .. }) if is_about_object(&status) => {
                return Ok(refused(set, wanted, live, &status, options));
            }
            Err(error) => return Err(error),
        };
        let Some(live) = live else {
            return Ok((Verb::Create, String::new()));
        };
        if live["metadata"]["deletionTimestamp"].is_string() {
            return Ok((Verb::Recreate, "it is being removed".to_owned()));
        }
        let words = differences(live, &tried, wanted.is_secret());
        if !words.is_empty() {
            return Ok((Verb::Change, words.join(", ")));
        }
        Ok(match is_ours(live) {
            true => (Verb::Keep, String::new()),
            false => (
                Verb::Change,
                format!("it becomes {FIELD_MANAGER}'s, as it is"),
            ),
        })
    }
}

/// Whether the refusal is about what is wanted; not that the API is overloaded or broken.
fn is_about_object(status: &Status) -> bool {
    (400..500).contains(&status.code) && status.code != 429
}

/// What a refusal of the API means for an object.
fn refused(
    set: &ObjectSet,
    wanted: &Prepared,
    live: Option<&Value>,
    status: &Status,
    options: &ApplyOptions,
) -> (Verb, String) {
    if let Some(owners) = conflict::owners(status) {
        return (
            Verb::Refuse,
            format!("{owners}: another program has set what we would change"),
        );
    }
    if live.is_none() && waits_for_account(set, wanted, status) {
        return (Verb::Create, String::new());
    }
    if live.is_some() && is_immutable(status) {
        let why = immutable_fields(status);
        let is_volume = wanted.kind.name == "PersistentVolumeClaim";
        return match is_volume && !options.replace_volumes {
            true => (
                Verb::Refuse,
                format!("{why}: it would be replaced, and what it holds lost"),
            ),
            false => (Verb::Recreate, why),
        };
    }
    (Verb::Refuse, status.message.clone())
}

/// Whether a pod is only refused because the set's own service account is not there yet.
fn waits_for_account(set: &ObjectSet, wanted: &Prepared, status: &Status) -> bool {
    if wanted.kind.name != "Pod" || !lacks_account(status) {
        return false;
    }
    let namespace = wanted.object.namespace();
    let spec = wanted.object.field("spec");
    let account = spec.and_then(|spec| spec["serviceAccountName"].as_str());
    account.is_some_and(|account| set.has("ServiceAccount", namespace, account))
}

/// Whether a pod is refused because its service account is not there; of a new namespace the
/// default one comes after a moment.
pub(super) fn lacks_account(status: &Status) -> bool {
    status.message.contains("error looking up service account")
}

/// Whether the object must be replaced to be changed.
fn is_immutable(status: &Status) -> bool {
    let says = |text: &str| status.message.contains(text);
    status.code == 422
        && (says("field is immutable")
            || says("are immutable")
            || says("is immutable after creation")
            || says("updates to statefulset spec for fields other than")
            || says("pod updates may not change fields other than")
            || says("may not be changed"))
        || status.code == 403 && says("only dynamically provisioned pvc can be resized")
}

/// The fields that cannot be changed, in words.
fn immutable_fields(status: &Status) -> String {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let mut fields: Vec<&str> = causes
        .map(|cause| cause.field.as_str())
        .filter(|field| !field.is_empty())
        .collect();
    fields.sort_unstable();
    fields.dedup();
    match fields.as_slice() {
        [] => "it cannot be changed in place".to_owned(),
        fields => format!("{} cannot be changed in place", fields.join(", ")),
    }
}

/// Whether our field manager has applied the object.
pub(super) fn is_ours(live: &Value) -> bool {
    let managers = live["metadata"]["managedFields"].as_array();
    managers
        .into_iter()
        .flatten()
        .any(|manager| manager["manager"] == FIELD_MANAGER && manager["operation"] == "Apply")
}

/// Objects that are in the set more than once.
fn twice(prepared: &[Prepared]) -> Vec<String> {
    let mut seen = HashSet::new();
    let repeated = prepared.iter().filter(|one| {
        let name = title(one.object.namespace(), one.object.name());
        !seen.insert((one.kind.name, name))
    });
    repeated
        .map(|one| format!("{} is there twice", one.object))
        .collect()
}

impl ObjectSet {
    /// What [`Kube::apply`] would do in a cluster that has none of it.
    pub fn creations(&self) -> Vec<Change> {
        let prepared = self
            .objects
            .iter()
            .filter_map(|one| Prepared::new(one).ok());
        let creation = |one: Prepared| {
            let mut change = Change::new(Verb::Create, one.kind.word, one.title());
            let component = one.object.label(COMPONENT).unwrap_or_default();
            component.clone_into(&mut change.component);
            change.memory_bytes = quantity::memory_limit(&one.object.as_value());
            change
        };
        prepared.map(creation).collect()
    }
}
