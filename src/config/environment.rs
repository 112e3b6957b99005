//! Reads settings from `WIKISENTRY_SECTION__KEY` variables.

use super::entry::{Entry, Origin, PREFIX};
use super::location::{CONFIG_VARIABLE, LOG_VARIABLE};
use super::schema::Schema;
use crate::error::Result;
use crate::state::HOME_VARIABLE;

/// Variables of our own that are no settings.
const NOT_SETTINGS: [&str; 3] = [HOME_VARIABLE, CONFIG_VARIABLE, LOG_VARIABLE];

/// The assignments of the environment, in the order of their names.
pub(super) fn read(schema: &Schema, variables: &[(String, String)]) -> Result<Vec<Entry>> {
    let mut ours: Vec<_> = variables
        .iter()
        .filter(|(name, _)| name.starts_with(PREFIX) && !NOT_SETTINGS.contains(&name.as_str()))
        .collect();
    // The environment has no order of its own; errors should not depend on chance.
    ours.sort();
    ours.into_iter()
        .map(|(name, value)| {
            let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
            Entry::from_text(schema, &key, value, Origin::Environment(name.clone()))
        })
        .collect()
}
