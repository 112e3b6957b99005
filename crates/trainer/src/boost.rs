//! The loop over trees: derivatives, a tree, new margins, and the validation set, which decides when
//! to stop.

use std::ops::ControlFlow;

use crate::binned::BinnedSet;
use crate::error::TrainError;
use crate::gradient::{BLOCK, Loss};
use crate::grow::Grower;
use crate::metric::log_loss;
use crate::model::{Base, TrainedModel};
use crate::parallel;
use crate::params::{EarlyStopping, Params};
use crate::random::{Purpose, Stream};
use crate::split::Worth;
use crate::tree::Tree;

/// How far a training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingProgress {
    /// Trees grown so far, from 1.
    pub tree: usize,
    /// The most trees that will be grown; early stopping may end with fewer.
    pub trees: usize,
    /// The log loss of the validation set with the trees so far; `None` without early stopping.
    pub validation: Option<f64>,
    /// The number of trees with which it was lowest.
    pub best_tree: Option<usize>,
}

/// Trains a model on histograms of binned features, in this process.
///
/// `valid` is watched for early stopping and not learned from; it shares its bins with `train`.
/// `observer` is called after each tree, on the calling thread; `Break` cancels the training.
///
/// # Errors
/// [`TrainError`] if parameters or sets cannot be used, or if the observer cancels.
pub fn train(
    train: &BinnedSet,
    valid: Option<&BinnedSet>,
    params: &Params,
    observer: &mut dyn FnMut(&TrainingProgress) -> ControlFlow<()>,
) -> Result<TrainedModel, TrainError> {
    params.check()?;
    let [positive, negative] = train.class_weights("training")?;
    let mut watch = Watch::new(train, valid, params)?;
    let base = Base::near(positive / (positive + negative));
    if let Some(watch) = &mut watch {
        watch.margins.fill(base.margin);
    }

    let mut boosting = Boosting::new(train, params, base);
    let mut trees = Vec::new();
    for number in 0..params.trees {
        let tree = boosting.next_tree(number);
        if let Some(watch) = &mut watch {
            watch.add(&tree, params.threads);
        }
        trees.push(tree);
        let progress = TrainingProgress {
            tree: trees.len(),
            trees: params.trees,
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

/// The training set with the margins of its rows; buffers are kept between trees.
struct Boosting<'a> {
    set: &'a BinnedSet,
    params: &'a Params,
    loss: Loss<'a>,
    grower: Grower<'a>,
    margins: Vec<f32>,
    /// Packed derivatives by row, see [`crate::gradient`].
    derivatives: Vec<u64>,
    /// Rows that the tree under way is grown on.
    rows: Vec<u32>,
}

impl<'a> Boosting<'a> {
    fn new(set: &'a BinnedSet, params: &'a Params, base: Base) -> Self {
        let loss = Loss::new(set);
        let worth = Worth::new(params, loss.scale);
        Self {
            set,
            params,
            loss,
            grower: Grower::new(set, params, worth),
            margins: vec![base.margin; set.len()],
            derivatives: vec![0; set.len()],
            rows: Vec::with_capacity(set.len()),
        }
    }

    /// Grows tree `number` and adds its values to the margins.
    fn next_tree(&mut self, number: usize) -> Tree {
        let (set, params) = (self.set, self.params);
        let rounding = Stream::new(params.seed, Purpose::Rounding, number);
        self.loss.derivatives(
            &self.margins,
            rounding,
            params.threads,
            &mut self.derivatives,
        );
        let bag = Bag::new(params, number);
        self.rows.clear();
        self.rows
            .extend((0..set.len() as u32).filter(|&row| bag.holds(row)));
        let features = features_of(params, set.edges().num_features(), number);
        let (tree, leaves) = self
            .grower
            .grow(&mut self.rows, &self.derivatives, &features);
        for (range, value) in leaves {
            for &row in &self.rows[range] {
                self.margins[row as usize] += value;
            }
        }
        bag.add_to_others(&tree, set, params.threads, &mut self.margins);
        tree
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
    /// A row takes part if its random number is below; `None`: all rows do.
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

    /// Adds the tree's values to the margins of the rows that it was not grown on.
    fn add_to_others(&self, tree: &Tree, set: &BinnedSet, threads: usize, margins: &mut [f32]) {
        if self.limit.is_some() {
            add(tree, set, threads, margins, |row| !self.holds(row));
        }
    }
}

/// Adds the tree's values to the margins of the `chosen` rows.
fn add(
    tree: &Tree,
    set: &BinnedSet,
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
    set: &'a BinnedSet,
    stop: EarlyStopping,
    margins: Vec<f32>,
    history: Vec<f64>,
    /// The number of trees with which the log loss was lowest.
    best: usize,
}

impl<'a> Watch<'a> {
    fn new(
        train: &BinnedSet,
        valid: Option<&'a BinnedSet>,
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
        let value = log_loss(self.set, &self.margins);
        let best = self.best.checked_sub(1).map(|best| self.history[best]);
        if best.is_none_or(|best| value < best) {
            self.best = self.history.len() + 1;
        }
        self.history.push(value);
    }

    fn is_over(&self) -> bool {
        self.history.len() - self.best >= self.stop.rounds
    }
}
