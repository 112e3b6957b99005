//! The labels by which docker compose and WikiSentry know their containers, networks and volumes
//! (docker/compose, `pkg/api/labels.go`), and one of our own.

use crate::compose::{Condition, HashEdition, Project, Service};
use std::collections::{BTreeMap, HashMap};

pub(super) const PROJECT: &str = "com.docker.compose.project";
pub(super) const SERVICE: &str = "com.docker.compose.service";
pub(super) const CONFIG_HASH: &str = "com.docker.compose.config-hash";
pub(super) const IMAGE: &str = "com.docker.compose.image";
pub(super) const ONE_OFF: &str = "com.docker.compose.oneoff";
const CONTAINER_NUMBER: &str = "com.docker.compose.container-number";
const DEPENDS_ON: &str = "com.docker.compose.depends_on";
const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
const VERSION: &str = "com.docker.compose.version";

/// Fingerprints of the settings that a container was made with, to tell which ones changed.
pub(super) const SETTINGS: &str = "org.wikisentry.settings";

/// Of containers that are ours without being the compose project's, such as a cluster's node: the
/// project that they belong to, and which part of it they are.
pub const PLATFORM: &str = "org.wikisentry.project";
pub const COMPONENT: &str = "org.wikisentry.component";

/// Who wrote the labels; docker compose has its version here and never looks at it.
const OUR_VERSION: &str = concat!("wikisentry-", env!("CARGO_PKG_VERSION"));

/// Labels of the container of `service`. `image` is the id of its image.
pub(super) fn of_container(
    project: &Project,
    name: &str,
    service: &Service,
    image: &str,
    edition: HashEdition,
) -> HashMap<String, String> {
    let depends_on = service.depends_on.iter();
    let depends_on: Vec<String> = depends_on
        .map(|(other, dependency)| match dependency.condition {
            Condition::Healthy => format!("{other}:service_healthy:false"),
        })
        .collect();
    let mut labels: HashMap<String, String> = service.labels.clone().into_iter().collect();
    let mut set = |label: &str, value: String| {
        labels.insert(label.to_owned(), value);
    };
    set(PROJECT, project.name.clone());
    set(SERVICE, name.to_owned());
    set(CONTAINER_NUMBER, "1".to_owned());
    set(ONE_OFF, "False".to_owned());
    set(DEPENDS_ON, depends_on.join(","));
    set(IMAGE, image.to_owned());
    set(CONFIG_HASH, service.config_hash(edition));
    set(VERSION, OUR_VERSION.to_owned());
    set(SETTINGS, settings_text(service));
    if let Some(location) = &project.location {
        set(WORKING_DIR, location.working_dir.display().to_string());
        set(CONFIG_FILES, location.config_file.display().to_string());
    }
    labels
}

/// Labels of the network or volume `key`. A config hash is left out: docker compose leaves alone
/// what has none, in every version.
pub(super) fn of_thing(project: &Project, kind: &str, key: &str) -> HashMap<String, String> {
    HashMap::from([
        (PROJECT.to_owned(), project.name.clone()),
        (format!("com.docker.compose.{kind}"), key.to_owned()),
        (VERSION.to_owned(), OUR_VERSION.to_owned()),
    ])
}

/// `setting=fingerprint` for each setting, separated by commas.
fn settings_text(service: &Service) -> String {
    let settings = service.fingerprints().into_iter();
    let settings: Vec<String> = settings
        .map(|(name, hash)| format!("{name}={hash}"))
        .collect();
    settings.join(",")
}

/// Names of the settings in which `service` differs from what the label `text` was made of.
pub(super) fn changed_settings(text: &str, service: &Service) -> Vec<String> {
    let before: BTreeMap<&str, &str> = text.split(',').filter_map(|s| s.split_once('=')).collect();
    let now = service.fingerprints();
    let mut changed: Vec<String> = now
        .iter()
        .filter(|(name, hash)| before.get(name.as_str()) != Some(&hash.as_str()))
        .map(|(name, _)| name.clone())
        .collect();
    let gone = before.keys().filter(|name| !now.contains_key(**name));
    changed.extend(gone.map(|name| (*name).to_owned()));
    changed.sort();
    changed
}

/// A filter of the engine's lists: what belongs to `project`, or everything.
pub(super) fn filter(project: Option<&str>) -> HashMap<String, Vec<String>> {
    let label = project.map(|project| vec![format!("{PROJECT}={project}")]);
    let filter = label.map(|label| ("label".to_owned(), label));
    filter.into_iter().collect()
}
