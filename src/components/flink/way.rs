//! The way to Flink's REST interface: a port of this machine, or the API of a cluster of others, which
//! passes requests on.

use super::settings::FlinkSettings;
use crate::advice;
use crate::components::silent::silent;
use crate::components::{REQUEST, Site, local};
use crate::error::{Error, ExpectedError, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use wikisentry_driver::kube::{Kube, ProxyTarget};
use wikisentry_http::{client_builder_for, reason};

/// The service in the cluster, and its port.
const SERVICE: (&str, u16) = ("flink", 8081);

pub(super) enum Way {
    Port { base: Url, client: reqwest::Client },
    Api { kube: Kube, namespace: String },
}

impl Way {
    pub(super) async fn of(site: &Site) -> Result<Self> {
        if let Some(foreign) = &site.foreign {
            return Ok(Self::Api {
                kube: foreign.connect(REQUEST).await?,
                namespace: site.namespace(),
            });
        }
        let base = local(FlinkSettings::of(&site.settings).port)?;
        let client = client_builder_for(&base).timeout(REQUEST).no_proxy();
        Ok(Self::Port {
            client: client.build()?,
            base,
        })
    }

    /// What is answered to a path: to `GET`, or to `POST` if there is a body.
    ///
    /// # Errors
    /// If nobody answers, or not what was asked for.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T> {
        let (status, bytes) = match self {
            Self::Port { base, client } => {
                let silent = |error| Error::from(silent("Flink", base.as_str(), &reason(error)));
                let url = base.join(path)?;
                let request = match body {
                    Some(body) => client.post(url).json(body),
                    None => client.get(url),
                };
                let answer = request.send().await.map_err(silent)?;
                let status = answer.status().as_u16();
                (status, answer.bytes().await.map_err(silent)?)
            }
            Self::Api { kube, namespace } => {
                let (name, port) = SERVICE;
                let name = name.to_owned();
                let target = ProxyTarget::Service { name, port };
                let path = format!("/{path}");
                let answer = match body {
                    Some(body) => kube.proxied_post(namespace, &target, &path, body).await,
                    None => kube.proxied_get(namespace, &target, &path).await,
                };
                let answer = answer.map_err(advice::kube)?;
                (answer.status, answer.body)
            }
        };
        if !(200..300).contains(&status) {
            return Err(unusable(format!("Flink answers /{path} with {status}")));
        }
        serde_json::from_slice(&bytes)
            .map_err(|error| unusable(format!("what Flink answers to /{path}: {error}")))
    }
}

/// Flink answers, and not what is wanted.
pub(super) fn unusable(what: String) -> Error {
    ExpectedError::preflight(what)
        .help("see what it says about it: `wikisentry logs flink`")
        .into()
}
