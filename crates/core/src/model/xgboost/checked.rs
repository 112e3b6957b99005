//! A model after all checks but those of its trees: what scoring and explanation share.

use super::check_tree;
use super::error::XgboostError;
use super::forest::{CheckedNode, MAX_FEATURES};
use super::json::{self, number};
use super::not_json;

/// A supported model; its trees are checked one by one.
pub(super) struct CheckedModel<'a> {
    pub feature_names: Vec<String>,
    pub num_features: usize,
    pub base_margin: f32,
    pub model: json::GbtreeModel<'a>,
}

impl<'a> CheckedModel<'a> {
    pub fn from_json(bytes: &'a [u8]) -> Result<Self, XgboostError> {
        match Self::read(bytes) {
            Err(error @ XgboostError::Json { .. }) => Err(not_json::cause(bytes, error)),
            outcome => outcome,
        }
    }

    fn read(bytes: &'a [u8]) -> Result<Self, XgboostError> {
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

    /// Why a model is refused though it can be read.
    pub(super) fn objection(bytes: &'a [u8]) -> Option<XgboostError> {
        let model = match Self::read(bytes) {
            Ok(model) => model,
            Err(error) => return Some(error),
        };
        (0..model.model.trees.len()).find_map(|tree| model.tree(tree).err())
    }

    /// The nodes of tree number `tree`.
    pub fn tree(&self, tree: usize) -> Result<Vec<CheckedNode>, XgboostError> {
        let json = &self.model.trees[tree];
        if json.id != tree as u64 {
            return Err(XgboostError::TreeId { tree, id: json.id });
        }
        let group = self.model.tree_info[tree];
        if group != 0 {
            return Err(XgboostError::TreeGroup { tree, group });
        }
        check_tree::check(tree, json, self.num_features)
    }
}

/// Refuses models of another kind, before their trees are read.
fn check_kind(version: &[u32], learner: &json::Learner<'_>) -> Result<(), XgboostError> {
    let major = version.first().copied().unwrap_or(0);
    let minor = version.get(1).copied().unwrap_or(0);
    if !matches!((major, minor), (1, 7..) | (2 | 3, _)) {
        return Err(XgboostError::UnsupportedVersion { major, minor });
    }
    // Before the objective, as "3 classes" says more than the objective's name.
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
pub(super) fn base_margin(text: &str) -> Result<f32, XgboostError> {
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
    // NaN fails these comparisons; the inverse of a denormal score is infinite.
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
