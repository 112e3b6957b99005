//! How two states of an object differ, in words for people: `spec.replicas: 1 → 2`. What the API
//! keeps about an object is no difference, and the values of a Secret are never shown.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// More differences than this are counted, not told.
const TOLD: usize = 8;

/// Longer values are not shown.
const SHOWN: usize = 60;

/// Fields of `metadata` that the API keeps.
const KEPT_BY_API: &[&str] = &[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// Annotations that controllers keep.
const KEPT_BY_CONTROLLERS: &[&str] = &[
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
];

/// The object without what the API and its controllers keep about it.
pub(super) fn without_noise(mut object: Value) -> Value {
    let Value::Object(body) = &mut object else {
        return object;
    };
    body.remove("status");
    if let Some(Value::Object(metadata)) = body.get_mut("metadata") {
        for field in KEPT_BY_API {
            metadata.remove(*field);
        }
        if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
            for name in KEPT_BY_CONTROLLERS {
                annotations.remove(*name);
            }
        }
        for field in ["annotations", "labels"] {
            if metadata.get(field).is_some_and(is_empty) {
                metadata.remove(field);
            }
        }
    }
    object
}

/// The differences from `before` to `after`; both are answers of the API, with its defaults.
pub(super) fn differences(before: &Value, after: &Value, is_secret: bool) -> Vec<String> {
    let mut comparison = Comparison {
        is_secret,
        found: Vec::new(),
    };
    let before = without_noise(before.clone());
    let after = without_noise(after.clone());
    comparison.values("", &before, &after);
    let mut found = comparison.found;
    if found.len() > TOLD {
        let more = found.len() - TOLD + 1;
        found.truncate(TOLD - 1);
        found.push(format!("and {more} more"));
    }
    found
}

struct Comparison {
    is_secret: bool,
    found: Vec<String>,
}

impl Comparison {
    fn values(&mut self, path: &str, before: &Value, after: &Value) {
        if before == after {
            return;
        }
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => self.maps(path, before, after),
            (Value::Array(before), Value::Array(after)) => self.lists(path, before, after),
            // A field that is missing is as good as an empty one.
            (before, after) if is_empty(before) && is_empty(after) => {}
            (before, after) => self.tell(path, before, after),
        }
    }

    fn maps(&mut self, path: &str, before: &Map<String, Value>, after: &Map<String, Value>) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let value = |map: &Map<String, Value>| map.get(name).cloned().unwrap_or_default();
            self.values(&join(path, name), &value(before), &value(after));
        }
    }

    /// Elements with names are compared by name: another order is no other list to the API either.
    fn lists(&mut self, path: &str, before: &[Value], after: &[Value]) {
        let (Some(named_before), Some(named_after)) = (by_name(before), by_name(after)) else {
            let is_flat = before.iter().chain(after).all(|value| !value.is_object());
            if is_flat {
                return self.tell(path, &before.into(), &after.into());
            }
            for index in 0..before.len().max(after.len()) {
                let value = |list: &[Value]| list.get(index).cloned().unwrap_or_default();
                self.values(&format!("{path}[{index}]"), &value(before), &value(after));
            }
            return;
        };
        let found_before = self.found.len();
        self.maps_of_list(path, &named_before, &named_after);
        if self.found.len() == found_before {
            self.found.push(format!("{}: another order", short(path)));
        }
    }

    fn maps_of_list(
        &mut self,
        path: &str,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
    ) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let path = format!("{path}[{name}]");
            match (before.get(name), after.get(name)) {
                (Some(before), Some(after)) => self.values(&path, before, after),
                (None, Some(_)) => self.found.push(format!("{} added", short(&path))),
                _ => self.found.push(format!("{} removed", short(&path))),
            }
        }
    }

    fn tell(&mut self, path: &str, before: &Value, after: &Value) {
        let path_words = short(path);
        let is_hidden = self.is_secret && !path.starts_with("metadata");
        let words = match (before, after) {
            (Value::Null, _) if is_hidden => format!("{path_words} added"),
            (_, Value::Null) if is_hidden => format!("{path_words} removed"),
            _ if is_hidden => format!("{path_words} changed"),
            (Value::Null, after) => match shown(after) {
                Some(after) => format!("{path_words}: {after} added"),
                None => format!("{path_words} added"),
            },
            (_, Value::Null) => format!("{path_words} removed"),
            (before, after) => match (shown(before), shown(after)) {
                (Some(before), Some(after)) => format!("{path_words}: {before} → {after}"),
                _ => format!("{path_words} changed{}", lines(before, after)),
            },
        };
        self.found.push(words);
    }
}

/// A list whose elements all have different names, by name.
fn by_name(list: &[Value]) -> Option<Map<String, Value>> {
    let mut named = Map::new();
    for element in list {
        let name = element.get("name")?.as_str()?.to_owned();
        if named.insert(name, element.clone()).is_some() {
            return None;
        }
    }
    Some(named)
}

/// A key that holds dots or slashes is put in brackets.
fn join(path: &str, name: &str) -> String {
    match (path, name.contains(['.', '/'])) {
        ("", _) => name.to_owned(),
        (path, true) => format!("{path}[{name}]"),
        (path, false) => format!("{path}.{name}"),
    }
}

/// The path without what every workload has in it.
fn short(path: &str) -> String {
    match path.strip_prefix("spec.template.spec.") {
        Some(rest) => format!("spec.template…{rest}"),
        None => path.to_owned(),
    }
}

/// The value as it is told; `None` if it is too long for that.
fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(_) => return None,
        other => other.to_string(),
    };
    let fits = text.chars().count() <= SHOWN && !text.chars().any(char::is_control);
    fits.then_some(text)
}

/// How many lines of a longer text differ.
fn lines(before: &Value, after: &Value) -> String {
    let (Value::String(before), Value::String(after)) = (before, after) else {
        return String::new();
    };
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (before, after) = (lines(before), lines(after));
    match before.symmetric_difference(&after).count() {
        0 | 1 => String::new(),
        count => format!(" in {count} lines"),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
