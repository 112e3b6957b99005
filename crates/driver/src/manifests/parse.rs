//! Documents of YAML into objects.

use super::{ManifestError, Object};
use serde::Deserialize;
use serde_json::Value;

/// The objects in `text`, which came of `template`. Empty documents are none.
///
/// # Errors
/// If a document is no YAML, has a key twice, or is no object of Kubernetes.
pub fn parse(template: &str, text: &str) -> Result<Vec<Object>, ManifestError> {
    let mut objects = Vec::new();
    for (index, document) in yaml_serde::Deserializer::from_str(text).enumerate() {
        let wrong = |reason: String| ManifestError::Document {
            template: template.to_owned(),
            document: index + 1,
            reason,
        };
        // This reader refuses a key that is there twice, the one of JSON takes the last.
        let read = yaml_serde::Value::deserialize(document);
        let value = read.map_err(|error| wrong(with_line(&error, text)))?;
        let value: Value = serde_json::to_value(value).map_err(|error| wrong(error.to_string()))?;
        match value {
            Value::Null => {}
            value => objects.push(Object::new(value).map_err(wrong)?),
        }
    }
    Ok(objects)
}

/// The error with the line that it is about.
fn with_line(error: &yaml_serde::Error, text: &str) -> String {
    let line = error.location().and_then(|location| {
        let line = text.lines().nth(location.line().checked_sub(1)?)?;
        Some(line.trim().to_owned())
    });
    match line.filter(|line| !line.is_empty()) {
        Some(line) => format!("{error}: `{line}`"),
        None => error.to_string(),
    }
}
