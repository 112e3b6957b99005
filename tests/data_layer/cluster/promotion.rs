//! Another champion while edits come and predictions are asked for: both consumers take it up, and
//! nobody notices.

use super::{Embedded, component, predicted, status};
use crate::fixture::Fixture;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a promotion may take to reach every consumer; on a machine that does nothing else it is 10 s.
const PROMOTED: Duration = Duration::from_secs(30);

/// Promotes a version 2 and rolls it back, with edits in flow; `event` is one to ask about.
pub fn promote_and_roll_back(layer: &mut Fixture, embedded: &Embedded, event: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    another_model(embedded, folder.path());
    layer.ok(&["models", "import", folder.path().to_str().expect("UTF-8")]);
    // Edits without an end, so that Flink has something to change its model between.
    layer.serve(&["--rate", "40", "--repeat", "1000"]);
    layer.ok(&["up", "--timeout", "120"]);

    let serving = format!("http://{}", layer.published("SERVING__PORT"));
    let (goes_on, asked) = (AtomicBool::new(true), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        // `predicted` panics at anything but an answer, and so does the scope.
        scope.spawn(|| {
            let begun = Instant::now();
            while goes_on.load(Ordering::Relaxed) && begun.elapsed() < 5 * PROMOTED {
                let answer = predicted(&serving, event);
                assert!(answer["score"].is_number(), "{answer}");
                asked.fetch_add(1, Ordering::Relaxed);
            }
        });
        layer.ok(&["models", "promote", "2", "--force"]);
        let promoted = everywhere(layer, &serving, event, 2);
        layer.ok(&["models", "rollback"]);
        let back = everywhere(layer, &serving, event, 1);
        goes_on.store(false, Ordering::Relaxed);
        println!("promoted everywhere after {promoted:?}, back after {back:?}");
    });
    assert!(asked.load(Ordering::Relaxed) > 10);
}

/// Waits until Flink and serving score with a version.
fn everywhere(layer: &Fixture, serving: &str, event: &str, version: u64) -> Duration {
    let begun = Instant::now();
    loop {
        let shown = status(layer);
        let flink = &component(&shown, "flink-jobmanager")["model"];
        let answer = predicted(serving, event);
        let name = format!("edit-risk/{version}");
        if flink["version"] == version && answer["model_version"] == name.as_str() {
            return begun.elapsed();
        }
        assert!(
            begun.elapsed() < PROMOTED,
            "not {name} yet: Flink {flink}, serving {answer}"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// The model of the program with another base score, which gives every edit another score.
fn another_model(embedded: &Embedded, folder: &Path) {
    let exported = folder.to_str().expect("UTF-8");
    embedded.ok(&["models", "export", "1", exported]);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    let mut model: Value = serde_json::from_str(&read("model.json")).expect("JSON");
    model["learner"]["learner_model_param"]["base_score"] = json!("[2.5E-1]");
    let model = model.to_string();
    let mut card: Value = serde_json::from_str(&read("card.json")).expect("JSON");
    card["model_sha256"] = hex::encode(Sha256::digest(&model)).into();
    std::fs::write(folder.join("model.json"), model).expect("written");
    std::fs::write(folder.join("card.json"), card.to_string()).expect("written");
}
