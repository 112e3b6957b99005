//! A whole compose file: services, networks and volumes, checked against each other.

use super::error::ComposeError;
use super::interpolate::interpolate;
use super::resource::{Network, Volume};
use super::service::Service;
use super::variables::Variables;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use yaml_serde::Value;

/// What a compose file asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its name, first part of its containers' names.
    pub name: String,
    /// Networks by their name in the file.
    #[serde(default)]
    pub networks: BTreeMap<String, Network>,
    pub services: BTreeMap<String, Service>,
    /// Volumes by their name in the file.
    #[serde(default, deserialize_with = "volumes")]
    pub volumes: BTreeMap<String, Volume>,
    /// Where the file is, for the labels that tell `docker compose ls`.
    #[serde(skip)]
    pub location: Option<ComposeLocation>,
}

/// Where a project's file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposeLocation {
    /// The folder that `docker compose` would be called in.
    pub working_dir: PathBuf,
    pub config_file: PathBuf,
}

/// Nothing is said of most volumes.
fn volumes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Volume>, D::Error> {
    let named = BTreeMap::<String, Option<Volume>>::deserialize(deserializer)?.into_iter();
    Ok(named
        .map(|(key, said)| (key, said.unwrap_or_default()))
        .collect())
}

impl Project {
    /// Reads the text of a compose file with `variables` in place of the environment and `.env`.
    /// `COMPOSE_PROJECT_NAME` among them names the project, else the file's `name` does.
    ///
    /// # Errors
    /// If the file has what the model does not know, with its place.
    pub fn load(text: &str, variables: &Variables) -> Result<Self, ComposeError> {
        let yaml = |error: yaml_serde::Error| ComposeError::Yaml(error.to_string());
        let mut value: Value = yaml_serde::from_str(text).map_err(yaml)?;
        interpolate(&mut value, "", variables)?;
        let mut project: Self = serde_path_to_error::deserialize(value).map_err(|error| {
            ComposeError::of_serde(error.path().to_string(), &error.inner().to_string())
        })?;

        let given = variables.get("COMPOSE_PROJECT_NAME");
        if let Some(given) = given.filter(|given| !given.is_empty()) {
            project.name = given.to_owned();
        }
        check_name(&project.name)?;
        for (key, network) in &mut project.networks {
            network.name = format!("{}_{key}", project.name);
        }
        for (key, volume) in &mut project.volumes {
            volume.name = format!("{}_{key}", project.name);
        }
        project.check_references()?;
        project.check_addresses()?;
        Ok(project)
    }

    /// The container of a service.
    pub fn container_name(&self, service: &str) -> String {
        format!("{}-{service}-1", self.name)
    }

    /// The services in an order in which each comes after those it depends on, those with the
    /// same distance from the first together.
    pub fn start_order(&self) -> Vec<Vec<&str>> {
        let mut order: Vec<Vec<&str>> = Vec::new();
        let mut placed = BTreeSet::new();
        while placed.len() < self.services.len() {
            let ready: Vec<&str> = self
                .services
                .iter()
                .filter(|(name, _)| !placed.contains(name.as_str()))
                .filter(|(_, service)| {
                    let mut needs = service.depends_on.keys();
                    needs.all(|need| placed.contains(need.as_str()))
                })
                .map(|(name, _)| name.as_str())
                .collect();
            if ready.is_empty() {
                break;
            }
            placed.extend(ready.iter().copied());
            order.push(ready);
        }
        order
    }

    /// Every service is in one network, and what services name is there.
    fn check_references(&self) -> Result<(), ComposeError> {
        if self.services.is_empty() {
            return invalid("services".to_owned(), "there is none".to_owned());
        }
        let placed: BTreeSet<&str> = self.start_order().into_iter().flatten().collect();
        for (name, service) in &self.services {
            let wrong = |setting: &str, reason: String| {
                invalid(format!("services.{name}.{setting}"), reason)
            };
            if service.networks.len() != 1 {
                return wrong("networks", "a service is in one network".to_owned());
            }
            let mut networks = service.networks.keys();
            if let Some(network) = networks.find(|key| !self.networks.contains_key(*key)) {
                return wrong("networks", format!("there is no network {network}"));
            }
            let mut volumes = service.volumes.iter().map(|mount| &mount.source);
            if let Some(volume) = volumes.find(|key| !self.volumes.contains_key(*key)) {
                return wrong("volumes", format!("there is no volume {volume}"));
            }
            let mut others = service.depends_on.keys();
            if let Some(other) = others.find(|key| !self.services.contains_key(*key)) {
                return wrong("depends_on", format!("there is no service {other}"));
            }
        }
        match self
            .services
            .keys()
            .find(|name| !placed.contains(name.as_str()))
        {
            None => Ok(()),
            Some(name) => invalid(
                format!("services.{name}.depends_on"),
                "it depends on itself in the end".to_owned(),
            ),
        }
    }

    fn check_addresses(&self) -> Result<(), ComposeError> {
        for (key, network) in &self.networks {
            let [range] = &network.ipam.config;
            if range
                .gateway
                .is_some_and(|gateway| !range.subnet.contains(&gateway))
            {
                let place = format!("networks.{key}.ipam.config[0].gateway");
                return invalid(place, format!("it is not within {}", range.subnet));
            }
        }
        Ok(())
    }
}

/// docker compose takes the same names.
fn check_name(name: &str) -> Result<(), ComposeError> {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.starts_with(is_allowed) && name.chars().all(|c| is_allowed(c) || "_-".contains(c)) {
        return Ok(());
    }
    let reason = "a name of a-z, 0-9, _ and - is needed, which begins with a letter or digit";
    invalid("name".to_owned(), reason.to_owned())
}

fn invalid(place: String, reason: String) -> Result<(), ComposeError> {
    Err(ComposeError::Invalid { place, reason })
}
