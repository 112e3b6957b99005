//! Where a platform is to be reached, and with which passwords.

use super::containers::Containers;
use super::embedded::{Embedded, Instance};
use super::kubernetes::Kubernetes;
use crate::components::{self, Publishing, Secrets};
use crate::error::{ExpectedError, Result};
use crate::state::StateDir;
use crate::text::shell_word;
use serde::Serialize;
use wikisentry_lake::archive::Lake;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Whether something answers there; else these are the places that are configured.
    pub is_running: bool,
    /// What the URLs of an HTTP API begin with.
    pub base: Option<String>,
    pub all: Vec<Endpoint>,
    /// The folder of the archived edits, absolute, if they are kept in one.
    pub lake: Option<String>,
    /// How they are reached from here, if only by a command that is to be typed; one for each.
    pub ways: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub name: &'static str,
    /// The method of HTTP, if there is only one.
    pub method: Option<&'static str>,
    pub url: String,
    pub purpose: &'static str,
}

/// An account of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credential {
    #[serde(skip)]
    pub component: &'static str,
    pub user: String,
    pub password: String,
}

/// Name, method, path and purpose.
const API: [(&str, &str, &str, &str); 6] = [
    (
        "predict",
        "POST",
        "/predict",
        "score one raw event, or an array of them",
    ),
    ("live", "GET", "/health/live", "the process answers"),
    ("ready", "GET", "/health/ready", "edits are scored and kept"),
    (
        "metrics",
        "GET",
        "/metrics",
        "counters and gauges for Prometheus",
    ),
    (
        "status",
        "GET",
        "/v1/status",
        "what `wikisentry status` shows",
    ),
    (
        "topics",
        "GET",
        "/v1/topics/{topic}",
        "records, as `wikisentry tail` reads them",
    ),
];

impl Embedded {
    /// The API of the process that runs, else the one it would have.
    pub(super) fn endpoints(&self) -> Result<Endpoints> {
        let running = Instance::find(&self.state)?;
        let base = match &running {
            Some(instance) => instance.api.clone(),
            None => format!("http://{}", self.settings.api.listen),
        };
        let endpoint = |&(name, method, path, purpose)| Endpoint {
            name,
            method: Some(method),
            url: format!("{base}{path}"),
            purpose,
        };
        let lake = Lake::new(self.state.lake()).edits();
        Ok(Endpoints {
            is_running: running.is_some(),
            all: API.iter().map(endpoint).collect(),
            base: Some(base),
            lake: Some(lake.display().to_string()),
            ways: Vec::new(),
        })
    }
}

impl Containers {
    /// What the containers publish on this machine. Where the engine does not say that they run,
    /// they do not.
    pub(super) fn endpoints(&self) -> Result<Endpoints> {
        let settings = &self.parts.site.settings;
        let all = self.parts.components.iter().copied();
        let all = all.flat_map(|component| {
            component.ports.iter().map(|port| {
                let address = format!("127.0.0.1:{}", port.number(component, settings));
                Endpoint {
                    name: port.name,
                    method: None,
                    url: port.url.replace("{}", &address),
                    purpose: component.purpose,
                }
            })
        });
        Ok(Endpoints {
            is_running: self.is_running()?,
            base: None,
            all: all.collect(),
            lake: None,
            ways: Vec::new(),
        })
    }
}

impl Kubernetes {
    /// The services of the pods, by the names that hold in the cluster. Nothing of them is published:
    /// the Kubernetes API leads there.
    pub(super) fn endpoints(&self) -> Result<Endpoints> {
        let own = &self.foreign().settings;
        let (namespace, context) = (&own.namespace, shell_word(&own.context));
        let mut all = Vec::new();
        let mut ways = Vec::new();
        for component in &self.parts.components {
            for port in component.ports {
                let Publishing::NodePort { service, .. } = port.publishing else {
                    continue;
                };
                let name = component.name;
                let host = format!("{name}.{namespace}.svc:{service}");
                all.push(Endpoint {
                    name: port.name,
                    method: None,
                    url: port.url.replace("{}", &host),
                    purpose: component.purpose,
                });
                let here = port.number(component, &self.parts.site.settings);
                ways.push(format!(
                    "kubectl --context {context} --namespace {namespace} port-forward service/{name} \
                     {here}:{service}"
                ));
            }
        }
        Ok(Endpoints {
            is_running: self.is_running()?,
            base: None,
            all,
            lake: None,
            ways,
        })
    }
}

impl Credential {
    /// Every account whose password was generated on this state.
    ///
    /// # Errors
    /// With exit code 4 if there are none yet.
    pub fn all(state: &StateDir) -> Result<Vec<Self>> {
        let Some(secrets) = Secrets::load(state)? else {
            let folder = state.data_layer();
            return ExpectedError::not_running("there are no credentials yet")
                .because(format!("{} holds none", folder.display()))
                .help("`wikisentry up --profile k3d --until data-layer` makes them")
                .fail();
        };
        let all = components::all().iter().flat_map(|component| {
            let accounts = secrets.of(component).into_iter();
            accounts.map(|(user, password)| Self {
                component: component.name,
                user: user.to_owned(),
                password: password.to_owned(),
            })
        });
        Ok(all.collect())
    }
}
