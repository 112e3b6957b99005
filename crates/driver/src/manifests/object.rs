//! An object of Kubernetes as a manifest has it.

use serde_json::{Map, Value};
use std::fmt;

/// An object that is wanted. `Debug` and errors show what it is, never what it holds: it may be a
/// Secret.
#[derive(Clone, PartialEq)]
pub struct Object {
    body: Map<String, Value>,
}

impl Object {
    /// Takes a value that says what it is: `apiVersion`, `kind` and `metadata.name`.
    ///
    /// # Errors
    /// What it lacks, in words.
    pub fn new(value: Value) -> Result<Self, String> {
        let Value::Object(body) = value else {
            return Err("it is no object".to_owned());
        };
        let object = Self { body };
        for (field, value) in [
            ("apiVersion", object.api_version()),
            ("kind", object.kind()),
            ("metadata.name", object.name()),
        ] {
            if value.is_empty() {
                return Err(format!("it has no {field}"));
            }
        }
        Ok(object)
    }

    /// Group and version, such as `apps/v1`; of the core group the version alone.
    pub fn api_version(&self) -> &str {
        text(self.body.get("apiVersion"))
    }

    pub fn kind(&self) -> &str {
        text(self.body.get("kind"))
    }

    pub fn name(&self) -> &str {
        text(self.metadata("name"))
    }

    /// The namespace that the manifest gives, if any.
    pub fn namespace(&self) -> Option<&str> {
        self.metadata("namespace").and_then(Value::as_str)
    }

    /// Puts it into a namespace, unless the manifest gives one. Not for what lies in none.
    pub fn place(&mut self, namespace: &str) {
        if self.namespace().is_none() {
            self.metadata_mut()
                .insert("namespace".to_owned(), namespace.into());
        }
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.metadata("labels")?.get(name)?.as_str()
    }

    /// All of it, as the API takes it.
    pub fn as_value(&self) -> Value {
        Value::Object(self.body.clone())
    }

    /// A field of it: `spec`, `data` …
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.body.get(name)
    }

    pub(crate) fn body_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.body
    }

    fn metadata(&self, name: &str) -> Option<&Value> {
        self.body.get("metadata")?.get(name)
    }

    fn metadata_mut(&mut self) -> &mut Map<String, Value> {
        map_at(&mut self.body, "metadata")
    }

    /// Adds a label where the manifest has none of that name, on the object and on the pods that
    /// it makes.
    pub(super) fn add_label(&mut self, name: &str, value: &str) {
        let template: &[&str] = match self.kind() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => &["template"],
            "CronJob" => &["jobTemplate", "spec", "template"],
            _ => &[],
        };
        add(map_at(self.metadata_mut(), "labels"), name, value);
        if !template.is_empty() {
            let spec = map_at(&mut self.body, "spec");
            let pod = template.iter().fold(spec, |map, field| map_at(map, field));
            add(map_at(map_at(pod, "metadata"), "labels"), name, value);
        }
    }
}

fn add(labels: &mut Map<String, Value>, name: &str, value: &str) {
    let label = labels.entry(name.to_owned());
    label.or_insert_with(|| Value::from(value));
}

/// The map in a field; one that is missing or no map is made.
fn map_at<'a>(map: &'a mut Map<String, Value>, field: &str) -> &'a mut Map<String, Value> {
    let value = map.entry(field.to_owned()).or_insert(Value::Null);
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("it was made a map"),
    }
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind())?;
        if let Some(namespace) = self.namespace() {
            write!(f, "{namespace}/")?;
        }
        f.write_str(self.name())
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({self})")
    }
}
