//! Who owns which field, when applying meets fields that somebody else has set.

use kube::core::Status;
use std::collections::BTreeMap;

/// The API's cause for a field that another manager owns.
const CONFLICT: &str = "FieldManagerConflict";

/// In words: each manager with its fields. `None` if the refusal is no conflict.
pub(super) fn owners(status: &Status) -> Option<String> {
    let causes = status.details.as_ref().map(|details| &details.causes)?;
    let mut fields: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for cause in causes.iter().filter(|cause| cause.reason == CONFLICT) {
        let field = cause.field.trim_start_matches('.');
        fields
            .entry(manager(&cause.message))
            .or_default()
            .push(field);
    }
    let owners = fields.into_iter();
    let words: Vec<String> = owners
        .map(|(manager, fields)| format!("{manager} owns {}", fields.join(", ")))
        .collect();
    (!words.is_empty()).then(|| words.join("; "))
}

/// The name in `conflict with "kubectl" using apps/v1` or `… with "kubectl" with subresource …`.
fn manager(message: &str) -> &str {
    let mut quoted = message.split('"');
    quoted.nth(1).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_manager_is_named_with_its_fields() {
        // As Kubernetes 1.34 answers.
        let status: Status = serde_json::from_value(json!({
            "status": "Failure", "code": 409, "reason": "Conflict",
            "message": "Apply failed with 2 conflicts",
            "details": {"causes": [
                {"reason": CONFLICT, "message": "conflict with \"kubectl\" with subresource \"scale\" using apps/v1", "field": ".spec.replicas"},
                {"reason": CONFLICT, "message": "conflict with \"helm\" using apps/v1", "field": ".spec.paused"},
                {"reason": CONFLICT, "message": "conflict with \"kubectl\" using apps/v1", "field": ".metadata.labels.a"},
            ]},
        }))
        .unwrap();
        assert_eq!(
            owners(&status).as_deref(),
            Some("helm owns spec.paused; kubectl owns spec.replicas, metadata.labels.a")
        );
        let other = Status::failure("the object has been modified", "Conflict");
        assert_eq!(owners(&other), None);
    }
}
