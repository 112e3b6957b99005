//! A small model that this build accepts: the bootstrap model with its first trees alone.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use wikisentry_core::features::TextWeights;
use wikisentry_core::model::Card;
use wikisentry_lake::registry::Registry;

const MODEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../models/edit-risk/versions/1/model.json"
);
/// Where a child process of these tests works.
const FOLDER: &str = "REGISTRY_TEST_FOLDER";

/// A model of two trees.
pub fn model() -> &'static [u8] {
    static MODEL_OF_TWO: OnceLock<Vec<u8>> = OnceLock::new();
    MODEL_OF_TWO.get_or_init(|| {
        let mut model: Value = serde_json::from_slice(&std::fs::read(MODEL).unwrap()).unwrap();
        let trees = &mut model["learner"]["gradient_booster"]["model"];
        trees["trees"].as_array_mut().unwrap().truncate(2);
        trees["tree_info"].as_array_mut().unwrap().truncate(2);
        trees["iteration_indptr"]
            .as_array_mut()
            .unwrap()
            .truncate(3);
        trees["gbtree_model_param"]["num_trees"] = json!("2");
        serde_json::to_vec(&model).unwrap()
    })
}

/// A card for it, with a seed to know it by.
pub fn card(seed: u64) -> Card {
    static CARD: OnceLock<Card> = OnceLock::new();
    let card = CARD.get_or_init(|| {
        let bootstrap = Registry::bootstrap_champion().unwrap();
        bootstrap.scorer.card().clone()
    });
    Card {
        seed,
        ..card.clone()
    }
}

/// Weights of `text_risk` that are not the program's.
pub fn text() -> TextWeights {
    let mut bytes = TextWeights::of_program().to_bytes();
    bytes[0] ^= 1;
    TextWeights::from_bytes(&bytes).unwrap()
}

/// A registry with the bootstrap model as its champion.
pub fn registry(folder: &Path) -> Registry {
    let registry = Registry::open(folder, "edit-risk");
    registry.bootstrap().unwrap();
    registry
}

/// Runs one of the ignored tests in a process of its own.
pub fn child(test: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", test])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Where to work, in a child process.
pub fn folder_of_child() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}
