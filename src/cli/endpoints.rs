//! `wikisentry endpoints`: where the platform is to be reached.

use super::Context;
use super::help;
use crate::error::{ExitStatus, Result};
use crate::platform::Endpoints;
use crate::report::table;
use crate::text::{harmless, harmless_lines};
use serde_json::{Map, Value, json};

#[derive(Debug, clap::Args)]
#[command(after_long_help = help::of("", &[], EXAMPLES))]
pub struct Args {}

const EXAMPLES: &str = "
  wikisentry endpoints
  curl -s --json @event.json \\
    \"$(wikisentry endpoints --output json | jq -r .endpoints.predict)\"";

/// Shows the endpoints of the platform that runs, else those it would have.
pub fn run(_: Args, context: &Context) -> Result<ExitStatus> {
    let endpoints = context.platform()?.endpoints()?;
    let report = &context.report;
    report.data(&as_json(&endpoints), || {
        as_text(&endpoints, report.view_width())
    })?;
    if !endpoints.is_running && !report.is_json() {
        let start = context.up_command();
        report.note(format!(
            "not running: these are the configured addresses; start it with `{start}`"
        ));
    }
    Ok(ExitStatus::Fine)
}

fn as_text(endpoints: &Endpoints, width: usize) -> String {
    let lake = endpoints.lake.as_deref();
    let lake = lake.map_or(String::new(), |lake| {
        format!("\nlake: {}\n", harmless(lake))
    });
    let ways = endpoints.ways.iter().map(|way| format!("{way}\n"));
    let ways: String = ways.collect();
    let ways = match ways.is_empty() {
        true => ways,
        false => format!("\nfrom this machine:\n{}", harmless_lines(&ways)),
    };
    as_table(endpoints, width) + &lake + &ways
}

fn as_table(endpoints: &Endpoints, width: usize) -> String {
    let all = endpoints.all.iter();
    if endpoints.all.iter().any(|one| one.method.is_some()) {
        let rows = all.map(|one| {
            let method = one.method.unwrap_or_default();
            [one.name, method, &one.url, one.purpose].map(str::to_owned)
        });
        let rows: Vec<_> = rows.collect();
        return table(["name", "method", "url", "purpose"], &rows, width);
    }
    let rows = all.map(|one| [one.name, &one.url, one.purpose].map(str::to_owned));
    table(["name", "url", "purpose"], &rows.collect::<Vec<_>>(), width)
}

fn as_json(endpoints: &Endpoints) -> Value {
    let urls = endpoints.all.iter();
    let urls: Map<String, Value> = urls
        .map(|one| (one.name.to_owned(), one.url.clone().into()))
        .collect();
    let mut value = json!({"running": endpoints.is_running, "endpoints": urls});
    if let Some(base) = &endpoints.base {
        value["base"] = json!(base);
    }
    if let Some(lake) = &endpoints.lake {
        value["lake"] = json!(lake);
    }
    value
}
