//! The size of the program, and how soon it answers where it has nothing to do.

use crate::Failure;
use crate::platform::{Home, PROGRAM};
use crate::table::{Figure, Goal, quantile};
use std::time::Instant;

const RUNS: usize = 50;

pub fn measure() -> Result<Vec<Figure>, Failure> {
    let home = Home::new()?;
    Ok(vec![
        Figure {
            what: "size of the stripped binary",
            measured: std::fs::metadata(PROGRAM)?.len() as f64 / 1e6,
            goal: Goal::AtMost(70.0),
            unit: "MB",
            note: "model and sample included".to_owned(),
        },
        answer(&home, "`wikisentry --help`", &["--help"])?,
        answer(&home, "`wikisentry config show`", &["config", "show"])?,
    ])
}

fn answer(home: &Home, what: &'static str, arguments: &[&str]) -> Result<Figure, Failure> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let mut command = home.command(arguments);
        let begun = Instant::now();
        let output = command.output()?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        if !output.status.success() || output.stdout.is_empty() {
            return Err(format!("{what} failed").into());
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(Figure {
        what,
        measured: quantile(&times, 0.5),
        goal: Goal::AtMost(10.0),
        unit: "ms",
        note: format!(
            "median of {RUNS}, process start included; longest {:.1}",
            quantile(&times, 1.0)
        ),
    })
}
