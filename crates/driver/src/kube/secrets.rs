//! Secrets from bytes and to bytes. Values appear in no error and no `Debug`.

use super::body::Prepared;
use super::connect::Kube;
use super::error::KubeError;
use super::kinds::Kind;
use crate::manifests::Scope;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// Values of a Secret by their keys. `Debug` shows the keys alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretValues(pub BTreeMap<String, Vec<u8>>);

impl fmt::Debug for SecretValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretValues")
            .field(&self.0.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl Kube {
    /// The values of a Secret; `None` if there is none of that name.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn secret(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<SecretValues>, KubeError> {
        let kind = Kind::named("Secret");
        let secret: Option<Secret> = self.get(kind, Some(namespace), name).await?;
        Ok(secret.map(|secret| {
            let data = secret.data.unwrap_or_default().into_iter();
            SecretValues(data.map(|(key, ByteString(value))| (key, value)).collect())
        }))
    }

    /// Makes a Secret have these values and no others of ours, labelled as in the scope.
    ///
    /// # Errors
    /// If the cluster refuses, such as for a value that somebody else has set.
    pub async fn put_secret(
        &self,
        scope: &Scope,
        namespace: &str,
        name: &str,
        values: &SecretValues,
    ) -> Result<(), KubeError> {
        let impossible = |reason: String| KubeError::Impossible(vec![reason]);
        let mut secret = values.object(namespace, name).map_err(impossible)?;
        scope.label(&mut secret);
        let prepared = Prepared::new(&secret).map_err(impossible)?;
        self.server_side_apply(&prepared, false, false).await?;
        Ok(())
    }
}

impl SecretValues {
    /// The Secret as an object of a set.
    ///
    /// # Errors
    /// If its name can be none.
    pub fn object(&self, namespace: &str, name: &str) -> Result<crate::manifests::Object, String> {
        let values = self.0.iter();
        let data: serde_json::Map<String, Value> = values
            .map(|(key, value)| (key.clone(), BASE64_STANDARD.encode(value).into()))
            .collect();
        crate::manifests::Object::new(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "Opaque",
            "metadata": {"namespace": namespace, "name": name},
            "data": data,
        }))
    }
}
