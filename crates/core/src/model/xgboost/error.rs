//! Why the JSON of an XGBoost model was refused. Everything that would change a prediction and is
//! not evaluated here has a variant of its own.

/// Why a model was refused. Trees and nodes are numbered as in the JSON, from 0; `max` is the largest
/// number that is supported.
#[derive(Debug, thiserror::Error)]
pub enum XgboostError {
    /// Not JSON, or not the JSON that `Booster.save_model` writes.
    #[error("not an XGBoost JSON model, at `{path}`: {reason}")]
    Json {
        /// Path of the field, such as `learner.objective.name`.
        path: String,
        /// The message of the JSON parser.
        reason: String,
    },
    #[error("model of XGBoost {major}.{minor}: only the JSON of 1.7 to 3.x is read")]
    UnsupportedVersion { major: u32, minor: u32 },
    #[error("objective `{name}` is not supported: only `binary:logistic` is")]
    UnsupportedObjective { name: String },
    /// For instance `dart` or `gblinear`.
    #[error("booster `{name}` is not supported: only `gbtree` is")]
    UnsupportedBooster { name: String },
    #[error("multi-class models are not supported: this one has {num_class} classes")]
    MultiClass { num_class: u64 },
    #[error("multi-target models are not supported: this one has {num_target} targets")]
    MultiTarget {
        /// From `num_target`, or the number of base scores.
        num_target: u64,
    },
    /// The leaves hold vectors (`multi_strategy=multi_output_tree`).
    #[error("tree {tree} has leaves with vectors of {size} values: not supported")]
    VectorLeaf { tree: usize, size: u64 },
    /// A split on a set of categories; `node` is the first such one.
    #[error("tree {tree}, node {node}: categorical splits are not supported")]
    CategoricalSplit { tree: usize, node: usize },
    /// No feature, or more than a node of the flat layout can name.
    #[error("the model has {num_feature} features: 1 to {max} are supported")]
    FeatureCount { num_feature: u64, max: usize },
    /// A tree without a root, or too large for the flat layout.
    #[error("tree {tree} has {nodes} nodes: 1 to {max} are supported")]
    NodeCount {
        tree: usize,
        nodes: usize,
        max: usize,
    },
    /// Releases differ on the margin of a model without trees.
    #[error("the model has no trees")]
    NoTrees,
    /// More nodes in all trees together than the flat layout can address.
    #[error("the model has more than {max} nodes")]
    TooLarge { max: usize },
    /// A number that XGBoost keeps as text is not one.
    #[error("`{field}` is \"{value}\": expected a number")]
    Parameter { field: &'static str, value: String },
    /// The base score of this objective is a probability.
    #[error("`base_score` is \"{value}\": expected a number above 0 and below 1")]
    BaseScore { value: String },
    /// An array is longer or shorter than the count stated elsewhere in the model.
    #[error("`{field}` has {found} elements, expected {expected}")]
    Count {
        field: &'static str,
        expected: u64,
        found: usize,
    },
    /// The arrays of a tree have one element for each node, so all have the length of `left_children`.
    #[error("tree {tree}: `{array}` has {found} elements, expected {expected}")]
    ArrayLength {
        tree: usize,
        array: &'static str,
        expected: usize,
        found: usize,
    },
    /// Trees are summed in the order of their `id`, which must be their position.
    #[error("tree {tree} has the id {id}")]
    TreeId { tree: usize, id: u64 },
    /// According to `tree_info`, the tree belongs to another output than the first.
    #[error("tree {tree} belongs to output {group}: a binary model has output 0 alone")]
    TreeGroup { tree: usize, group: i64 },
    /// A child outside the tree, or a node with one child only; -1 is no child.
    #[error("tree {tree}, node {node}: children {left} and {right} in a tree of {nodes} nodes")]
    Children {
        tree: usize,
        node: usize,
        left: i64,
        right: i64,
        nodes: usize,
    },
    /// A cycle, or a node with two parents.
    #[error("tree {tree}: node {node} is the child of more than one node")]
    NotATree { tree: usize, node: usize },
    /// Nodes that no path reaches, other than the `num_deleted` ones that pruning deleted.
    #[error("tree {tree}: {unreachable} nodes cannot be reached, but {deleted} are deleted")]
    Unreachable {
        tree: usize,
        unreachable: usize,
        deleted: u64,
    },
    /// An index in `split_indices` beyond `num_feature`.
    #[error("tree {tree}, node {node}: feature {feature}, but the model has {num_feature}")]
    Feature {
        tree: usize,
        node: usize,
        feature: u64,
        num_feature: usize,
    },
    /// A number in `split_conditions` that is infinite as a 32-bit float.
    #[error("tree {tree}, node {node}: the value {value} is not finite")]
    NotFinite {
        tree: usize,
        node: usize,
        value: f32,
    },
    #[error("tree {tree}, node {node}: `default_left` is {value}, expected 0 or 1")]
    DefaultLeft {
        tree: usize,
        node: usize,
        value: u64,
    },
    /// The model scores, but cannot be explained.
    #[error("tree {tree} has no node covers (`sum_hessian`): its model cannot be explained")]
    NoCovers { tree: usize },
    /// The cover of a split is 0, or that of its child is negative or not a number.
    #[error("tree {tree}, node {node}: the cover {cover} cannot explain a split")]
    Cover {
        tree: usize,
        node: usize,
        cover: f32,
    },
    /// More features on one path than the quadrature integrates exactly.
    #[error("tree {tree} splits on more than {max} features on one path: that is not explained")]
    PathFeatures { tree: usize, max: usize },
}
