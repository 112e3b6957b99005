//! `wikisentry endpoints`: where the HTTP API is.

use super::Context;
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

/// Shows the endpoints of the running process, else those it would have.
///
/// # Errors
/// If a setting is wrong.
pub fn run(_: Args, context: &Context) -> Result<ExitStatus> {
    let running = Instance::find(&context.state()?)?;
    let base = match &running {
        Some(instance) => instance.api.clone(),
        None => format!(
            "http://{}",
            context.settings(Vec::new())?.settings.api.listen
        ),
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
