//! Trains on a matrix, for `scripts/compare_trainers.py` and `scripts/ablate_features.py`:
//!
//! ```text
//! train_matrix ROWS FEATURES MODEL.json [PARAMETER=VALUE]...
//! ```
//!
//! ROWS is a file of little-endian 32-bit floats: for each row the label, with `weighted=true` the
//! weight, and the features. Standard output gets the processor time of binning and of training, in
//! seconds.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::str::FromStr;

use rustix::time::{ClockId, clock_gettime};
use wikisentry_trainer::{BinnedSet, EdgeSampler, Params, Sampling, train};

type Failure = Box<dyn std::error::Error>;

const PIECE: usize = 4096;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rows, features, model, settings @ ..] = &arguments[..] else {
        return Err("usage: train_matrix ROWS FEATURES MODEL.json [PARAMETER=VALUE]...".into());
    };
    let features: usize = number(features)?;
    let mut sampling = Sampling::default();
    let mut params = Params::default();
    let mut weighted = false;
    for setting in settings {
        match setting.split_once('=').unwrap_or((setting, "")) {
            ("trees", value) => params.trees = number(value)?,
            ("learning_rate", value) => params.learning_rate = number(value)?,
            ("max_depth", value) => params.max_depth = number(value)?,
            ("min_child_weight", value) => params.min_child_weight = number(value)?,
            ("lambda", value) => params.lambda = number(value)?,
            ("subsample", value) => params.subsample = number(value)?,
            ("colsample", value) => params.colsample = number(value)?,
            ("seed", value) => params.seed = number(value)?,
            ("threads", value) => params.threads = number(value)?,
            ("max_bins", value) => sampling.max_bins = number(value)?,
            ("weighted", value) => weighted = number(value)?,
            _ => return Err(format!("unknown parameter {setting:?}").into()),
        }
    }
    let layout = Layout { features, weighted };

    let start = processor_seconds();
    let names = (0..features).map(|n| format!("feature_{n}")).collect();
    let mut sampler = EdgeSampler::new(names, sampling)?;
    each_piece(rows, layout, |values, _, _| Ok(sampler.push(values)?))?;
    let mut set = BinnedSet::new(sampler.finish()?);
    each_piece(rows, layout, |values, labels, weights| {
        Ok(set.push_weighted(values, labels, weights)?)
    })?;
    let binned = processor_seconds() - start;

    let start = processor_seconds();
    let mut go_on = |_: &_| ControlFlow::Continue(());
    let trained = train(&set, None, &params, &mut go_on)?;
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

#[derive(Clone, Copy)]
struct Layout {
    features: usize,
    weighted: bool,
}

/// Reads the file and calls `take` with the values, labels and weights of 4,096 rows at a time.
fn each_piece(
    path: &str,
    layout: Layout,
    mut take: impl FnMut(&[f32], &[f32], &[f32]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut file = BufReader::new(File::open(path)?);
    let before = 1 + usize::from(layout.weighted);
    let width = before + layout.features;
    loop {
        let mut bytes = Vec::new();
        file.by_ref()
            .take((PIECE * width * 4) as u64)
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
        let (mut values, mut labels, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for row in numbers.chunks(width) {
            labels.push(row[0]);
            weights.push(if layout.weighted { row[1] } else { 1.0 });
            values.extend_from_slice(&row[before..]);
        }
        take(&values, &labels, &weights)?;
    }
}
