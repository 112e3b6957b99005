//! Checks one tree of the JSON, so that layouts can be built from it without further checks.

use super::error::XgboostError;
use super::forest::{CheckedNode, MAX_NODES};
use super::json::{Tree, number};

const LEAF: i64 = -1;

/// The nodes of a tree by their number, with the root at 0. Nodes that pruning deleted stay in the
/// JSON without a parent; they become leaves that no path reaches.
pub(super) fn check(
    tree: usize,
    json: &Tree<'_>,
    num_features: usize,
) -> Result<Vec<CheckedNode>, XgboostError> {
    check_shape(tree, json)?;
    let nodes = json.left_children.len();
    let mut checked = vec![None; nodes];
    let mut stack = vec![0];
    let mut reached = 0;
    while let Some(node) = stack.pop() {
        if checked[node].is_some() {
            return Err(XgboostError::NotATree { tree, node });
        }
        let sound = check_node(tree, node, json, num_features)?;
        if let CheckedNode::Split { left, right, .. } = sound {
            stack.extend([left, right]);
        }
        checked[node] = Some(sound);
        reached += 1;
    }
    let deleted = number("num_deleted", &json.tree_param.num_deleted)?;
    let unreachable = nodes - reached;
    if unreachable as u64 != deleted {
        return Err(XgboostError::Unreachable {
            tree,
            unreachable,
            deleted,
        });
    }
    Ok(checked
        .into_iter()
        .map(|node| node.unwrap_or(CheckedNode::Leaf(0.0)))
        .collect())
}

fn check_shape(tree: usize, json: &Tree<'_>) -> Result<(), XgboostError> {
    let size = number("size_leaf_vector", &json.tree_param.size_leaf_vector)?;
    if size > 1 {
        return Err(XgboostError::VectorLeaf { tree, size });
    }
    let nodes = json.left_children.len();
    if nodes == 0 || nodes > MAX_NODES {
        return Err(XgboostError::NodeCount {
            tree,
            nodes,
            max: MAX_NODES,
        });
    }
    let num_nodes = number("num_nodes", &json.tree_param.num_nodes)?;
    if num_nodes != nodes as u64 {
        return Err(XgboostError::Count {
            field: "left_children",
            expected: num_nodes,
            found: nodes,
        });
    }
    for (array, found) in [
        ("right_children", json.right_children.len()),
        ("split_indices", json.split_indices.len()),
        ("split_conditions", json.split_conditions.len()),
        ("default_left", json.default_left.len()),
        ("split_type", json.split_type.len()),
    ] {
        if found != nodes {
            return Err(XgboostError::ArrayLength {
                tree,
                array,
                expected: nodes,
                found,
            });
        }
    }
    if let Some(node) = json.split_type.iter().position(|&kind| kind != 0) {
        return Err(XgboostError::CategoricalSplit { tree, node });
    }
    Ok(())
}

fn check_node(
    tree: usize,
    node: usize,
    json: &Tree<'_>,
    num_features: usize,
) -> Result<CheckedNode, XgboostError> {
    let value = json.split_conditions[node].0;
    if !value.is_finite() {
        return Err(XgboostError::NotFinite { tree, node, value });
    }
    let (left, right) = (json.left_children[node], json.right_children[node]);
    if left == LEAF && right == LEAF {
        return Ok(CheckedNode::Leaf(value));
    }
    let nodes = json.left_children.len();
    let child = |number: i64| usize::try_from(number).ok().filter(|&n| n < nodes);
    let (Some(left), Some(right)) = (child(left), child(right)) else {
        return Err(XgboostError::Children {
            tree,
            node,
            left,
            right,
            nodes,
        });
    };
    let feature = json.split_indices[node];
    if feature >= num_features as u64 {
        return Err(XgboostError::Feature {
            tree,
            node,
            feature,
            num_feature: num_features,
        });
    }
    let default_left = match json.default_left[node] {
        0 => false,
        1 => true,
        value => return Err(XgboostError::DefaultLeft { tree, node, value }),
    };
    Ok(CheckedNode::Split {
        // Fits: `num_features` is at most `MAX_FEATURES`.
        feature: feature as u16,
        threshold: value,
        default_left,
        left,
        right,
    })
}
