//! How two states of an object differ, in words for people: `spec.replicas: 1 → 2`. What the API
//! keeps about an object is no difference, and the values of a Secret are never shown.

#[cfg(test)]
mod tests;

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
    remove_nulls(&mut object);
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
            // Where only noise was, nothing is left.
            let is_empty = |value: &Value| value.as_object().is_none_or(Map::is_empty);
            if metadata.get(field).is_some_and(is_empty) {
                metadata.remove(field);
            }
        }
    }
    object
}

/// A field that is null is as good as missing.
fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(remove_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(remove_nulls),
        _ => {}
    }
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
        match (before, after) {
            (before, after) if before == after => {}
            (Value::Object(before), Value::Object(after)) => {
                self.maps(before, after, |name| join(path, name));
            }
            (Value::Array(before), Value::Array(after)) => self.lists(path, before, after),
            (before, after) => self.changed(path, before, after),
        }
    }

    fn maps(
        &mut self,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
        path: impl Fn(&str) -> String,
    ) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            self.fields(&path(name), before.get(name), after.get(name));
        }
    }

    /// Elements with names are compared by name, others by their place.
    fn lists(&mut self, path: &str, before: &[Value], after: &[Value]) {
        if let (Some(named_before), Some(named_after)) = (by_name(before), by_name(after)) {
            let found_before = self.found.len();
            self.maps(&named_before, &named_after, |name| {
                format!("{path}[{name}]")
            });
            if self.found.len() == found_before {
                self.found.push(format!("{}: another order", short(path)));
            }
        } else if before.iter().chain(after).any(Value::is_object) {
            for index in 0..before.len().max(after.len()) {
                let path = format!("{path}[{index}]");
                self.fields(&path, before.get(index), after.get(index));
            }
        } else {
            self.changed(path, &before.into(), &after.into());
        }
    }

    fn fields(&mut self, path: &str, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (Some(before), Some(after)) => self.values(path, before, after),
            (Some(_), None) => self.found.push(format!("{} removed", short(path))),
            (None, Some(after)) => {
                let value = shown(after).filter(|_| !self.is_hidden(path));
                let value = value.map(|value| format!(": {value}"));
                let value = value.unwrap_or_default();
                self.found.push(format!("{}{value} added", short(path)));
            }
            (None, None) => {}
        }
    }

    fn changed(&mut self, path: &str, before: &Value, after: &Value) {
        let path_words = short(path);
        let words = match (shown(before), shown(after)) {
            _ if self.is_hidden(path) => format!("{path_words} changed"),
            (Some(before), Some(after)) => format!("{path_words}: {before} → {after}"),
            _ => format!("{path_words} changed{}", lines(before, after)),
        };
        self.found.push(words);
    }

    /// Whether values at this place are never told.
    fn is_hidden(&self, path: &str) -> bool {
        self.is_secret && !path.starts_with("metadata")
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

/// The value as it is shown; `None` if it is too long.
fn shown(value: &Value) -> Option<String> {
    let text = match value {
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
        // One line each: it is that line.
        _ if before.len().max(after.len()) < 2 => String::new(),
        0 | 1 => String::new(),
        count => format!(" in {count} lines"),
    }
}
