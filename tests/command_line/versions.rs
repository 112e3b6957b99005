//! A registry to show: the bootstrap model, and versions that differ from it in their cards alone.

#![allow(clippy::unwrap_used)] // of functions that only tests call

use serde_json::{Value, json};
use std::path::Path;
use wikisentry_core::model::Card;
use wikisentry_lake::registry::Registry;

const MODEL: &str = "models/edit-risk/versions/1/model.json";

/// Version 1 is the bootstrap model and champion, 2 better, 3 worse, 4 never compared, 5 damaged,
/// 6 the model of 2.
pub fn publish(models: &Path) {
    let registry = Registry::open(models, "edit-risk");
    registry.bootstrap().unwrap();
    for (version, decision) in [
        (2, decision(true)),
        (3, decision(false)),
        (4, Value::Null),
        (5, Value::Null),
    ] {
        let published = registry.publish(&model(version), card(version, decision));
        assert_eq!(published.unwrap(), version);
    }
    let again = registry.publish(&model(2), card(6, decision(true)));
    assert_eq!(again.unwrap(), 6);
    let file = models.join("edit-risk/versions/5/model.json");
    std::fs::write(file, model(6)).unwrap();
}

/// The bootstrap model with a checksum of its own.
fn model(version: u32) -> Vec<u8> {
    let mut model = std::fs::read(MODEL).unwrap();
    model.extend(std::iter::repeat_n(b'\n', version as usize));
    model
}

fn card(version: u32, decision: Value) -> Card {
    let bootstrap = Registry::bootstrap_champion().unwrap();
    let day = |day: u32| format!("2026-12-{day:02}T00:00:00Z");
    let to = day(version);
    Card {
        created: to.parse().unwrap(),
        data: json!({
            "range": {"from": "2026-11-22T00:00:00Z", "to": to},
            "rows": 1_204_233, "damage": 61_530,
        }),
        metrics: metrics(version),
        parameters: json!({"max_depth": 6, "trees": 300 + version, "objective": "binary:logistic"}),
        seed: u64::from(version),
        origin: Some("retrained".to_owned()),
        decision,
        other: [("ticket".to_owned(), json!(17))].into_iter().collect(),
        ..bootstrap.scorer.card().clone()
    }
}

fn metrics(version: u32) -> Value {
    let by = f64::from(version) / 100.0;
    let rounded = |value: f64| (value * 1e4).round() / 1e4;
    let estimate = |value: f64| {
        let [value, low, high] = [0.0, -0.01, 0.01].map(|to| rounded(value + by + to));
        json!({"value": value, "low": low, "high": high})
    };
    let judged = |rows: u32, pr_auc: f64| {
        json!({
            "rows": rows, "damage": rows / 20,
            "pr_auc": estimate(pr_auc), "roc_auc": estimate(0.85),
            "expected_calibration_error": estimate(0.001),
            "at_review_budget": {
                "top_1_percent": {"recall": estimate(0.06), "precision": estimate(0.7)},
                "top_2_percent": {"recall": estimate(0.11), "precision": estimate(0.6)},
                "top_5_percent": {"recall": estimate(0.25), "precision": estimate(0.5)},
            },
        })
    };
    let mut metrics = judged(80_000, 0.42);
    metrics["by_user_type"] = json!({
        "anonymous": judged(20_000, 0.45),
        "bot": {"rows": 12, "damage": 0, "note": "0 of 12 edits are damage: figures need 20"},
    });
    metrics["by_wiki"] = json!({"enwiki": judged(31_000, 0.44)});
    metrics["baseline_anonymous_flag"] = json!({"pr_auc": estimate(0.2), "roc_auc": estimate(0.7)});
    metrics["baselines"] = json!({"edit-risk/1": judged(80_000, 0.40)});
    metrics
}

fn decision(promote: bool) -> Value {
    let finding = |check: &str, passed: bool, text: &str| json!({"check": check, "passed": passed, "text": text});
    json!({
        "promote": promote, "rows": 80_000, "damage": 4_000,
        "findings": [
            finding("enough_edits", true, "4000 of 80000 edits are damage: enough"),
            if promote {
                finding("better", true,
                    "PR-AUC 0.4400 against 0.4200: +0.0200 (95 %: +0.0120 to +0.0280): better beyond noise")
            } else {
                finding("better", false,
                    "PR-AUC 0.4210 against 0.4200: +0.0010 (95 %: -0.0050 to +0.0070): no better than noise")
            },
            finding("calibration", promote,
                if promote { "calibration error not worse" } else { "calibration error 0.0500 against 0.0100: worse" }),
        ],
    })
}
