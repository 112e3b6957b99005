//! Alerts meet `docs/contracts/alert.schema.json`, and the contract refuses other records.

use super::*;
use serde_json::{Value, json};

fn contract() -> jsonschema::Validator {
    let schema = include_str!("../../../../../docs/contracts/alert.schema.json");
    let schema = serde_json::from_str(schema).expect("a JSON file");
    jsonschema::validator_for(&schema).expect("a JSON Schema")
}

/// At least one alert of each kind.
fn samples() -> Vec<Alert> {
    let mut detectors = Detectors::new(AlertRules {
        drift_psi: 1e-9,
        ..rules()
    })
    .expect("sound rules");
    let mut edits: Vec<_> = (0..700_i64)
        .map(|n| {
            let made = edit(n * 100, "Ann", "P", n);
            scored(made, (n % 7) as f64 / 10.0, "low")
        })
        .collect();
    edits.push(scored(edit(70_000, "Ann", "P", 1), 0.9, "high"));
    edits.extend((0..3).map(|n| edit(80_000 + n, "Bob", "Q", n)));
    edits.extend(["Ann", "Bob", "Ann"].map(|user| reverting(edit(90_000, user, "R", 7))));
    // Hidden names and unknown revisions are null.
    let mut hidden = scored(edit(90_001, "", "S", 0), 0.9, "high");
    (hidden.edit.user, hidden.edit.rev_id) = (None, None);
    edits.push(hidden);
    let mut alerts = alerts_of(&mut detectors, &edits);
    detectors.tick(at(99_999), at(90_001), &mut alerts);
    alerts
}

#[test]
fn alerts_of_every_kind_meet_the_contract() {
    let contract = contract();
    let alerts = samples();
    for kind in AlertKind::ALL {
        let count = alerts.iter().filter(|alert| alert.kind() == kind).count();
        assert!(count > 0, "no sample of {}", kind.name());
    }
    for alert in alerts {
        let json = serde_json::to_value(&alert).expect("JSON");
        assert_eq!(json["kind"], alert.kind().name());
        // What an edit caused says who made it.
        assert_eq!(alert.user_type.is_some(), alert.wiki.is_some(), "{json}");
        if let Err(error) = contract.validate(&json) {
            panic!("{error} in {json:#}");
        }
    }
}

#[test]
fn the_contract_refuses_broken_alerts() {
    let contract = contract();
    let sound = serde_json::to_value(&samples()[0]).expect("JSON");
    assert!(contract.is_valid(&sound));
    let broken: [(&str, Value); 6] = [
        ("alert_id", json!("17")),
        ("kind", json!("edit_storm")),
        ("kind", json!("feed_stalled")),
        ("severity", json!("bad")),
        ("details", json!({})),
        ("event_time", json!("yesterday")),
    ];
    for (field, value) in broken {
        let mut alert = sound.clone();
        alert[field] = value;
        assert!(!contract.is_valid(&alert), "{alert:#}");
    }
}
