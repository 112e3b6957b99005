//! Connectors as they should be: created, changed or kept by their configuration; restarted if they
//! failed.

use super::client::{named, parse};
use super::{Connect, ConnectError, ConnectorState};
use crate::converge::{Change, Verb};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A setting that the connector does not accept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ConfigProblem {
    pub name: String,
    /// What is wrong with it, in the connector's words.
    #[serde(default)]
    pub errors: Vec<String>,
}

#[derive(Deserialize)]
struct Validation {
    configs: Vec<ValidatedConfig>,
}

#[derive(Deserialize)]
struct ValidatedConfig {
    value: ConfigProblem,
}

impl Connect {
    /// The settings of connector `name` that its class does not accept; empty if it accepts all.
    /// The settings must name the class (`connector.class`).
    ///
    /// # Errors
    /// If the worker cannot be asked, or has no such class.
    pub async fn validate(
        &self,
        name: &str,
        config: &BTreeMap<String, String>,
    ) -> Result<Vec<ConfigProblem>, ConnectError> {
        let what = format!("check the settings of connector {name}");
        let class = config.get("connector.class").map_or("", String::as_str);
        // The worker finds a class by its short name only here.
        let class = class.rsplit('.').next().unwrap_or(class);
        let path = ["connector-plugins", class, "config", "validate"];
        // The worker adds the name when the connector is made, not when it is checked.
        let mut body = json!(config);
        body["name"] = json!(name);
        let answer = self
            .send(&what, Method::PUT, &path, &[], Some(&body))
            .await?;
        let validation: Validation = parse(&what, &answer)?;
        let all = validation.configs.into_iter().map(|config| config.value);
        Ok(all.filter(|one| !one.errors.is_empty()).collect())
    }

    /// What [`Connect::ensure`] would do. Changes nothing. The detail names the settings that
    /// differ, as their values may be secrets, or says that it was paused or stopped.
    ///
    /// # Errors
    /// If the worker cannot be asked.
    pub async fn diff(
        &self,
        name: &str,
        config: &BTreeMap<String, String>,
    ) -> Result<Change, ConnectError> {
        let what = format!("tell the settings of connector {name}");
        let differences = match self.about(&what, name, &["config"]).await {
            Ok(found) => Some(differences(found, config)),
            Err(ConnectError::NoConnector { .. }) => None,
            Err(error) => return Err(error),
        };
        let change = Change::new(Verb::Create, "connector", name).or_by(differences.as_deref());
        if change.verb != Verb::Keep {
            return Ok(change);
        }
        Ok(match self.halted(name).await? {
            Some(word) => Change::new(Verb::Start, "connector", name).because(word),
            None => change,
        })
    }

    /// How somebody had it halted; a new configuration does not make it go on.
    async fn halted(&self, name: &str) -> Result<Option<&'static str>, ConnectError> {
        match self.status(name).await {
            Ok(status) => Ok(match status.connector.state {
                ConnectorState::Paused => Some("it is paused"),
                ConnectorState::Stopped => Some("it is stopped"),
                _ => None,
            }),
            // It has no state for a moment after it was created.
            Err(ConnectError::NoConnector { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes connector `name` run with `config`, also if somebody has paused it, and returns what was
    /// done. Done twice, the second time changes nothing.
    ///
    /// # Errors
    /// If the worker cannot be asked or refuses the settings.
    pub async fn ensure(
        &self,
        name: &str,
        config: &BTreeMap<String, String>,
    ) -> Result<Change, ConnectError> {
        let change = self.diff(name, config).await?;
        if matches!(change.verb, Verb::Create | Verb::Change) {
            let what = format!("set connector {name}");
            let path = ["connectors", name, "config"];
            self.send(&what, Method::PUT, &path, &[], Some(&json!(config)))
                .await?;
        }
        let is_halted = match change.verb {
            Verb::Start => true,
            // It may be halted besides.
            Verb::Change => self.halted(name).await?.is_some(),
            _ => false,
        };
        if is_halted {
            let what = format!("let connector {name} go on");
            let path = ["connectors", name, "resume"];
            let answer = self.send(&what, Method::PUT, &path, &[], None).await;
            named(answer, name)?;
        }
        Ok(change)
    }

    /// Restarts the connector and its tasks, but only those that have failed.
    ///
    /// # Errors
    /// If the worker cannot be asked, or has no such connector.
    pub async fn restart_failed(&self, name: &str) -> Result<(), ConnectError> {
        let query = [("includeTasks", "true"), ("onlyFailed", "true")];
        let what = format!("restart connector {name}");
        let path = ["connectors", name, "restart"];
        let answer = self.send(&what, Method::POST, &path, &query, None).await;
        named(answer, name).map(|_| ())
    }
}

/// The settings that differ, by name.
fn differences(
    mut found: BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
) -> Vec<String> {
    // The worker adds the name by itself.
    if !wanted.contains_key("name") {
        found.remove("name");
    }
    let names: BTreeSet<_> = found.keys().chain(wanted.keys()).collect();
    names
        .into_iter()
        .filter(|name| found.get(*name) != wanted.get(*name))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn settings_that_were_added_changed_or_dropped_are_named_without_values() {
        let found = [("name", "c"), ("a", "1"), ("b", "2"), ("gone", "x")];
        for (wanted, expected) in [
            (&found[1..], &[][..]),
            (&found[..], &[]),
            (
                &[("a", "1"), ("b", "secret"), ("new", "y")],
                &["b", "gone", "new"],
            ),
        ] {
            assert_eq!(differences(config(&found), &config(wanted)), expected);
        }
    }
}
