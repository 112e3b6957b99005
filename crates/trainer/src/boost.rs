//! The loop over trees: derivatives, a tree, new margins, the validation set, and the question
//! whether to go on.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::dataset::Dataset;
use crate::error::TrainError;
use crate::gradient::{BLOCK, Loss};
use crate::grow::Grower;
use crate::model::{Base, TrainedModel};
use crate::parallel;
use crate::params::{EarlyStopping, Params};
use crate::random::{Purpose, Stream};
use crate::split::Worth;
use crate::tree::Tree;

/// Something that learns a model from labelled rows.
pub trait Trainer {
    /// Trains a model. `valid` is watched for early stopping and not learned from; it shares its
    /// bins with `train`. `observer` is asked after each tree.
    ///
    /// # Errors
    /// [`TrainError`] if parameters or sets cannot be used, or if the observer breaks off.
    fn train(
        &self,
        train: &Dataset,
        valid: Option<&Dataset>,
        params: &Params,
        observer: &mut Observer<'_>,
    ) -> Result<TrainedModel, TrainError>;
}

/// Told of each tree, from the thread that called; the answer is whether to go on.
pub type Observer<'a> = dyn FnMut(&Progress) -> ControlFlow<()> + 'a;

/// How far a training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Trees grown so far, from 1.
    pub tree: usize,
    /// Trees that will be grown at most.
    pub trees: usize,
    /// Time since the training began.
    pub elapsed: Duration,
    /// The validation metric with the trees so far, if early stopping watches it.
    pub validation: Option<f64>,
    /// The number of trees with which that metric was best.
    pub best_tree: Option<usize>,
}

impl Progress {
    /// Time that the trees left will take if they take as long as those before, on average.
    /// With early stopping it may be less.
    pub fn remaining(&self) -> Duration {
        let left = self.trees.saturating_sub(self.tree) as f64;
        self.elapsed.mul_f64(left / self.tree.max(1) as f64)
    }
}

/// Trains on histograms, in this process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HistogramTrainer;

impl Trainer for HistogramTrainer {
    fn train(
        &self,
        train: &Dataset,
        valid: Option<&Dataset>,
        params: &Params,
        observer: &mut Observer<'_>,
    ) -> Result<TrainedModel, TrainError> {
        let start = Instant::now();
        params.check()?;
        let [positive, negative] = train.class_weights("training")?;
        let mut watch = Watch::new(train, valid, params)?;
        let positive = positive * f64::from(params.scale_pos_weight);
        let base = Base::near(positive / (positive + negative));
        if let Some(watch) = &mut watch {
            watch.margins.fill(base.margin);
        }

        let loss = Loss::new(train, params.scale_pos_weight);
        let worth = Worth::new(params, loss.scale);
        let mut grower = Grower::new(train, params, worth);
        let mut margins = vec![base.margin; train.len()];
        let mut derivatives = vec![0; train.len()];
        let mut rows = Vec::with_capacity(train.len());
        let mut trees = Vec::new();
        for number in 0..params.trees {
            let rounding = Stream::new(params.seed, Purpose::Rounding, number);
            loss.derivatives(&margins, rounding, params.threads, &mut derivatives);
            let bag = Bag::new(params, number);
            rows.clear();
            rows.extend((0..train.len() as u32).filter(|&row| bag.holds(row)));
            let features = features_of(params, train.edges().num_features(), number);
            let (tree, leaves) = grower.grow(&mut rows, &derivatives, &features);
            for (range, value) in leaves {
                for &row in &rows[range] {
                    margins[row as usize] += value;
                }
            }
            bag.add_to_others(&tree, train, params.threads, &mut margins);
            if let Some(watch) = &mut watch {
                watch.add(&tree, params.threads);
            }
            trees.push(tree);
            let progress = Progress {
                tree: trees.len(),
                trees: params.trees,
                elapsed: start.elapsed(),
                validation: watch.as_ref().and_then(|w| w.history.last().copied()),
                best_tree: watch.as_ref().map(|watch| watch.best),
            };
            if observer(&progress).is_break() {
                return Err(TrainError::Cancelled { trees: trees.len() });
            }
            if watch.as_ref().is_some_and(Watch::is_over) {
                break;
            }
        }
        let mut validation = Vec::new();
        if let Some(watch) = watch {
            trees.truncate(watch.best);
            validation = watch.history;
        }
        Ok(TrainedModel {
            edges: train.edges().clone(),
            base,
            trees,
            validation,
        })
    }
}

