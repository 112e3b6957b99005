//! The YAML tree of a compose file with variables replaced, and a reader that knows its place in
//! it, so that every refusal names the setting. It knows no setting itself.

use super::error::ComposeError;
use super::interpolate::{InterpolationError, interpolate};
use super::variables::Variables;
use std::collections::{BTreeMap, BTreeSet};
use yaml_serde::Value;

/// Sections whose strings docker compose interpolates.
const INTERPOLATED: [&str; 4] = ["name", "networks", "services", "volumes"];

/// A value of the file and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Such as `services.kafka.ports[0]`; empty for the whole file.
    pub place: String,
    value: Value,
}

/// Parses `text`, merges `<<`, replaces variables. Also returns the variables that were used
/// without a value or default.
pub(super) fn parse(
    text: &str,
    variables: &Variables,
) -> Result<(Node, BTreeSet<String>), ComposeError> {
    let yaml = |error: yaml_serde::Error| ComposeError::Yaml(error.to_string());
    let mut value: Value = yaml_serde::from_str(text).map_err(yaml)?;
    value.apply_merge().map_err(yaml)?;
    let mut unset = BTreeSet::new();
    if let Value::Mapping(sections) = &mut value {
        for (name, section) in sections.iter_mut() {
            if let Some(name) = name.as_str().filter(|name| INTERPOLATED.contains(name)) {
                replace(section, name, variables, &mut unset)?;
            }
        }
    }
    let place = String::new();
    Ok((Node { place, value }, unset))
}

fn replace(
    value: &mut Value,
    place: &str,
    variables: &Variables,
    unset: &mut BTreeSet<String>,
) -> Result<(), ComposeError> {
    match value {
        Value::String(text) if text.contains('$') => {
            let lookup = |name: &str| variables.get(name);
            let mut note = |name: &str| {
                unset.insert(name.to_owned());
            };
            let place = || place.to_owned();
            *text = interpolate(text, &lookup, &mut note).map_err(|error| match error {
                InterpolationError::Invalid => ComposeError::Invalid {
                    place: place(),
                    reason: "not a valid `${…}`; write `$$` for a dollar".to_owned(),
                },
                InterpolationError::Missing { name, message } => ComposeError::MissingVariable {
                    place: place(),
                    name,
                    message,
                },
            })?;
            Ok(())
        }
        Value::Sequence(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                replace(item, &format!("{place}[{at}]"), variables, unset)?;
            }
            Ok(())
        }
        Value::Mapping(entries) => {
            for (name, entry) in entries.iter_mut() {
                let name = name.as_str().unwrap_or("?");
                replace(entry, &format!("{place}.{name}"), variables, unset)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

impl Node {
    /// A refusal of this node's value.
    pub fn invalid<T>(&self, reason: impl Into<String>) -> Result<T, ComposeError> {
        Err(ComposeError::Invalid {
            place: self.place.clone(),
            reason: reason.into(),
        })
    }

    /// A refusal of this node as such.
    pub fn unsupported<T>(&self, hint: Option<&'static str>) -> Result<T, ComposeError> {
        Err(ComposeError::Unsupported {
            place: self.place.clone(),
            hint,
        })
    }

    /// Nothing stands after the name.
    pub fn is_null(&self) -> bool {
        self.value.is_null()
    }

    /// The value is a list.
    pub fn is_list(&self) -> bool {
        self.value.is_sequence()
    }

    /// The value is a mapping.
    pub fn is_mapping(&self) -> bool {
        self.value.is_mapping()
    }

    /// A string; numbers and booleans are taken as they are written.
    pub fn text(&self) -> Result<String, ComposeError> {
        match &self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(truth) => Ok(truth.to_string()),
            _ => self.invalid("a text is expected"),
        }
    }

    /// A truth value, also as text: a variable can only give text.
    pub fn truth(&self) -> Result<bool, ComposeError> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "1" => Ok(true),
            "false" | "no" | "off" | "n" | "0" => Ok(false),
            _ => self.invalid("true or false is expected"),
        }
    }

    /// A number, also as text.
    pub fn number<T: std::str::FromStr>(&self) -> Result<T, ComposeError> {
        let parsed = self.text()?.trim().parse();
        parsed.or_else(|_| self.invalid("a number within bounds is expected"))
    }

    /// The items of a list.
    pub fn list(&self) -> Result<Vec<Node>, ComposeError> {
        let Value::Sequence(items) = &self.value else {
            return self.invalid("a list is expected");
        };
        let place = |at: usize| format!("{}[{at}]", self.place);
        Ok(items
            .iter()
            .enumerate()
            .map(|(at, value)| Node {
                place: place(at),
                value: value.clone(),
            })
            .collect())
    }

    /// A list of texts; a single text is a list of one if `one_is_list`.
    pub fn texts(&self, one_is_list: bool) -> Result<Vec<String>, ComposeError> {
        if one_is_list && !self.is_list() {
            return Ok(vec![self.text()?]);
        }
        self.list()?.iter().map(Node::text).collect()
    }

    /// The entries of a mapping by name. An empty node is an empty mapping.
    pub fn fields(&self) -> Result<Fields, ComposeError> {
        let mut entries = BTreeMap::new();
        match &self.value {
            Value::Null => {}
            Value::Mapping(mapping) => {
                for (name, value) in mapping {
                    let Some(name) = name.as_str() else {
                        return self.invalid("every name must be a text");
                    };
                    let place = if self.place.is_empty() {
                        name.to_owned()
                    } else {
                        format!("{}.{name}", self.place)
                    };
                    let value = value.clone();
                    entries.insert(name.to_owned(), Node { place, value });
                }
            }
            _ => return self.invalid("a mapping is expected"),
        }
        Ok(Fields { entries })
    }

    /// `{name: value}` or `["name=value"]`; a name without a value is `None`.
    pub fn pairs(&self) -> Result<BTreeMap<String, Option<String>>, ComposeError> {
        if !self.is_list() {
            let entries = self.fields()?.entries.into_iter();
            return entries
                .map(|(name, node)| {
                    let value = (!node.is_null()).then(|| node.text()).transpose()?;
                    Ok((name, value))
                })
                .collect();
        }
        let pair = |node: Node| {
            let text = node.text()?;
            Ok(match text.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (text, None),
            })
        };
        self.list()?.into_iter().map(pair).collect()
    }
}

/// Entries of a mapping that are still to be understood.
#[derive(Debug)]
pub(super) struct Fields {
    entries: BTreeMap<String, Node>,
}

impl Fields {
    /// Takes an entry out, if it is there and not empty.
    pub fn take(&mut self, name: &str) -> Option<Node> {
        self.entries.remove(name).filter(|node| !node.is_null())
    }

    /// Takes an entry out and reads it.
    pub fn read<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Node) -> Result<T, ComposeError>,
    ) -> Result<Option<T>, ComposeError> {
        self.take(name).as_ref().map(read).transpose()
    }

    /// All entries with their names, for mappings whose names are free.
    pub fn into_entries(self) -> impl Iterator<Item = (String, Node)> {
        self.entries.into_iter()
    }

    /// Refuses what nothing took; names that begin with `x-` are the user's own.
    pub fn finish(self, hints: &[(&str, &'static str)]) -> Result<(), ComposeError> {
        let unknown = |(name, _): &(&String, &Node)| !name.starts_with("x-");
        match self.entries.iter().find(unknown) {
            None => Ok(()),
            Some((name, node)) => {
                let hint = hints.iter().find(|(hinted, _)| hinted == name);
                node.unsupported(hint.map(|(_, hint)| *hint))
            }
        }
    }
}
