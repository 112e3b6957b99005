//! `wikisentry endpoints`: where the HTTP API is, or what the data layer in Docker publishes.

use super::Context;
use crate::components;
use crate::config::Settings;
use crate::data_layer::{DataLayer, Workspace};
use crate::error::{ExitStatus, Result};
use crate::platform::Instance;
use serde_json::{Map, Value, json};

/// Arguments of `endpoints`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {}

const EXAMPLES: &str = "\
Examples:
  wikisentry endpoints
  curl -s -d @event.json \"$(wikisentry endpoints --output json | jq -r .endpoints.predict)\"";

/// Name, method, path and purpose.
const ENDPOINTS: [(&str, &str, &str, &str); 6] = [
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

/// What the containers of the data layer publish on this machine.
fn published(settings: &Settings, is_up: bool, context: &Context) -> Result<ExitStatus> {
    let endpoints = components::ALL.into_iter().flat_map(|component| {
        component.ports.iter().map(|port| {
            let address = format!("127.0.0.1:{}", (port.number)(settings));
            let url = port.url.replace("{}", &address);
            [port.name.to_owned(), url, component.purpose.to_owned()]
        })
    });
    let endpoints: Vec<_> = endpoints.collect();
    if context.report.is_json() {
        let urls = endpoints.into_iter();
        let urls: Map<String, Value> = urls.map(|[name, url, _]| (name, url.into())).collect();
        context
            .report
            .json(&json!({"running": is_up, "endpoints": urls}))?;
        return Ok(ExitStatus::Fine);
    }
    context
        .report
        .table(["name", "url", "purpose"], &endpoints)?;
    if !is_up {
        context
            .report
            .note("not running: these are the configured addresses; start it with `wikisentry up`");
    }
    Ok(ExitStatus::Fine)
}

/// Shows the endpoints of the running process, else those it would have.
///
/// # Errors
/// If a setting is wrong.
pub fn run(_: Args, context: &Context) -> Result<ExitStatus> {
    let state = context.state()?;
    let running = Instance::find(&state)?;
    let base = match &running {
        Some(instance) if !Workspace::of(&state).is_up() => instance.api.clone(),
        _ => {
            let settings = context.settings_in_use(&state)?.settings;
            if DataLayer::is_meant(&settings, &state) {
                return published(&settings, Workspace::of(&state).is_up(), context);
            }
            format!("http://{}", settings.api.listen)
        }
    };
    if context.report.is_json() {
        let urls: Map<String, Value> = ENDPOINTS
            .iter()
            .map(|(name, _, path, _)| ((*name).to_owned(), format!("{base}{path}").into()))
            .collect();
        let answer = json!({"running": running.is_some(), "base": base, "endpoints": urls});
        context.report.json(&answer)?;
        return Ok(ExitStatus::Fine);
    }
    let rows: Vec<_> = ENDPOINTS
        .iter()
        .map(|(name, method, path, purpose)| {
            let url = format!("{base}{path}");
            [*name, *method, url.as_str(), *purpose].map(str::to_owned)
        })
        .collect();
    context
        .report
        .table(["name", "method", "url", "purpose"], &rows)?;
    if running.is_none() {
        context
            .report
            .note("not running: these are the configured addresses; start it with `wikisentry up`");
    }
    Ok(ExitStatus::Fine)
}
