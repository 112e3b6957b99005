//! Why the JSON of an XGBoost model was refused. Whatever would change a prediction and is not
//! evaluated here has a variant of its own.

/// Why a model was refused. Trees and nodes are numbered as in the JSON, from 0.
#[derive(Debug, thiserror::Error)]
pub enum XgboostError {
    /// The bytes are not JSON, or not the JSON that `Booster.save_model` writes.
    #[error("not an XGBoost JSON model, at `{path}`: {reason}")]
    Json {
        /// Where in the document, such as `learner.objective.name`.
        path: String,
        /// What the JSON parser expected and found.
        reason: String,
    },
    /// Written by a release whose format is not known here.
    #[error("model of XGBoost {major}.{minor}: only the JSON of 1.7 to 3.x is read")]
    UnsupportedVersion {
        /// Major version of the release that wrote the model.
        major: u32,
        /// Minor version of the release that wrote the model.
        minor: u32,
    },
    /// Another objective than `binary:logistic`.
    #[error("objective `{name}` is not supported: only `binary:logistic` is")]
    UnsupportedObjective {
        /// `learner.objective.name`.
        name: String,
    },
    /// Another booster than `gbtree`, such as `dart` or `gblinear`.
    #[error("booster `{name}` is not supported: only `gbtree` is")]
    UnsupportedBooster {
        /// `learner.gradient_booster.name`.
        name: String,
    },
    /// More than one output per row because of classes.
    #[error("multi-class models are not supported: this one has {num_class} classes")]
    MultiClass {
        /// `num_class`.
        num_class: u64,
    },
    /// More than one output per row because of targets.
    #[error("multi-target models are not supported: this one has {num_target} targets")]
    MultiTarget {
        /// `num_target`, or the number of base scores.
        num_target: u64,
    },
    /// Leaves that hold a vector (`multi_strategy=multi_output_tree`).
    #[error("tree {tree} has leaves with vectors of {size} values: not supported")]
    VectorLeaf {
        /// Number of the tree.
        tree: usize,
        /// `size_leaf_vector`.
        size: u64,
    },
    /// A split on a set of categories.
    #[error("tree {tree}, node {node}: categorical splits are not supported")]
    CategoricalSplit {
        /// Number of the tree.
        tree: usize,
        /// Number of the first such node.
        node: usize,
    },
    /// More features than a node of the flat layout can name, or none.
    #[error("the model has {num_feature} features: 1 to {max} are supported")]
    FeatureCount {
        /// `num_feature`.
        num_feature: u64,
        /// The most that are supported.
        max: usize,
    },
    /// A tree too large for the flat layout, or without a root.
    #[error("tree {tree} has {nodes} nodes: 1 to {max} are supported")]
    NodeCount {
        /// Number of the tree.
        tree: usize,
        /// Length of its `left_children`.
        nodes: usize,
        /// The most that are supported.
        max: usize,
    },
    /// Releases differ on the margin of a model that was never trained.
    #[error("the model has no trees")]
    NoTrees,
    /// More nodes in all than the flat layout can address.
    #[error("the model has more than {max} nodes")]
    TooLarge {
        /// The most that are supported.
        max: usize,
    },
    /// A number that XGBoost keeps as text does not read as one.
    #[error("`{field}` is \"{value}\": expected a number")]
    Parameter {
        /// Name of the field.
        field: &'static str,
        /// What stands there.
        value: String,
    },
    /// `base_score` must be a probability for this objective.
    #[error("`base_score` is \"{value}\": expected a number above 0 and below 1")]
    BaseScore {
        /// What stands there.
        value: String,
    },
    /// A count stated in the model and the length of what it counts differ.
    #[error("`{field}` has {found} elements, expected {expected}")]
    Count {
        /// Name of the array.
        field: &'static str,
        /// What the model states elsewhere.
        expected: u64,
        /// Length of the array.
        found: usize,
    },
    /// The arrays of a tree must have one element per node.
    #[error("tree {tree}: `{array}` has {found} elements, expected {expected}")]
    ArrayLength {
        /// Number of the tree.
        tree: usize,
        /// Name of the array.
        array: &'static str,
        /// Length of `left_children`.
        expected: usize,
        /// Length of the array.
        found: usize,
    },
    /// Trees are summed in the order of their `id`, which must be their position.
    #[error("tree {tree} has the id {id}")]
    TreeId {
        /// Position of the tree.
        tree: usize,
        /// What its `id` says.
        id: u64,
    },
    /// `tree_info` gives a tree to another output than the first.
    #[error("tree {tree} belongs to output {group}: a binary model has output 0 alone")]
    TreeGroup {
        /// Number of the tree.
        tree: usize,
        /// What `tree_info` says.
        group: i64,
    },
    /// A child outside the tree, or a node with one child.
    #[error("tree {tree}, node {node}: children {left} and {right} in a tree of {nodes} nodes")]
    Children {
        /// Number of the tree.
        tree: usize,
        /// Number of the node.
        node: usize,
        /// Its left child; -1 for none.
        left: i64,
        /// Its right child; -1 for none.
        right: i64,
        /// How many nodes the tree has.
        nodes: usize,
    },
    /// A cycle, or a node with two parents.
    #[error("tree {tree}: node {node} is the child of more than one node")]
    NotATree {
        /// Number of the tree.
        tree: usize,
        /// The node reached twice.
        node: usize,
    },
    /// Nodes that no path reaches, other than those that pruning deleted.
    #[error("tree {tree}: {unreachable} nodes cannot be reached, but {deleted} are deleted")]
    Unreachable {
        /// Number of the tree.
        tree: usize,
        /// How many nodes no path reaches.
        unreachable: usize,
        /// `num_deleted`.
        deleted: u64,
    },
    /// A split on a feature that the model does not have.
    #[error("tree {tree}, node {node}: feature {feature}, but the model has {num_feature}")]
    Feature {
        /// Number of the tree.
        tree: usize,
        /// Number of the node.
        node: usize,
        /// What `split_indices` says.
        feature: u64,
        /// How many features the model has.
        num_feature: usize,
    },
    /// A threshold or leaf value that is infinite as a 32-bit float.
    #[error("tree {tree}, node {node}: the value {value} is not finite")]
    NotFinite {
        /// Number of the tree.
        tree: usize,
        /// Number of the node.
        node: usize,
        /// What `split_conditions` says.
        value: f32,
    },
    /// `default_left` must be 0 or 1.
    #[error("tree {tree}, node {node}: `default_left` is {value}, expected 0 or 1")]
    DefaultLeft {
        /// Number of the tree.
        tree: usize,
        /// Number of the node.
        node: usize,
        /// What stands there.
        value: u64,
    },
    /// A tree without `sum_hessian`: the model scores, but cannot be explained.
    #[error("tree {tree} has no node covers (`sum_hessian`): its model cannot be explained")]
    NoCovers {
        /// Number of the tree.
        tree: usize,
    },
    /// Rows pass a split whose cover is 0 or whose child's is negative or no number.
    #[error("tree {tree}, node {node}: the cover {cover} cannot explain a split")]
    Cover {
        /// Number of the tree.
        tree: usize,
        /// Number of the node.
        node: usize,
        /// What `sum_hessian` says.
        cover: f32,
    },
    /// More features meet on one path than are explained.
    #[error("tree {tree} splits on more than {max} features on one path: that is not explained")]
    PathFeatures {
        /// Number of the tree.
        tree: usize,
        /// The most that are explained.
        max: usize,
    },
}
