//! Namespaces, and the ports of services and texts of config maps in them.

use super::connect::Kube;
use super::error::KubeError;
use super::kinds::Kind;
use super::objects::Dependents;
use super::request::Ask;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

impl Kube {
    /// The cluster's version, such as `v1.34.2+k3s1`: it answers, and knows us.
    ///
    /// # Errors
    /// If it does not.
    pub async fn version(&self) -> Result<String, KubeError> {
        // Anybody may ask for the version; only who is known may ask who they are.
        let what = "say what it has";
        let _: serde_json::Value = self.ask(Ask::get(what, "/api/v1")).await?;
        let version: Version = self.ask(Ask::get("tell its version", "/version")).await?;
        Ok(version.git_version)
    }

    /// The texts of a config map; `None` if there is none of that name.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn config_map(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<BTreeMap<String, String>>, KubeError> {
        let kind = Kind::named("ConfigMap");
        let found: Option<ConfigMap> = self.get(kind, Some(namespace), name).await?;
        Ok(found.map(|found| found.data.unwrap_or_default()))
    }

    /// Whether there is such a namespace that is not on its way out.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn has_namespace(&self, name: &str) -> Result<bool, KubeError> {
        let kind = Kind::named("Namespace");
        let namespace: Option<Namespace> = match self.get(kind, None, name).await {
            Ok(namespace) => namespace,
            // Who works in one namespace need not be allowed to look at it.
            Err(KubeError::Forbidden { .. }) => return Ok(true),
            Err(error) => return Err(error),
        };
        let is_there = |one: Namespace| one.metadata.deletion_timestamp.is_none();
        Ok(namespace.is_some_and(is_there))
    }

    /// Removes a namespace with everything in it, and waits until it is gone. One that does not
    /// exist is removed.
    ///
    /// # Errors
    /// If the cluster refuses, or it is still there after `within`.
    pub async fn delete_namespace(&self, name: &str, within: Duration) -> Result<(), KubeError> {
        let kind = Kind::named("Namespace");
        self.delete(kind, None, name, Dependents::Background)
            .await?;
        self.until_gone(kind, None, name, within).await
    }

    /// The port of every node at which a service's port is reached. `port` is its name or number.
    ///
    /// # Errors
    /// If there is no such service, or the cluster cannot be asked.
    pub async fn node_port(
        &self,
        namespace: &str,
        service: &str,
        port: &str,
    ) -> Result<Option<u16>, KubeError> {
        let kind = Kind::named("Service");
        let found: Option<Service> = self.get(kind, Some(namespace), service).await?;
        let found = found.ok_or_else(|| KubeError::NotFound {
            what: format!("service {namespace}/{service}"),
        })?;
        let ports = found.spec.and_then(|spec| spec.ports).unwrap_or_default();
        let one = ports
            .into_iter()
            .find(|one| one.name.as_deref() == Some(port) || one.port.to_string() == port);
        let number = one.and_then(|one| one.node_port);
        Ok(number.and_then(|number| u16::try_from(number).ok()))
    }
}
