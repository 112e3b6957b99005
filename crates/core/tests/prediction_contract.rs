//! The answers of `predict` keep the contract `docs/contracts/prediction.schema.json`.

use serde_json::{Value, json};
use wikisentry_core::predict::Prediction;
use wikisentry_core::text::Text;
use wikisentry_core::user::UserType;

#[test]
fn predictions_keep_their_contract() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/contracts/prediction.schema.json"
    );
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let scored = |score: Option<f64>| Prediction::Scored {
        meta_id: Text::from("a"),
        wiki: Text::from("enwiki"),
        rev_id: Some(7),
        url: wikisentry_core::link::diff("enwiki", 7),
        user_type: UserType::Bot,
        score,
        class: score.map(|_| "low"),
        model_version: score.map(|_| "edit-risk/1"),
    };
    let refused = |meta_id| Prediction::Refused {
        meta_id,
        error: "not an edit".to_owned(),
        is_unreadable: false,
    };
    for prediction in [
        scored(None),
        scored(Some(0.0)),
        scored(Some(1.0)),
        refused(None),
        refused(Some(Text::from("a"))),
    ] {
        let record = json!(prediction);
        assert_eq!(record.get("error").is_none(), record["url"].is_string());
        assert!(schema.is_valid(&record), "{record}");
    }
    for bad in [
        json!({}),
        json!({ "meta_id": null }),
        json!(scored(Some(1.5))),
    ] {
        assert!(!schema.is_valid(&bad), "{bad}");
    }
}
