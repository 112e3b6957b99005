//! Labels keep the contract `docs/contracts/label.schema.json`.

use serde_json::{Value, json};
use wikisentry_core::labels::{Label, LabelKind, LabelSource};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

fn schema() -> jsonschema::Validator {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/contracts/label.schema.json"
    );
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn labels_keep_their_contract() {
    let schema = schema();
    for kind in LabelKind::ALL {
        for source in LabelSource::ALL {
            for (reverting_rev_id, reverting_user_type) in [
                (None, None),
                (Some(9), None),
                (Some(9), Some(UserType::Anonymous)),
            ] {
                let label = Label {
                    wiki: "enwiki".to_owned(),
                    rev_id: 7,
                    page_title: "A page".to_owned(),
                    edit_time: EventTime::default(),
                    kind,
                    source,
                    reverting_rev_id,
                    reverting_user_type,
                    reverted_at: EventTime::from_seconds(60).unwrap(),
                    delay_seconds: 60,
                    update: 0,
                };
                let record = json!(label);
                let errors: Vec<_> = schema.iter_errors(&record).map(|e| e.to_string()).collect();
                assert!(errors.is_empty(), "{record}: {errors:?}");
                assert_eq!(serde_json::from_value::<Label>(record).unwrap(), label);
            }
        }
    }
}

#[test]
fn the_contract_names_every_field_and_no_other() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/contracts/label.schema.json"
    );
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let label = json!(Label {
        wiki: String::new(),
        rev_id: 1,
        page_title: String::new(),
        edit_time: EventTime::default(),
        kind: LabelKind::Damage,
        source: LabelSource::Tag,
        reverting_rev_id: None,
        reverting_user_type: None,
        reverted_at: EventTime::default(),
        delay_seconds: 0,
        update: 0,
    });
    let names = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&label), names(&schema["properties"]));
    assert!(!self::schema().is_valid(&json!({})));
    let mut bad = label;
    bad["kind"] = json!("vandalism");
    assert!(!self::schema().is_valid(&bad));
}
