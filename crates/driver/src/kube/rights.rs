//! What a user may do in a cluster, as the cluster itself says (SelfSubjectAccessReview).

use super::connect::Kube;
use super::error::KubeError;
use super::request::Ask;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use http::Method;
use serde::Deserialize;
use serde_json::json;
use std::fmt;

/// Reviews that are asked for at the same time.
const AT_ONCE: usize = 8;

/// Something that one may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Right {
    pub verb: &'static str,
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// With what is below it behind a slash, such as `services/proxy`.
    pub resource: &'static str,
    /// In the namespace that is asked about; else in the whole cluster.
    pub is_namespaced: bool,
}

#[derive(Deserialize)]
struct Review {
    status: Verdict,
}

#[derive(Deserialize)]
struct Verdict {
    allowed: bool,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            verb,
            group,
            resource,
            ..
        } = self;
        match group.is_empty() {
            true => write!(f, "{verb} {resource}"),
            false => write!(f, "{verb} {resource}.{group}"),
        }
    }
}

impl Kube {
    /// Those of `rights` that this user does not have, in their order.
    ///
    /// # Errors
    /// If the cluster cannot be asked.
    pub async fn missing_rights(
        &self,
        namespace: &str,
        rights: &[Right],
    ) -> Result<Vec<Right>, KubeError> {
        let asked = rights
            .iter()
            .copied()
            .map(|right| self.may(namespace, right));
        let allowed: Vec<bool> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
        let pairs = rights.iter().zip(allowed);
        Ok(pairs
            .filter_map(|(right, allowed)| (!allowed).then_some(*right))
            .collect())
    }

    async fn may(&self, namespace: &str, right: Right) -> Result<bool, KubeError> {
        let (resource, below) = right
            .resource
            .split_once('/')
            .unwrap_or((right.resource, ""));
        let mut attributes = json!({
            "verb": right.verb, "group": right.group, "resource": resource, "subresource": below,
        });
        if right.is_namespaced {
            attributes["namespace"] = namespace.into();
        }
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let ask = Ask::new("say what its user may do", Method::POST, path);
        let ask = ask.sending("application/json", body.to_string().into_bytes());
        let review: Review = self.ask(ask).await?;
        Ok(review.status.allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_named_as_kubectl_names_it() {
        let right = Right {
            verb: "patch",
            group: "apps",
            resource: "deployments",
            is_namespaced: true,
        };
        assert_eq!(right.to_string(), "patch deployments.apps");
        let proxy = Right {
            group: "",
            resource: "services/proxy",
            ..right
        };
        assert_eq!(proxy.to_string(), "patch services/proxy");
    }
}
