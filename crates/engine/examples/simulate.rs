//! Writes a simulated stream as a recording that `wikisentry up --replay FILE` takes:
//! `cargo run -p wikisentry-engine --example simulate -- FILE LABELLED…`, where LABELLED are files
//! such as those in `testdata/labelled`.
#![allow(clippy::print_stdout, reason = "an example speaks")]

use std::error::Error;
use std::fs;
use std::io::Write;
use wikisentry_engine::replay::simulation::{SimulationOptions, simulate};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name the file to write")?;
    let mut rows = Vec::new();
    for labelled in arguments {
        rows.extend(fs::read(labelled)?);
    }
    let simulation = simulate(&rows, &SimulationOptions::default())?;
    let mut out = std::io::BufWriter::new(fs::File::create(&file)?);
    for line in simulation.source.lines() {
        out.write_all(line)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    let reverted = simulation
        .truth
        .iter()
        .filter(|truth| truth.reverted.is_some());
    println!(
        "{file}: {} revisions, {} reverted",
        simulation.truth.len(),
        reverted.count()
    );
    Ok(())
}