/// The features that a tree may split on, ascending.
fn features_of(params: &Params, count: usize, tree: usize) -> Vec<usize> {
    let random = Stream::new(params.seed, Purpose::Columns, tree);
    let wanted = (params.colsample * count as f64).ceil() as usize;
    let mut features: Vec<usize> = (0..count).collect();
    if wanted < count {
        features.sort_unstable_by_key(|&feature| (random.at(feature as u64), feature));
        features.truncate(wanted);
        features.sort_unstable();
    }
    features
}

/// The rows that take part in growing a tree.
struct Bag {
    random: Stream,
    /// `None`: all rows do.
    limit: Option<u64>,
}

impl Bag {
    fn new(params: &Params, tree: usize) -> Self {
        let part = params.subsample < 1.0;
        Self {
            random: Stream::new(params.seed, Purpose::Rows, tree),
            limit: part.then_some((params.subsample * 2_f64.powi(64)) as u64),
        }
    }

    fn holds(&self, row: u32) -> bool {
        self.limit
            .is_none_or(|limit| self.random.at(u64::from(row)) < limit)
    }

    /// Adds the tree's values to the margins of the rows that had no part in it.
    fn add_to_others(&self, tree: &Tree, set: &Dataset, threads: usize, margins: &mut [f32]) {
        if self.limit.is_some() {
            add(tree, set, threads, margins, |row| !self.holds(row));
        }
    }
}

/// Adds the tree's values to the margins of the `chosen` rows.
fn add(
    tree: &Tree,
    set: &Dataset,
    threads: usize,
    margins: &mut [f32],
    chosen: impl Fn(u32) -> bool + Sync,
) {
    let tasks = margins.chunks_mut(BLOCK).enumerate().collect();
    parallel::each(threads, tasks, |(block, margins): (usize, &mut [f32])| {
        for (row, margin) in (block * BLOCK..).zip(margins) {
            if chosen(row as u32) {
                *margin += tree.value(set, row);
            }
        }
    });
}

/// The validation set under early stopping.
struct Watch<'a> {
    set: &'a Dataset,
    stop: EarlyStopping,
    margins: Vec<f32>,
    history: Vec<f64>,
    /// How many trees were best.
    best: usize,
}

impl<'a> Watch<'a> {
    fn new(
        train: &Dataset,
        valid: Option<&'a Dataset>,
        params: &Params,
    ) -> Result<Option<Self>, TrainError> {
        if let Some(set) = valid {
            if train.edges() != set.edges() {
                return Err(TrainError::DifferentEdges);
            }
            set.class_weights("validation")?;
        }
        match (valid, params.early_stopping) {
            (_, None) => Ok(None),
            (None, Some(_)) => Err(TrainError::NoValidation),
            (Some(set), Some(stop)) => Ok(Some(Self {
                set,
                stop,
                margins: vec![0.0; set.len()],
                history: Vec::new(),
                best: 0,
            })),
        }
    }

    fn add(&mut self, tree: &Tree, threads: usize) {
        add(tree, self.set, threads, &mut self.margins, |_| true);
        let value = self.stop.metric.of(self.set, &self.margins);
        let best = self.best.checked_sub(1).map(|best| self.history[best]);
        if best.is_none_or(|best| self.stop.metric.is_better(value, best)) {
            self.best = self.history.len() + 1;
        }
        self.history.push(value);
    }

    fn is_over(&self) -> bool {
        self.history.len() - self.best >= self.stop.rounds
    }
}
