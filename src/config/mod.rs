//! Settings: read from every place that may give them, checked, typed, each with its origin.
//! Nothing here acts on a setting; `defaults.toml` documents them all.

mod check;
mod contact;
mod docker;
mod entry;
mod environment;
mod file;
mod flat;
mod kubernetes;
mod layer;
mod location;
mod redact;
mod schema;
mod section;
mod size;
mod suggest;
pub mod template;

pub use check::{is_dns_label, is_plain_name};
pub use contact::{NO_CONTACT, contact, is_here};
pub use docker::{CONTAINER_HOST, DockerSettings};
pub use entry::{Entry, Origin};
pub use kubernetes::{
    ForeignKafkaSettings, ForeignStoreSettings, KafkaSecurity, KubernetesSettings, REQUIRED,
    SaslMechanism,
};
pub use location::{CONFIG_VARIABLE, LOG_VARIABLE, Location, lost};
pub use redact::{shown, typed};
pub use schema::duration;
pub use section::{Invalid, Section, Sections, require};
pub use size::host_memory;

use crate::error::Result;
use layer::Layers;
use schema::Schema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wikisentry_engine::settings::{
    AlertSettings, ApiSettings, ArchiveSettings, LogSettings, ModelSettings, SourceSettings,
};
use wikisentry_learning::LearningSettings;

/// The commented defaults of what is no component's own.
const DEFAULTS: &str = include_str!("defaults.toml");

/// The commented defaults, which are also the documentation of every setting.
pub fn defaults(sections: &Sections) -> String {
    format!("{DEFAULTS}\n{}", sections.defaults)
}

/// Every setting, typed and checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub profile: Profile,
    pub size: Size,
    /// Where edits come from.
    pub source: SourceSettings,
    pub log: LogSettings,
    /// Which model scores edits.
    pub model: ModelSettings,
    pub learning: LearningSettings,
    pub archive: ArchiveSettings,
    /// When to raise alerts, and where to send them.
    pub alerts: AlertSettings,
    pub api: ApiSettings,
    pub docker: DockerSettings,
    /// A cluster of others.
    pub kubernetes: KubernetesSettings,
    /// What to run in the place of the platform's own images, by their names.
    pub images: BTreeMap<String, ImageSettings>,
    /// The sections of the components, by their names; read with [`Settings::section`].
    #[serde(skip)]
    pub sections: BTreeMap<String, toml::Table>,
}

impl Settings {
    /// References to pull, by the names of the images that they stand in for.
    pub fn image_replacements(&self) -> BTreeMap<String, String> {
        let images = self.images.iter();
        images
            .filter(|(_, image)| !image.reference.is_empty())
            .map(|(name, image)| (name.clone(), image.reference.clone()))
            .collect()
    }
}

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSettings {
    /// What to pull; empty to build the image here.
    #[serde(rename = "ref")]
    pub reference: String,
}

/// What runs the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The profile of the last `up`; `embedded` before the first
    Auto,
    /// One process of this program
    Embedded,
    /// Docker and a local k3d cluster
    K3d,
    /// A cluster, a Kafka and an object store of yours
    Kubernetes,
}

impl Profile {
    /// As it is written in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Embedded => "embedded",
            Self::K3d => "k3d",
            Self::Kubernetes => "kubernetes",
        }
    }
}

/// How large the host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// Chosen by the host's memory
    Auto,
    /// 16 GB of memory
    Small,
    /// 32 GB of memory
    Standard,
    /// 64 GB of memory
    Large,
}

impl Size {
    /// As it is written in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Small => "small",
            Self::Standard => "standard",
            Self::Large => "large",
        }
    }
}

/// A setting given on the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Dotted key, e.g. `api.listen`.
    pub key: String,
    /// The value as typed.
    pub value: String,
    /// The flag that gave it, e.g. `--set`, to name in messages.
    pub flag: String,
}

/// Everything settings are made of, besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The settings file: its name for messages, and its text.
    pub file: Option<(String, String)>,
    /// Environment variables; those that do not start with `WIKISENTRY_` are ignored.
    pub environment: Vec<(String, String)>,
    /// Flags, the later ones winning.
    pub overrides: Vec<Override>,
}

/// Settings, and where each came from.
#[derive(Debug, Clone)]
pub struct Resolved {
    pub settings: Settings,
    /// What is allowed but may not be meant, a sentence each.
    pub warnings: Vec<String>,
    entries: Vec<Entry>,
}

impl Resolved {
    /// The size that the defaults are for, in words: `small`, or `standard (auto)`.
    pub fn size(&self) -> String {
        let of_size = self.entries.iter().find_map(|entry| match &entry.origin {
            Origin::Size(name) => Some(name.clone()),
            _ => None,
        });
        of_size.unwrap_or_else(|| match self.settings.size {
            Size::Auto => "standard (auto)".to_owned(),
            size => size.name().to_owned(),
        })
    }

    /// Every setting in the order of the defaults, secrets replaced by `***`.
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.iter().map(redact::entry).collect()
    }
}

/// Puts the sources over the defaults, the later ones winning: file, environment, flags. What
/// passes here can be run: no command has rules of its own.
///
/// # Errors
/// A usage error naming the first setting that is unknown, of the wrong type or out of bounds, with
/// its origin; never the value of a secret.
pub fn resolve(sources: &Sources, sections: &Sections) -> Result<Resolved> {
    let schema = Schema::of(&defaults(sections))?;
    let mut layers = Layers::new(&schema);
    let mut given = Vec::new();
    if let Some((name, text)) = &sources.file {
        given.extend(file::read(&schema, name, text)?);
    }
    given.extend(environment::read(&schema, &sources.environment)?);
    for flag in &sources.overrides {
        let origin = Origin::Flag(flag.flag.clone());
        given.push(Entry::from_text(&schema, &flag.key, &flag.value, origin)?);
    }
    let of_size = size::assignments(&given, sections);
    for entry in of_size.into_iter().chain(given) {
        layers.put(entry);
    }
    let settings = layers.typed(sections)?;
    let warnings = check::settings(&settings, sections, &layers)?;
    Ok(Resolved {
        settings,
        warnings,
        entries: layers.entries,
    })
}

#[cfg(test)]
mod tests;
