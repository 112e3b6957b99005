//! Lays values over one another, each with its origin, and turns the result into typed settings.

use super::entry::{Entry, Origin};
use super::schema::{Kind, Schema};
use super::{Sections, Settings, redact};
use crate::error::{Error, ExpectedError, Result};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The value of every setting so far.
pub(super) struct Layers<'s> {
    schema: &'s Schema,
    /// In the order of `defaults.toml`.
    pub(super) entries: Vec<Entry>,
}

impl<'s> Layers<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        let settings = schema.nodes.iter().filter(|node| node.kind != Kind::Map);
        let entries = settings
            .map(|node| Entry {
                key: node.key.clone(),
                value: node.default.clone(),
                origin: Origin::Default,
            })
            .collect();
        Self { schema, entries }
    }

    /// Puts a value over the one that is there.
    pub(super) fn put(&mut self, new: Entry) {
        // Only names of headers can differ in case, and there it means nothing.
        let same = |entry: &&mut Entry| entry.key.eq_ignore_ascii_case(&new.key);
        match self.entries.iter_mut().find(same) {
            Some(entry) => *entry = new,
            None => self.insert_entry_of_map(new),
        }
    }

    /// Entries of an open table stand where the table stands in `defaults.toml`.
    fn insert_entry_of_map(&mut self, new: Entry) {
        let (tables, _) = self.schema.path(&new.key);
        let section = format!("{}.", tables[..tables.len().saturating_sub(1)].join("."));
        let last = self
            .entries
            .iter()
            .rposition(|entry| entry.key.starts_with(&section));
        self.entries
            .insert(last.map_or(self.entries.len(), |last| last + 1), new);
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The typed settings; those of components stay tables, which they read themselves.
    pub(super) fn typed(&self, sections: &Sections) -> Result<Settings> {
        let mut tree = self.tree();
        let mut own = BTreeMap::new();
        for section in &sections.all {
            if let Some(Value::Table(table)) = tree.remove(section.name) {
                own.insert(section.name.to_owned(), table);
            }
        }
        let typed: Result<Settings, _> = serde_path_to_error::deserialize(Value::Table(tree));
        let mut settings = typed.map_err(|error| {
            let path = error.path().to_string();
            let key = path.split('[').next().unwrap_or_default();
            let why = error.inner().message();
            // Of the right kind, so that only its size can be wrong.
            let is_number = why.starts_with("invalid value: integer");
            let why = if is_number {
                "the number is too large"
            } else {
                why
            };
            self.refused(key, why)
        })?;
        settings.sections = own;
        Ok(settings)
    }

    /// The error for a value that is of the right kind but cannot be.
    pub(super) fn refused(&self, key: &str, why: &str) -> Error {
        let Some(given) = self.get(key) else {
            // Only a setting of defaults.toml can be missing or unknown to the typed settings.
            return Error::bug(format!(
                "defaults.toml does not fit the settings at `{key}`: {why}"
            ));
        };
        let default = self.schema.default_of(key);
        let entry = redact::entry(given);
        ExpectedError::usage(format!("`{key}` cannot be {}", entry.value))
            .because(format!("it is set by {}", entry.origin))
            .because(redact::reason(why, given).trim_end())
            .help(default.unwrap_or_else(|| "remove it, or correct it".to_owned()))
            .into()
    }

    fn tree(&self) -> Table {
        let mut tree = Table::new();
        let maps = self
            .schema
            .nodes
            .iter()
            .filter(|node| node.kind == Kind::Map);
        let maps = maps.map(|node| (&node.key, &node.default));
        let entries = self.entries.iter().map(|entry| (&entry.key, &entry.value));
        for (key, value) in maps.chain(entries) {
            let (tables, name) = self.schema.path(key);
            let table = tables.into_iter().try_fold(&mut tree, |table, name| {
                let below = table.entry(name).or_insert_with(|| Table::new().into());
                below.as_table_mut()
            });
            if let Some(table) = table {
                table.insert(name.to_owned(), value.clone());
            }
        }
        tree
    }
}
