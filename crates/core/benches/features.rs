//! Time to compute the features of one edit, over recorded events:
//! `cargo bench -p wikisentry-core --bench features [-- FILE.jsonl.gz]`.

use flate2::read::GzDecoder;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::time::Instant;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::features::{COUNT, TextWeights, extract};

const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/sample/recentchange.jsonl.gz"
);
const ROUNDS: u32 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench` of its own.
    let path = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let file = File::open(path.as_deref().unwrap_or(SAMPLE))?;
    let lines = BufReader::new(GzDecoder::new(file))
        .lines()
        .collect::<Result<Vec<_>, _>>()?;
    let mut edits = Vec::new();
    for line in &lines {
        if let Body::Edit(edit) = Event::parse(line.as_bytes())?.body {
            edits.push(edit);
        }
    }
    let mut row = [0.0; COUNT];
    let text = TextWeights::of_program();
    let mut round = || {
        let start = Instant::now();
        for edit in &edits {
            extract(std::hint::black_box(edit), text, &mut row);
            std::hint::black_box(&row);
        }
        start.elapsed()
    };
    round();
    // The fastest round is the one that other processes disturbed least.
    let mut rounds: Vec<_> = (0..ROUNDS).map(|_| round()).collect();
    rounds.sort();
    let each = |at: usize| rounds[at].as_nanos() as f64 / edits.len() as f64;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{COUNT} features of {} edits: {:.0} ns an edit (median), {:.0} ns (fastest of {ROUNDS} rounds)",
        edits.len(),
        each(rounds.len() / 2),
        each(0),
    )?;
    Ok(())
}
