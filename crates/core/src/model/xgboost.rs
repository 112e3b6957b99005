//! XGBoost models of the objective `binary:logistic`, read from the JSON that
//! `Booster.save_model` writes (XGBoost 1.7 to 3.x) and evaluated bit for bit as Python does.
//! Nothing else is evaluated: what is not supported is refused by name.

mod error;
mod forest;
mod json;
mod shap;
#[cfg(test)]
mod tests;
mod tree;

pub use error::XgboostError;
use forest::{Forest, MAX_FEATURES, MAX_TOTAL_NODES, TreeNode};
use json::number;
pub use shap::{Contributions, Explainer};

/// A model ready to score rows.
///
/// All trees are summed: an early-stopped model must be cut to its best iteration before it is
/// saved, as `Booster.predict` uses every tree too.
pub struct Booster {
    feature_names: Vec<String>,
    num_features: usize,
    base_margin: f32,
    forest: Forest,
}

impl std::fmt::Debug for Booster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Booster")
            .field("num_features", &self.num_features)
            .field("base_margin", &self.base_margin)
            .field("num_trees", &self.forest.trees())
            .finish_non_exhaustive()
    }
}

impl Booster {
    /// Reads and checks a model.
    ///
    /// # Errors
    /// [`XgboostError`] if the bytes are not a model, if it is broken, or if it needs something
    /// that is not evaluated here. No bytes make it panic.
    pub fn from_json(bytes: &[u8]) -> Result<Self, XgboostError> {
        let checked = Checked::from_json(bytes)?;
        let mut forest = Forest::new();
        for tree in 0..checked.model.trees.len() {
            forest.push(&checked.tree(tree)?);
            if forest.nodes() > MAX_TOTAL_NODES {
                return Err(XgboostError::TooLarge {
                    max: MAX_TOTAL_NODES,
                });
            }
        }
        Ok(Self {
            feature_names: checked.feature_names,
            num_features: checked.num_features,
            base_margin: checked.base_margin,
            forest,
        })
    }

    /// Names of the features in the order of a row; empty if the model was trained without names.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// How many values a row has.
    pub fn num_features(&self) -> usize {
        self.num_features
    }

    /// How many trees are summed.
    pub fn num_trees(&self) -> usize {
        self.forest.trees()
    }

    /// The margin (log-odds) of one row: what `predict(output_margin=True)` returns, to the bit.
    /// NaN is a missing value.
    ///
    /// # Panics
    /// If the row does not have [`Booster::num_features`] values.
    pub fn margin(&self, row: &[f32]) -> f32 {
        assert_eq!(row.len(), self.num_features, "width of the row");
        self.forest.sum(self.base_margin, row)
    }

    /// [`Booster::margin`] of every row, to the bit and at least as fast. `rows` is row-major.
    ///
    /// # Panics
    /// If `rows` does not have [`Booster::num_features`] values for each element of `out`.
    pub fn margins(&self, rows: &[f32], out: &mut [f32]) {
        assert_eq!(
            rows.len(),
            self.num_features * out.len(),
            "size of the rows"
        );
        self.forest
            .sums(self.base_margin, rows, self.num_features, out);
    }
}

/// A model as far as it is checked before its trees are: what evaluation and explanation share.
struct Checked<'a> {
    feature_names: Vec<String>,
    num_features: usize,
    base_margin: f32,
    model: json::GbtreeModel<'a>,
}

impl<'a> Checked<'a> {
    fn from_json(bytes: &'a [u8]) -> Result<Self, XgboostError> {
        let document: json::Document<'a> = json::parse(bytes, "")?;
        let learner = document.learner;
        check_kind(&document.version, &learner)?;

        let param = &learner.learner_model_param;
        let num_feature = number("num_feature", &param.num_feature)?;
        if num_feature == 0 || num_feature > MAX_FEATURES as u64 {
            return Err(XgboostError::FeatureCount {
                num_feature,
                max: MAX_FEATURES,
            });
        }
        let num_features = num_feature as usize;
        let names = learner.feature_names;
        if !names.is_empty() && names.len() != num_features {
            return Err(XgboostError::Count {
                field: "feature_names",
                expected: num_feature,
                found: names.len(),
            });
        }
        let raw = learner.gradient_booster.model.map_or("null", |m| m.get());
        let model: json::GbtreeModel<'a> =
            json::parse(raw.as_bytes(), "learner.gradient_booster.model.")?;
        let base_margin = base_margin(&param.base_score)?;
        check_counts(&model)?;
        Ok(Self {
            feature_names: names,
            num_features,
            base_margin,
            model,
        })
    }

