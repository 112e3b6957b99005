//! The figures that the platform has to reach, measured one after another and printed as one
//! table: `cargo bench --bench figures [-- NAME…] [--json]`. What each part costs by itself is for
//! the benches of the crates.

mod alert_delay;
mod beside_training;
mod catch_up;
mod footprint;
#[path = "../../crates/core/benches/model/forest.rs"]
mod forest;
mod http;
mod machine;
mod model;
mod pinning;
mod pipeline;
mod platform;
mod predict_load;
mod sample;
mod start_up;
mod steady;
mod table;

use machine::Machine;
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use table::{Figure, Row};

/// Why something could not be measured.
type Failure = Box<dyn Error>;

/// What is measured together, by the name it is asked for with.
type Group = (&'static str, fn() -> Result<Vec<Figure>, Failure>);

const GROUPS: [Group; 9] = [
    ("pipeline", pipeline::measure),
    ("model", model::measure),
    ("catch-up", catch_up::measure),
    ("steady", steady::measure),
    ("predict", predict_load::measure),
    ("alert", alert_delay::measure),
    ("beside-training", beside_training::measure),
    ("start-up", start_up::measure),
    ("footprint", footprint::measure),
];

fn main() -> Result<ExitCode, Failure> {
    // `cargo bench` adds `--bench` of its own.
    let (flags, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .partition(|argument| argument.starts_with('-'));
    let as_json = flags.iter().any(|flag| flag == "--json");
    let unknown_flag = flags.iter().find(|flag| *flag != "--json");
    let known = |name: &String| GROUPS.iter().any(|(group, _)| group == name);
    if let Some(wrong) = unknown_flag.or_else(|| names.iter().find(|name| !known(name))) {
        let groups = GROUPS.map(|(name, _)| name).join(", ");
        return Err(format!("`{wrong}`: give --json or some of {groups}").into());
    }
    let machine = Machine::look();
    let mut rows: Vec<Row> = Vec::new();
    for (name, measure) in GROUPS {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        writeln!(std::io::stderr(), "measuring {name} …")?;
        match measure() {
            Ok(figures) => rows.extend(figures.into_iter().map(Row::Measured)),
            Err(error) => rows.push(Row::Failed {
                group: name,
                error: error.to_string(),
            }),
        }
    }
    let text = if as_json {
        table::json(&machine, &rows)?
    } else {
        table::text(&machine, &rows)
    };
    std::io::stdout().write_all(text.as_bytes())?;
    let failed = rows.iter().any(|row| matches!(row, Row::Failed { .. }));
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
