//! Sections of the settings that are not this module's own: each component brings one, with its
//! defaults and its checks, so that `config` knows no component.

use super::{Settings, Size};
use serde::de::DeserializeOwned;
use toml::Value;

/// A value that is of the right kind and cannot work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    pub key: String,
    /// The reason, as a clause.
    pub why: String,
}

/// Adds an [`Invalid`] unless the condition holds.
pub fn require(invalid: &mut Vec<Invalid>, holds: bool, key: &str, why: &str) {
    if !holds {
        let (key, why) = (key.to_owned(), why.to_owned());
        invalid.push(Invalid { key, why });
    }
}

/// Tells what is wrong with values of the right kinds.
pub type Check = Box<dyn Fn(&Settings) -> Vec<Invalid>>;

/// One section and its rules.
pub struct Section {
    /// Its name, the first part of its keys.
    pub name: &'static str,
    /// Values that a size puts in the place of the defaults, by the last part of the key.
    pub of_size: Vec<(Size, &'static str, i64)>,
    /// What is wrong with the values.
    pub check: Check,
}

/// Everything that components add to the settings.
#[derive(Default)]
pub struct Sections {
    /// Their commented defaults, in TOML.
    pub defaults: String,
    pub all: Vec<Section>,
}

impl Settings {
    /// A section in its own type.
    ///
    /// # Errors
    /// The key that does not fit the type, with the reason.
    pub fn read_section<T: DeserializeOwned>(&self, name: &str) -> Result<T, Invalid> {
        let table = self.sections.get(name).cloned().unwrap_or_default();
        serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| Invalid {
            key: format!("{name}.{}", error.path()),
            why: error.inner().message().trim_end().to_owned(),
        })
    }

    /// The same, of settings that were checked.
    ///
    /// # Panics
    /// If the section does not fit its type: the settings were not made by
    /// [`resolve`](super::resolve).
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> T {
        self.read_section(name)
            .unwrap_or_else(|invalid| panic!("unchecked setting {}: {}", invalid.key, invalid.why))
    }

    /// A whole number of a section that was checked; 0 if there is no such.
    pub fn number(&self, section: &str, key: &str) -> u64 {
        let table = self.sections.get(section);
        let value = table.and_then(|table| table.get(key)?.as_integer());
        value
            .and_then(|value| u64::try_from(value).ok())
            .unwrap_or(0)
    }

    /// A whole number or a text of a section that was checked, without quotes; empty if there is no
    /// such.
    pub fn plain(&self, section: &str, key: &str) -> String {
        match self.sections.get(section).and_then(|table| table.get(key)) {
            Some(Value::Integer(number)) => number.to_string(),
            Some(Value::String(text)) => text.clone(),
            _ => String::new(),
        }
    }
}
