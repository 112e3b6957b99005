//! What the components have in the cluster, from their templates and the settings. Nothing here talks
//! to a cluster.

use crate::components::{self, Component, Publishing, Site};
use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use wikisentry_driver::images::ImageSet;
use wikisentry_driver::kube::{FIELD_MANAGER, ObjectSet, SecretValues};
use wikisentry_driver::manifests::{ManifestError, Rendered, Scope, Templates};

/// What the objects are part of.
const PART_OF: &str = "wikisentry";

/// What the templates of a component may use.
#[derive(Serialize)]
struct Values {
    /// Where all of it lies; it also tells several platforms in a cluster apart.
    namespace: String,
    instance: String,
    /// Reference of the component's image; empty if it has none.
    image: String,
    pull_policy: &'static str,
    /// The secret by which images are pulled; empty for none.
    pull_secret: String,
    /// Of what is reached from outside of the cluster.
    service_type: &'static str,
    /// The component's section of the settings.
    settings: toml::Table,
    /// Ports of the node by the keys of the ports that lead to them.
    node_ports: BTreeMap<&'static str, u16>,
    /// The component's own values.
    values: Value,
    /// What pods may know of components, by their names.
    parts: Map<String, Value>,
}

/// A component's files, as `kubectl apply -f` takes them.
///
/// # Errors
/// If a template is not as it must be: a bug.
pub fn files(component: &Component, site: &Site, images: &ImageSet) -> Result<Vec<Rendered>> {
    rendered(component, site, images, &initial(component))
}

/// What a component that is not there yet has kept of itself.
fn initial(component: &Component) -> Value {
    component
        .rollout
        .map_or(Value::Null, |steps| (steps.initial)())
}

/// The same, with what the component kept of itself in the cluster.
fn rendered(
    component: &Component,
    site: &Site,
    images: &ImageSet,
    kept: &Value,
) -> Result<Vec<Rendered>> {
    let templates = Templates::new(component.templates.iter().copied()).map_err(bug)?;
    let mut values = values(component, site, images)?;
    if let Value::Object(own) = &mut values.values {
        own.insert("kept".to_owned(), kept.clone());
    }
    let rendered = component.templates.iter();
    let rendered = rendered.map(|(name, _)| templates.render(name, &values).map_err(bug));
    let mut rendered: Vec<Rendered> = rendered.collect::<Result<_>>()?;
    // One that only others include says nothing itself.
    rendered.retain(|file| !file.text.trim().is_empty());
    Ok(rendered)
}

/// A component's objects, its Secrets included, labelled as ours, as they are where it is not there
/// yet.
///
/// # Errors
/// As [`files`].
pub fn objects(component: &Component, site: &Site, images: &ImageSet) -> Result<ObjectSet> {
    objects_with(component, site, images, &initial(component))
}

/// The same, with what the component kept of itself in the cluster.
///
/// # Errors
/// As [`files`].
pub fn objects_with(
    component: &Component,
    site: &Site,
    images: &ImageSet,
    kept: &Value,
) -> Result<ObjectSet> {
    let scope = scope(site).of_component(component.name);
    let namespace = site.namespace();
    let mut objects = Vec::new();
    for file in rendered(component, site, images, kept)? {
        objects.extend(file.objects().map_err(bug)?);
    }
    for (name, values) in (component.secrets)(site) {
        let values = values.into_iter();
        let values = values.map(|(key, value)| (key.to_owned(), value.into_bytes()));
        let secret = SecretValues(values.collect()).object(&namespace, name);
        objects.push(secret.map_err(Error::bug)?);
    }
    for object in &mut objects {
        scope.label(object);
    }
    Ok(ObjectSet {
        scope,
        namespaces: vec![namespace],
        objects,
    })
}

/// Everything of this platform in a cluster.
pub fn scope(site: &Site) -> Scope {
    Scope {
        part_of: PART_OF.to_owned(),
        instance: site.namespace(),
        component: None,
        managed_by: FIELD_MANAGER.to_owned(),
    }
}

fn values(component: &Component, site: &Site, images: &ImageSet) -> Result<Values> {
    let namespace = site.namespace();
    let image = images.get(component.name);
    let parts = components::all().iter().filter_map(|part| {
        let told = part.for_pods?;
        Some((part.name.to_owned(), told(site)))
    });
    let is_ours = !site.is_foreign();
    let node_ports = component.ports.iter().filter_map(|port| {
        let Publishing::NodePort { node, .. } = port.publishing else {
            return None;
        };
        // Which ports nodes of others have free is not known.
        is_ours.then_some((port.key, node))
    });
    Ok(Values {
        instance: namespace.clone(),
        namespace,
        image: image.map_or_else(String::new, |image| image.reference.clone()),
        pull_policy: if is_ours { "Never" } else { "IfNotPresent" },
        pull_secret: site.foreign.as_ref().map_or_else(String::new, |foreign| {
            foreign.settings.images.pull_secret.clone()
        }),
        service_type: if is_ours { "NodePort" } else { "ClusterIP" },
        settings: site.settings.section(component.name),
        node_ports: node_ports.collect(),
        values: (component.values)(site)?,
        parts: parts.collect(),
    })
}

/// Templates are part of this program, and their values were checked.
fn bug(error: ManifestError) -> Error {
    Error::bug(format!("templates: {error}"))
}
