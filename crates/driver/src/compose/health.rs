//! Health checks of services.

use super::document::Node;
use super::error::ComposeError;
use super::scalar;
use serde::Serialize;
use std::time::Duration;

/// How the engine finds out whether a service is ready. Fields are in the order that docker
/// compose hashes; what is not given is the image's, or the engine's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HealthCheck {
    /// `CMD` and arguments, `CMD-SHELL` and a line for the shell, or `NONE`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
    /// How long one check may take.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "scalar::as_go_duration"
    )]
    pub timeout: Option<Duration>,
    /// Time between checks.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "scalar::as_go_duration"
    )]
    pub interval: Option<Duration>,
    /// Failures in a row that make the service unhealthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// Time after the start in which failures do not count.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "scalar::as_go_duration"
    )]
    pub start_period: Option<Duration>,
    /// The image's check is not used.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disable: bool,
}

pub(super) fn read(node: &Node) -> Result<HealthCheck, ComposeError> {
    let mut fields = node.fields()?;
    let check = HealthCheck {
        test: fields.read("test", test)?.unwrap_or_default(),
        timeout: fields.read("timeout", duration)?,
        interval: fields.read("interval", duration)?,
        retries: fields.read("retries", Node::number)?,
        start_period: fields.read("start_period", duration)?,
        disable: fields.read("disable", Node::truth)?.unwrap_or(false),
    };
    fields.finish(&[("start_interval", "engines before 25 do not know it")])?;
    Ok(check)
}

fn test(node: &Node) -> Result<Vec<String>, ComposeError> {
    if !node.is_list() {
        return Ok(vec!["CMD-SHELL".to_owned(), node.text()?]);
    }
    let test = node.texts(false)?;
    match test.first().map(String::as_str) {
        Some("CMD" | "CMD-SHELL") if test.len() > 1 => Ok(test),
        Some("NONE") if test.len() == 1 => Ok(test),
        _ => node.invalid("a test begins with CMD, CMD-SHELL or NONE"),
    }
}

pub(super) fn duration(node: &Node) -> Result<Duration, ComposeError> {
    match scalar::duration(&node.text()?) {
        Some(duration) => Ok(duration),
        None => node.invalid("a duration is expected, such as 1m30s"),
    }
}
