//! The parts of the JSON of `Booster.save_model("x.json")` that predictions depend on. Only types are
//! checked here; the values are checked in `checked` and `check_tree`.
//! Source: XGBoost's `doc/model.schema` and its models of 1.7, 2.1, 3.0, 3.1 and 3.2.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use super::error::XgboostError;

#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub learner: Learner<'a>,
    pub version: Vec<u32>,
}

#[derive(Deserialize)]
pub(super) struct Learner<'a> {
    #[serde(default)]
    pub feature_names: Vec<String>,
    #[serde(borrow)]
    pub gradient_booster: GradientBooster<'a>,
    pub learner_model_param: LearnerModelParam,
    pub objective: Objective,
}

#[derive(Deserialize)]
pub(super) struct Objective {
    pub name: String,
}

/// `model` is not parsed before `name` is known: `dart` and `gblinear` have another content there.
#[derive(Deserialize)]
pub(super) struct GradientBooster<'a> {
    pub name: String,
    #[serde(borrow)]
    pub model: Option<&'a RawValue>,
}

/// XGBoost keeps these numbers as text.
#[derive(Deserialize)]
pub(super) struct LearnerModelParam {
    /// For instance `5E-1`; from 3.1 on a vector, `[5E-1]`.
    pub base_score: String,
    pub num_class: String,
    pub num_feature: String,
    #[serde(default = "one")]
    pub num_target: String,
}

#[derive(Deserialize)]
pub(super) struct GbtreeModel<'a> {
    pub gbtree_model_param: GbtreeModelParam,
    pub tree_info: Vec<i64>,
    #[serde(borrow)]
    pub trees: Vec<Tree<'a>>,
}

#[derive(Deserialize)]
pub(super) struct GbtreeModelParam {
    pub num_trees: String,
}

#[derive(Deserialize)]
pub(super) struct Tree<'a> {
    pub id: u64,
    pub left_children: Vec<i64>,
    pub right_children: Vec<i64>,
    pub split_indices: Vec<u64>,
    /// The threshold of a split, the value of a leaf.
    pub split_conditions: Vec<Real>,
    pub default_left: Vec<u64>,
    pub split_type: Vec<u64>,
    /// The cover of each node, which is parsed for explanations only.
    #[serde(borrow, default)]
    pub sum_hessian: Option<&'a RawValue>,
    pub tree_param: TreeParam,
}

#[derive(Deserialize)]
pub(super) struct TreeParam {
    pub num_deleted: String,
    pub num_nodes: String,
    pub size_leaf_vector: String,
}

fn one() -> String {
    "1".to_owned()
}

/// A 32-bit float read straight from its decimal text. Reading it as 64 bits and rounding again
/// could miss by one unit in the last place, and one unit flips a comparison.
#[derive(Clone, Copy)]
pub(super) struct Real(pub f32);

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        text.parse()
            .map(Real)
            .map_err(|_| de::Error::invalid_type(de::Unexpected::Other(text), &"a number"))
    }
}

/// Parses JSON. The error names the field by its path, which starts with `prefix`.
pub(super) fn parse<'a, T: Deserialize<'a>>(
    json: &'a [u8],
    prefix: &str,
) -> Result<T, XgboostError> {
    let refuse = |path: String, error: serde_json::Error| XgboostError::Json {
        path: format!("{prefix}{path}"),
        reason: error.to_string(),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|e| refuse(e.path().to_string(), e.into_inner()))?;
    deserializer.end().map_err(|e| refuse(".".to_owned(), e))?;
    Ok(value)
}

/// Reads a number that XGBoost keeps as text.
pub(super) fn number(field: &'static str, text: &str) -> Result<u64, XgboostError> {
    text.parse().map_err(|_| XgboostError::Parameter {
        field,
        value: text.to_owned(),
    })
}
