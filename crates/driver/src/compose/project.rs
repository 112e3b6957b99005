//! A whole compose file: services, networks and volumes, checked against each other.

use super::document::{self, Node};
use super::error::ComposeError;
use super::mount::Mount;
use super::resource::{self, Ipam, Network, Volume};
use super::service::{self, Service};
use super::variables::Variables;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What a compose file asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Project {
    /// Its name, first part of its containers' names.
    pub name: String,
    /// Networks by their name in the file; only those that a service is in.
    pub networks: BTreeMap<String, Network>,
    /// Services by name.
    pub services: BTreeMap<String, Service>,
    /// Volumes by their name in the file; only those that a service mounts.
    pub volumes: BTreeMap<String, Volume>,
    /// Variables that were used without a value or a default, and became nothing.
    #[serde(skip)]
    pub unset_variables: BTreeSet<String>,
    /// Where the file is, for the labels that tell `docker compose ls`.
    #[serde(skip)]
    pub location: Option<ComposeLocation>,
}

/// Where a project's file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposeLocation {
    /// The folder that `docker compose` would be called in.
    pub working_dir: PathBuf,
    /// The compose file.
    pub config_file: PathBuf,
}

impl Project {
    /// Reads the text of a compose file with `variables` in place of the environment and `.env`.
    /// `COMPOSE_PROJECT_NAME` among them names the project, else the file's `name` does.
    pub fn load(text: &str, variables: &Variables) -> Result<Self, ComposeError> {
        let (root, unset_variables) = document::parse(text, variables)?;
        let mut fields = root.fields()?;
        // An old marker that docker compose ignores too.
        fields.take("version");
        let in_file = fields.take("name");
        let name = project_name(variables, in_file.as_ref())?;

        let mut services = BTreeMap::new();
        if let Some(section) = fields.take("services") {
            for (key, node) in section.fields()?.into_entries() {
                check_name(&node, &key)?;
                services.insert(key, service::read(&node, variables)?);
            }
        }
        if services.is_empty() {
            let place = "services".to_owned();
            let reason = "there is none".to_owned();
            return Err(ComposeError::Invalid { place, reason });
        }
        let mut networks = BTreeMap::new();
        if let Some(section) = fields.take("networks") {
            for (key, node) in section.fields()?.into_entries() {
                check_name(&node, &key)?;
                let network = resource::read_network(&name, &key, &node)?;
                networks.insert(key, network);
            }
        }
        let mut volumes = BTreeMap::new();
        if let Some(section) = fields.take("volumes") {
            for (key, node) in section.fields()?.into_entries() {
                check_name(&node, &key)?;
                let volume = resource::read_volume(&name, &key, &node)?;
                volumes.insert(key, volume);
            }
        }
        fields.finish(&[])?;

        let mut project = Self {
            name,
            networks,
            services,
            volumes,
            unset_variables,
            location: None,
        };
        project.add_default_network();
        project.check_references()?;
        project.drop_unused_volumes();
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

    /// The network that services without `networks` are in, if there are such.
    fn add_default_network(&mut self) {
        let used: BTreeSet<&String> = self
            .services
            .values()
            .flat_map(|service| service.networks.keys())
            .collect();
        if used.contains(&"default".to_owned()) && !self.networks.contains_key("default") {
            let network = Network {
                name: format!("{}_default", self.name),
                driver_opts: BTreeMap::new(),
                ipam: Ipam::default(),
                labels: BTreeMap::new(),
            };
            self.networks.insert("default".to_owned(), network);
        } else {
            self.networks.retain(|key, _| used.contains(key));
        }
    }

    fn drop_unused_volumes(&mut self) {
        let mounts = self.services.values().flat_map(|service| &service.volumes);
        let used: BTreeSet<&str> = mounts.filter_map(Mount::volume).collect();
        self.volumes.retain(|key, _| used.contains(key.as_str()));
    }

    fn check_references(&self) -> Result<(), ComposeError> {
        let invalid = |service: &str, setting: &str, reason: String| {
            let place = format!("services.{service}.{setting}");
            Err(ComposeError::Invalid { place, reason })
        };
        for (name, service) in &self.services {
            for network in service.networks.keys() {
                if !self.networks.contains_key(network) {
                    let reason = format!("there is no network {network}");
                    return invalid(name, "networks", reason);
                }
            }
            for mount in &service.volumes {
                if let Some(source) = mount.volume()
                    && !self.volumes.contains_key(source)
                {
                    let reason = format!("there is no volume {source}");
                    return invalid(name, "volumes", reason);
                }
            }
            for other in service.depends_on.keys() {
                if !self.services.contains_key(other) {
                    let reason = format!("there is no service {other}");
                    return invalid(name, "depends_on", reason);
                }
            }
        }
        let placed: BTreeSet<&str> = self.start_order().into_iter().flatten().collect();
        match self
            .services
            .keys()
            .find(|name| !placed.contains(name.as_str()))
        {
            None => Ok(()),
            Some(name) => invalid(
                name,
                "depends_on",
                "it depends on itself in the end".to_owned(),
            ),
        }
    }
}

fn project_name(variables: &Variables, in_file: Option<&Node>) -> Result<String, ComposeError> {
    let given = variables.get("COMPOSE_PROJECT_NAME").unwrap_or_default();
    let name = match in_file {
        _ if !given.is_empty() => given.to_owned(),
        Some(node) => node.text()?,
        None => String::new(),
    };
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.starts_with(is_allowed) && name.chars().all(|c| is_allowed(c) || "_-".contains(c)) {
        return Ok(name);
    }
    Err(ComposeError::Invalid {
        place: "name".to_owned(),
        reason: "a name of a-z, 0-9, _ and - is needed, which begins with a letter or digit"
            .to_owned(),
    })
}

fn check_name(node: &Node, name: &str) -> Result<(), ComposeError> {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    if name.starts_with(is_part) && name.chars().all(|c| is_part(c) || "._-".contains(c)) {
        Ok(())
    } else {
        node.invalid("a name of letters, digits, `.`, `_` and `-` is expected")
    }
}