    /// The nodes of one tree, checked.
    fn tree(&self, tree: usize) -> Result<Vec<TreeNode>, XgboostError> {
        let json = &self.model.trees[tree];
        if json.id != tree as u64 {
            return Err(XgboostError::TreeId { tree, id: json.id });
        }
        let group = self.model.tree_info[tree];
        if group != 0 {
            return Err(XgboostError::TreeGroup { tree, group });
        }
        tree::check(tree, json, self.num_features)
    }
}

/// Refuses models of another kind before their trees are read.
fn check_kind(version: &[u32], learner: &json::Learner<'_>) -> Result<(), XgboostError> {
    let major = version.first().copied().unwrap_or(0);
    let minor = version.get(1).copied().unwrap_or(0);
    if !matches!((major, minor), (1, 7..) | (2 | 3, _)) {
        return Err(XgboostError::UnsupportedVersion { major, minor });
    }
    // Before the objective: "3 classes" says more than the objective's name.
    let param = &learner.learner_model_param;
    let num_class = number("num_class", &param.num_class)?;
    if num_class > 1 {
        return Err(XgboostError::MultiClass { num_class });
    }
    let num_target = number("num_target", &param.num_target)?;
    if num_target != 1 {
        return Err(XgboostError::MultiTarget { num_target });
    }
    if learner.objective.name != "binary:logistic" {
        return Err(XgboostError::UnsupportedObjective {
            name: learner.objective.name.clone(),
        });
    }
    if learner.gradient_booster.name != "gbtree" {
        return Err(XgboostError::UnsupportedBooster {
            name: learner.gradient_booster.name.clone(),
        });
    }
    Ok(())
}

/// The margin every sum starts from: `-log(1 / base_score - 1)` in 32 bits, as XGBoost's
/// `LogisticRegression::ProbToMargin` has it.
///
/// The logarithm is taken in 64 bits and rounded, which gives the nearest 32-bit value on every
/// platform. Python's is the C library's `logf`: glibc before 2.41 misses the nearest value by one
/// unit for one `base_score` in 200; a `base_score` of 0.5 is exact everywhere.
fn base_margin(text: &str) -> Result<f32, XgboostError> {
    let refuse = || XgboostError::BaseScore {
        value: text.to_owned(),
    };
    let inner = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or_else(refuse)?,
        None => text,
    };
    let targets = inner.split(',').count();
    if targets > 1 {
        return Err(XgboostError::MultiTarget {
            num_target: targets as u64,
        });
    }
    let score: f32 = inner.trim().parse().map_err(|_| refuse())?;
    let margin = -(libm::log(f64::from(1.0 / score - 1.0)) as f32);
    // Written so that NaN is refused too; a denormal score has an infinite inverse.
    if score > 0.0 && score < 1.0 && margin.is_finite() {
        Ok(margin)
    } else {
        Err(refuse())
    }
}

fn check_counts(model: &json::GbtreeModel<'_>) -> Result<(), XgboostError> {
    let num_trees = number("num_trees", &model.gbtree_model_param.num_trees)?;
    for (field, found) in [
        ("trees", model.trees.len()),
        ("tree_info", model.tree_info.len()),
    ] {
        if found as u64 != num_trees {
            return Err(XgboostError::Count {
                field,
                expected: num_trees,
                found,
            });
        }
    }
    if num_trees == 0 {
        return Err(XgboostError::NoTrees);
    }
    Ok(())
}
