//! HTTP requests to a pod or a service through the API: no port is published for them.

use super::connect::Kube;
use super::error::KubeError;
use super::request::Ask;
use bytes::Bytes;
use http::Method;
use serde_json::Value;
use std::fmt;

/// Whom a request goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyTarget {
    /// A pod, by its name.
    Pod { name: String, port: u16 },
    /// A service, by its name; one of its pods that are ready answers.
    Service { name: String, port: u16 },
}

/// What the server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxied {
    /// HTTP status; 503 with the API's words if no pod of the service is ready.
    pub status: u16,
    pub body: Bytes,
}

impl fmt::Display for ProxyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod { name, port } => write!(f, "pods/{name}:{port}"),
            Self::Service { name, port } => write!(f, "services/{name}:{port}"),
        }
    }
}

impl Kube {
    /// Sends `GET` for `path`, which begins with a slash and may have a query.
    ///
    /// # Errors
    /// If the API cannot be asked. A status of the server, whatever it is, is no error.
    pub async fn proxied_get(
        &self,
        namespace: &str,
        target: &ProxyTarget,
        path: &str,
    ) -> Result<Proxied, KubeError> {
        self.ask_any(proxied(Method::GET, namespace, target, path))
            .await
    }

    /// Sends `POST` with JSON likewise.
    ///
    /// # Errors
    /// As [`Kube::proxied_get`].
    pub async fn proxied_post(
        &self,
        namespace: &str,
        target: &ProxyTarget,
        path: &str,
        body: &Value,
    ) -> Result<Proxied, KubeError> {
        let ask = proxied(Method::POST, namespace, target, path);
        let body = body.to_string().into_bytes();
        self.ask_any(ask.sending("application/json", body)).await
    }
}

fn proxied(method: Method, namespace: &str, target: &ProxyTarget, path: &str) -> Ask {
    let what = format!("pass a request on to {namespace}/{target}");
    let path = format!("/api/v1/namespaces/{namespace}/{target}/proxy{path}");
    Ask::new(what, method, path)
}
