//! Reads the settings file: TOML to dotted keys with the line each stands on.

use super::layer::{Entry, Origin, unknown};
use super::schema::Schema;
use crate::error::{ExpectedError, Result};
use toml::de::DeTable;
use toml::{Table, Value};

/// A value with its dotted key and where in the text it stands.
#[derive(Debug)]
pub(super) struct Flat {
    pub(super) key: String,
    pub(super) value: Value,
    /// Byte offset of the last part of the key.
    pub(super) offset: usize,
}

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

/// Every value of a TOML text in the order of the text. Tables are entered; an empty one, and the
/// values of an open one, stand as they are.
pub(super) fn flatten(
    text: &str,
    is_open: impl Fn(&str) -> bool,
) -> Result<Vec<Flat>, toml::de::Error> {
    let values: Table = toml::from_str(text)?;
    let spans = DeTable::parse(text)?;
    let mut flat = Vec::new();
    walk("", &values, spans.get_ref(), &is_open, &mut flat);
    flat.sort_by_key(|entry| entry.offset);
    Ok(flat)
}

fn walk(
    prefix: &str,
    values: &Table,
    spans: &DeTable<'_>,
    is_open: &impl Fn(&str) -> bool,
    flat: &mut Vec<Flat>,
) {
    for (name, span) in spans.iter() {
        let Some(value) = values.get(name.get_ref().as_ref()) else {
            continue;
        };
        let key = join(prefix, name.get_ref(), is_open(prefix));
        match (value, span.get_ref().as_table()) {
            (Value::Table(inner), Some(inner_spans)) if !inner.is_empty() && !is_open(prefix) => {
                walk(&key, inner, inner_spans, is_open, flat);
            }
            _ => flat.push(Flat {
                key,
                value: value.clone(),
                offset: name.span().start,
            }),
        }
    }
}

/// A name with a dot in it is quoted, so that `"source.url"` is not taken for `source.url`; names
/// of an open table's entries stay as they are.
fn join(prefix: &str, name: &str, open: bool) -> String {
    let quoted = !open && (name.contains('.') || name.is_empty());
    let name = if quoted {
        format!("{name:?}")
    } else {
        name.to_owned()
    };
    if prefix.is_empty() {
        name
    } else {
        format!("{prefix}.{name}")
    }
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
