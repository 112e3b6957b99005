//! Single objects and lists of them.

use super::FIELD_MANAGER;
use super::body::Prepared;
use super::connect::Kube;
use super::error::{KubeError, found};
use super::kinds::Kind;
use super::request::Ask;
use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How often it is looked whether something is gone.
const POLL: Duration = Duration::from_millis(250);

/// How many objects one answer has at most.
const PAGE: &str = "500";

/// What becomes of the objects that an object has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dependents {
    /// Removed once it is gone.
    Background,
    /// Removed before it is.
    Foreground,
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct List<T> {
    #[serde(default)]
    metadata: ListMetadata,
    items: Vec<T>,
}

#[derive(Default, Deserialize)]
struct ListMetadata {
    #[serde(rename = "continue", default)]
    next: String,
}

impl Kube {
    /// One object; `None` if there is none of that name, or no such namespace.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<T>, KubeError> {
        let what = format!("show the {} {name}", kind.word);
        let path = format!("{}/{name}", kind.path(namespace));
        found(self.ask(Ask::get(what, path)).await)
    }

    /// All objects of a kind that the selector finds. `kind` need not be one that is applied.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        selector: Option<&str>,
    ) -> Result<Vec<T>, KubeError> {
        let plural = path.rsplit('/').next().unwrap_or(path);
        let mut all = Vec::new();
        let mut next = String::new();
        loop {
            let mut ask = Ask::get(format!("list {plural}"), path).with("limit", PAGE);
            if let Some(selector) = selector {
                ask = ask.with("labelSelector", selector);
            }
            if !next.is_empty() {
                ask = ask.with("continue", &next);
            }
            let list: List<T> = self.ask(ask).await?;
            all.extend(list.items);
            if list.metadata.next.is_empty() {
                return Ok(all);
            }
            next = list.metadata.next;
        }
    }

    /// Server-side apply: the object as it is then. Nothing stays of a dry run.
    pub(super) async fn server_side_apply(
        &self,
        wanted: &Prepared,
        dry_run: bool,
        force: bool,
    ) -> Result<Value, KubeError> {
        let verb = if dry_run { "try to apply" } else { "apply" };
        let what = format!("{verb} the {} {}", wanted.kind.word, wanted.title());
        let mut ask = Ask::new(what, Method::PATCH, wanted.path())
            .with("fieldManager", FIELD_MANAGER)
            .with("fieldValidation", "Strict");
        if force {
            ask = ask.with("force", "true");
        }
        if dry_run {
            ask = ask.with("dryRun", "All");
        }
        let body = wanted.object.as_value().to_string().into_bytes();
        // YAML is what this content type says; JSON is YAML.
        let answer = self.ask(ask.sending("application/apply-patch+yaml", body));
        answer.await.map_err(|error| wanted.without_values(error))
    }

    /// Asks for an object to be removed; what is not there is removed.
    pub(super) async fn delete(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        name: &str,
        dependents: Dependents,
    ) -> Result<(), KubeError> {
        let policy = match dependents {
            Dependents::Background => "Background",
            Dependents::Foreground => "Foreground",
        };
        let what = format!("remove the {} {name}", kind.word);
        let path = format!("{}/{name}", kind.path(namespace));
        let body =
            json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy});
        let ask = Ask::new(what, Method::DELETE, path);
        let ask = ask.sending("application/json", body.to_string().into_bytes());
        found(self.ask::<Value>(ask).await).map(|_| ())
    }

    /// Waits until an object is gone, or another one has its name.
    pub(super) async fn until_gone(
        &self,
        kind: &Kind,
        namespace: Option<&str>,
        name: &str,
        within: Duration,
    ) -> Result<(), KubeError> {
        let began = Instant::now();
        let mut first = None;
        loop {
            let there: Option<Value> = self.get(kind, namespace, name).await?;
            let Some(there) = there else {
                return Ok(());
            };
            let uid = there["metadata"]["uid"].clone();
            if *first.get_or_insert_with(|| uid.clone()) != uid {
                return Ok(());
            }
            if began.elapsed() >= within {
                let held = finalizers(&there);
                let what = format!("remove the {} {name}{held}", kind.word);
                return Err(KubeError::TimedOut { what, within });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// What holds an object back from being removed, in words.
fn finalizers(object: &Value) -> String {
    let finalizers = object["metadata"]["finalizers"].as_array();
    let names: Vec<&str> = finalizers
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" (it waits for {})", names.join(", ")),
    }
}
