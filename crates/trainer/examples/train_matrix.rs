//! Trains on a matrix, for `scripts/compare_trainers.py`:
//!
//! ```text
//! train_matrix ROWS FEATURES MODEL.json TREES LEARNING_RATE MAX_DEPTH MAX_BINS THREADS
//! ```
//!
//! ROWS holds little-endian 32-bit floats, each row its label and then its features. The processor
//! time that binning and training took goes to standard output, in seconds.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::str::FromStr;

use rustix::time::{ClockId, clock_gettime};
use wikisentry_trainer::{Dataset, EdgeSampler, HistogramTrainer, Params, Sampling, Trainer};

type Failure = Box<dyn std::error::Error>;

const PIECE: usize = 4096;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rows, features, model, trees, rate, depth, bins, threads] = &arguments[..] else {
        return Err("usage: train_matrix ROWS FEATURES MODEL.json TREES LEARNING_RATE MAX_DEPTH MAX_BINS THREADS".into());
    };
    let features: usize = number(features)?;
    let sampling = Sampling {
        max_bins: number(bins)?,
        ..Sampling::default()
    };
    let params = Params {
        trees: number(trees)?,
        learning_rate: number(rate)?,
        max_depth: number(depth)?,
        threads: number(threads)?,
        ..Params::default()
    };

    let start = processor_seconds();
    let names = (0..features).map(|n| format!("feature_{n}")).collect();
    let mut sampler = EdgeSampler::new(names, sampling)?;
    each_piece(rows, features, |values, _| Ok(sampler.push(values)?))?;
    let mut set = Dataset::new(sampler.finish()?);
    each_piece(rows, features, |values, labels| {
        Ok(set.push(values, labels)?)
    })?;
    let binned = processor_seconds() - start;

    let start = processor_seconds();
    let mut go_on = |_: &_| ControlFlow::Continue(());
    let trained = HistogramTrainer.train(&set, None, &params, &mut go_on)?;
    let seconds = processor_seconds() - start;
    std::fs::write(model, trained.to_json())?;
    writeln!(io::stdout(), "{binned} {seconds}")?;
    Ok(())
}

fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn number<T: FromStr<Err: std::error::Error + 'static>>(text: &str) -> Result<T, Failure> {
    Ok(text.parse()?)
}

/// Reads the file from front to back and hands over values and labels of some rows at a time.
fn each_piece(
    path: &str,
    features: usize,
    mut take: impl FnMut(&[f32], &[f32]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut file = BufReader::new(File::open(path)?);
    let row_bytes = (features as u64 + 1) * 4;
    loop {
        let mut bytes = Vec::new();
        file.by_ref()
            .take(PIECE as u64 * row_bytes)
            .read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Ok(());
        }
        let numbers: Vec<f32> = bytes
            .as_chunks()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect();
        let (mut values, mut labels) = (Vec::new(), Vec::new());
        for row in numbers.chunks(features + 1) {
            labels.push(row[0]);
            values.extend_from_slice(&row[1..]);
        }
        take(&values, &labels)?;
    }
}
