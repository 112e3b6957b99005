//! Which settings there are and of what kind, read off the defaults themselves, so that the file
//! which documents a setting also defines it.

use super::flat::{Flat, flatten};
use crate::error::{Error, Result};
use jiff::fmt::friendly::SpanParser;
use std::time::Duration;
use toml::Value;

/// A longer duration is a mistake, and sums with it could overflow.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// The kind of a setting, as its default shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Switch,
    Integer,
    Number,
    Duration,
    Text,
    List,
    /// An open table of texts; its entries have keys of their own below its key.
    Map,
}

impl Kind {
    /// What a value of this kind is, to end the sentence "… takes".
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Switch => "true or false",
            Self::Integer => "a whole number, not negative",
            Self::Number => "a number",
            Self::Duration => {
                "a duration above zero and of ten years at most, such as \"500ms\", \"45s\", \"10m\" or \"168h\""
            }
            Self::Text => "a text",
            Self::List => "a list of texts, not empty",
            Self::Map => "a table of texts",
        }
    }

    fn of_default(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Boolean(_) => Self::Switch,
            Value::Integer(_) => Self::Integer,
            Value::Float(_) => Self::Number,
            Value::String(text) if is_duration(text) => Self::Duration,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Table(_) => Self::Map,
            Value::Datetime(_) => return None,
        })
    }

    /// The value as this kind holds it, or none if it is of another kind.
    pub(super) fn accept(self, value: Value) -> Option<Value> {
        let fits = match (self, &value) {
            (Self::Number, Value::Integer(whole)) => return Some(Value::Float(*whole as f64)),
            (Self::Switch, Value::Boolean(_))
            | (Self::Number, Value::Float(_))
            | (Self::Text, Value::String(_)) => true,
            (Self::Integer, Value::Integer(whole)) => *whole >= 0,
            (Self::Duration, Value::String(text)) => is_duration(text),
            (Self::List, Value::Array(items)) => {
                !items.is_empty()
                    && items
                        .iter()
                        .all(|item| item.as_str().is_some_and(|t| !t.is_empty()))
            }
            _ => false,
        };
        fits.then_some(value)
    }

    /// Reads what was typed in a shell, where everything is text.
    pub(super) fn parse(self, text: &str) -> Option<Value> {
        let value = match self {
            Self::Switch => Value::Boolean(text.parse().ok()?),
            Self::Integer => Value::Integer(text.replace('_', "").parse().ok()?),
            Self::Number => Value::Float(text.parse().ok()?),
            Self::Duration | Self::Text => Value::String(text.to_owned()),
            Self::List if text.trim_start().starts_with('[') => {
                toml::from_str::<toml::Table>(&format!("list = {text}"))
                    .ok()?
                    .remove("list")?
            }
            Self::List => text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Value::String(item.to_owned()))
                .collect::<Vec<_>>()
                .into(),
            Self::Map => return None,
        };
        self.accept(value)
    }
}

/// The duration that a text such as `10m` stands for.
pub fn duration(text: &str) -> Option<Duration> {
    SpanParser::new().parse_unsigned_duration(text).ok()
}

fn is_duration(text: &str) -> bool {
    duration(text).is_some_and(|duration| duration <= LONGEST)
}

/// Whether it is a duration of zero where that means nothing.
fn is_none_at_all(key: &str, value: &Value) -> bool {
    let duration = value.as_str().and_then(duration);
    key != "learning.every" && duration.is_some_and(|duration| duration.is_zero())
}

/// One setting of `defaults.toml`.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) key: String,
    pub(super) kind: Kind,
    pub(super) default: Value,
}

/// Every setting, in the order of `defaults.toml`.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) nodes: Vec<Node>,
}

impl Schema {
    pub(super) fn of(defaults: &str) -> Result<Self> {
        let flat = flatten(defaults, |_| false)
            .map_err(|error| Error::bug(format!("defaults.toml: {error}")))?;
        let nodes = flat.into_iter().map(|Flat { key, value, .. }| {
            let kind = Kind::of_default(&value)
                .ok_or_else(|| Error::bug(format!("defaults.toml: {key} is of no known kind")))?;
            let default = value;
            Ok(Node { key, kind, default })
        });
        let nodes = nodes.collect::<Result<_>>()?;
        Ok(Self { nodes })
    }

    /// The kind of the value at a dotted key, entries of open tables included.
    pub(super) fn kind(&self, key: &str) -> Option<Kind> {
        self.nodes.iter().find_map(|node| match node.kind {
            Kind::Map if below(key, &node.key) => Some(Kind::Text),
            kind => (node.key == key).then_some(kind),
        })
    }

    /// The default of a setting, in a clause.
    pub(super) fn default_of(&self, key: &str) -> Option<String> {
        let node = self.nodes.iter().find(|node| node.key == key)?;
        Some(format!("the default is {}", node.default))
    }

    /// Whether a value of a setting's kind can be its value.
    pub(super) fn admits(&self, key: &str, value: &Value) -> bool {
        self.kind(key) != Some(Kind::Duration) || !is_none_at_all(key, value)
    }

    /// Whether some setting lies below this key.
    pub(super) fn is_section(&self, key: &str) -> bool {
        self.nodes.iter().any(|node| below(&node.key, key))
    }

    /// Whether the key is that of an open table.
    pub(super) fn is_map(&self, key: &str) -> bool {
        self.kind(key) == Some(Kind::Map)
    }

    /// The setting above a key that goes deeper than any setting.
    pub(super) fn above(&self, key: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| below(key, &node.key))
    }

    /// Splits a key into the names of the tables that lead to it and its own name.
    pub(super) fn path<'k>(&self, key: &'k str) -> (Vec<&'k str>, &'k str) {
        let map = self
            .nodes
            .iter()
            .find(|node| node.kind == Kind::Map && below(key, &node.key));
        // The name of an entry may hold dots of its own.
        let split = map.map(|node| node.key.len()).or_else(|| key.rfind('.'));
        match split {
            Some(at) => (key[..at].split('.').collect(), &key[at + 1..]),
            None => (Vec::new(), key),
        }
    }
}

fn below(key: &str, section: &str) -> bool {
    key.strip_prefix(section)
        .is_some_and(|rest| rest.len() > 1 && rest.starts_with('.'))
}
