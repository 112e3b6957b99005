//! An object as it is sent: what the API would change by itself is changed before, so that what is
//! there can be compared with it.

use super::error::KubeError;
use super::kinds::Kind;
use crate::manifests::Object;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// An object that can be applied.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub kind: &'static Kind,
    pub object: Object,
}

impl Prepared {
    /// # Errors
    /// If the kind is not known here, or an object that lies in a namespace names none.
    pub(super) fn new(object: &Object) -> Result<Self, String> {
        let Some(kind) = Kind::find(object.api_version(), object.kind()) else {
            let version = object.api_version();
            return Err(format!(
                "{object}: objects of {version} and this kind are not supported"
            ));
        };
        if kind.is_namespaced && object.namespace().is_none() {
            return Err(format!("{object} names no namespace"));
        }
        let mut object = object.clone();
        if kind.name == "Secret" {
            encode_strings(&mut object);
        }
        Ok(Self { kind, object })
    }

    pub(super) fn is_secret(&self) -> bool {
        self.kind.name == "Secret"
    }

    /// The address of all objects of its kind where it lies.
    pub(super) fn collection(&self) -> String {
        self.kind.path(self.object.namespace())
    }

    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.collection(), self.object.name())
    }

    /// Its name in changes: `namespace/name`, or `name` of what lies in none.
    pub(super) fn title(&self) -> String {
        title(self.object.namespace(), self.object.name())
    }

    /// What the API said, without the values of a Secret, which its messages may quote.
    pub(super) fn without_values(&self, error: KubeError) -> KubeError {
        match error {
            KubeError::Refused { what, mut status } if self.is_secret() => {
                status.message = self.redacted(&status.message);
                for cause in status.details.iter_mut().flat_map(|d| &mut d.causes) {
                    cause.message = self.redacted(&cause.message);
                }
                KubeError::Refused { what, status }
            }
            other => other,
        }
    }

    fn redacted(&self, message: &str) -> String {
        let data = self.object.field("data").and_then(Value::as_object);
        let mut message = message.to_owned();
        for value in data.into_iter().flat_map(|data| data.values()) {
            let sent = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let decoded = BASE64_STANDARD.decode(&sent).unwrap_or_default();
            let decoded = String::from_utf8(decoded).unwrap_or_default();
            for secret in [sent, decoded] {
                if !secret.is_empty() {
                    message = message.replace(&secret, "***");
                }
            }
        }
        message
    }
}

/// `namespace/name`, or the name alone.
pub(super) fn title(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    }
}

/// Moves `stringData` into `data`. The API would do so, and then nobody would own the fields.
fn encode_strings(secret: &mut Object) {
    let body = secret.body_mut();
    let Some(Value::Object(strings)) = body.remove("stringData") else {
        return;
    };
    let data = body
        .entry("data")
        .or_insert_with(|| Value::Object(Default::default()));
    let Value::Object(data) = data else {
        return;
    };
    for (key, value) in strings {
        let encoded = match value {
            Value::String(text) => Value::String(BASE64_STANDARD.encode(text)),
            // The API refuses it.
            other => other,
        };
        data.insert(key, encoded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Status;
    use serde_json::json;

    fn prepared(value: Value) -> Result<Prepared, String> {
        Prepared::new(&Object::new(value).unwrap())
    }

    #[test]
    fn strings_of_a_secret_are_sent_as_data() {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "n"},
            "data": {"b": "aGk="}, "stringData": {"a": "hi", "c": 7},
        });
        let secret = prepared(secret).unwrap();
        let sent = secret.object.as_value();
        assert_eq!(sent["data"], json!({"a": "aGk=", "b": "aGk=", "c": 7}));
        assert_eq!(sent.get("stringData"), None);
        assert_eq!(secret.path(), "/api/v1/namespaces/n/secrets/a");
    }

    #[test]
    fn what_the_api_says_of_a_secret_has_no_values_in_it() {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "n"},
            "data": {"a": 1234567, "b": "aHVudGVyMg=="},
        });
        let secret = prepared(secret).unwrap();
        let message = ".data.a: expected string, got &value{1234567}, aHVudGVyMg== or hunter2";
        let status = Box::new(Status::failure(message, "BadRequest"));
        let what = "apply".to_owned();
        let error = secret.without_values(KubeError::Refused { what, status });
        assert_eq!(
            error.to_string(),
            "Kubernetes did not apply: .data.a: expected string, got &value{***}, *** or ***"
        );
    }

    #[test]
    fn objects_that_cannot_be_applied_are_refused_by_name() {
        let custom = json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "a"}});
        assert_eq!(
            prepared(custom).unwrap_err(),
            "Thing a: objects of x.io/v1 and this kind are not supported"
        );
        let nowhere = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}});
        assert_eq!(prepared(nowhere).unwrap_err(), "Pod a names no namespace");
        let cluster = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
        assert_eq!(prepared(cluster).unwrap().path(), "/api/v1/namespaces/a");
    }
}
