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
