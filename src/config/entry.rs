//! One setting with its value and where that came from, and the refusals that name the place.

use super::schema::{Kind, Schema};
use super::suggest;
use crate::error::{ExpectedError, Result};
use std::fmt;
use toml::Value;

/// Begins the variables that are settings.
pub(super) const PREFIX: &str = "WIKISENTRY_";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    /// What the size of the host makes of a default.
    Size(String),
    File {
        /// As it was found.
        name: String,
        line: usize,
    },
    /// The environment variable of this name.
    Environment(String),
    /// The flag of this name.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Size(size) => write!(f, "size {size}"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A setting with its value and origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub value: Value,
    pub origin: Origin,
}

impl Entry {
    /// What some source gives to a known setting, from text, as the environment and flags give it.
    pub(super) fn from_text(
        schema: &Schema,
        key: &str,
        text: &str,
        origin: Origin,
    ) -> Result<Self> {
        match schema.kind(key) {
            None => Err(unknown(schema, key, &origin).into()),
            Some(Kind::Map) => ExpectedError::usage(format!("`{key}` is set one name at a time"))
                .because(format!("it is set by {origin}"))
                .help(format!("use --set {key}.NAME=VALUE"))
                .fail(),
            Some(kind) => Self::checked(schema, key.to_owned(), kind.parse(text), origin),
        }
    }

    /// From a value that was accepted by the setting's kind, or none if it was not.
    pub(super) fn checked(
        schema: &Schema,
        key: String,
        value: Option<Value>,
        origin: Origin,
    ) -> Result<Self> {
        match value.filter(|value| schema.admits(&key, value)) {
            Some(value) => Ok(Self { key, value, origin }),
            None => {
                let expected = schema.kind(&key).map_or("another value", Kind::expected);
                let error = ExpectedError::usage(format!("`{key}` takes {expected}"))
                    .because(format!("it is set by {origin}"));
                match schema.default_of(&key) {
                    Some(default) => error.help(default).fail(),
                    None => error.fail(),
                }
            }
        }
    }
}

/// The error for a key that is no setting.
pub(super) fn unknown(schema: &Schema, key: &str, origin: &Origin) -> ExpectedError {
    let error = ExpectedError::usage(format!("there is no setting `{key}`"))
        .because(format!("it is set by {origin}"));
    if let Some(node) = schema.above(key) {
        return error.help(format!("`{}` takes {}", node.key, node.kind.expected()));
    }
    match suggest::nearest(schema, key) {
        Some(nearest) => error.help(format!("did you mean {}?", spelled(&nearest, origin))),
        None => error.help("`wikisentry config show` lists every setting"),
    }
}

/// A key as one writes it at the place where the mistake is.
fn spelled(key: &str, origin: &Origin) -> String {
    match origin {
        Origin::Environment(_) => variable(key),
        _ => format!("`{key}`"),
    }
}

/// The variable that sets a key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}
