//! Reads the settings file: every assignment with the line that it stands on.

use super::entry::{Entry, Origin, unknown};
use super::flat::{Flat, flatten};
use super::schema::Schema;
use crate::error::{ExpectedError, Result};
use toml::Table;

/// The assignments of a settings file, checked against the schema.
pub(super) fn read(schema: &Schema, name: &str, text: &str) -> Result<Vec<Entry>> {
    let flat =
        flatten(text, |key| schema.is_map(key)).map_err(|error| not_toml(name, text, &error))?;
    let mut assignments = Vec::with_capacity(flat.len());
    for Flat { key, value, offset } in flat {
        let origin = Origin::File {
            name: name.to_owned(),
            line: line(text, offset),
        };
        let empty_table = value.as_table().is_some_and(Table::is_empty);
        if empty_table && (schema.is_section(&key) || schema.is_map(&key)) {
            continue;
        }
        if schema.kind(&key).is_none() && schema.is_section(&key) {
            return ExpectedError::usage(format!("`{key}` is a section, not a value"))
                .because(format!("it is set by {origin}"))
                .help(format!("write its settings below a line [{key}]"))
                .fail();
        }
        let Some(kind) = schema.kind(&key) else {
            return Err(unknown(schema, &key, &origin).into());
        };
        assignments.push(Entry::checked(schema, key, kind.accept(value), origin)?);
    }
    Ok(assignments)
}

fn line(text: &str, offset: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..offset]).count()
}

fn not_toml(name: &str, text: &str, error: &toml::de::Error) -> ExpectedError {
    let line = error.span().map_or(1, |span| line(text, span.start));
    // The text around the error is left out: it may hold a secret.
    ExpectedError::usage(format!("{name}:{line} is not valid TOML"))
        .because(error.message())
        .help("texts stand in quotes, e.g. contact = \"me@example.org\"; `wikisentry init --force` writes a new file")
}
