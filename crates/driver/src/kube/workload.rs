//! What makes pods: its name, and how far it is.

use super::FIELD_MANAGER;
use super::body::title;
use super::connect::Kube;
use super::error::KubeError;
use super::kinds::Kind;
use super::request::Ask;
use super::set::ObjectSet;
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt;

/// What a workload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadKind {
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
    Pod,
}

/// Something that makes pods, or a pod by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Workload {
    pub kind: WorkloadKind,
    pub namespace: String,
    pub name: String,
}

impl WorkloadKind {
    const ALL: [Self; 5] = [
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::Pod,
    ];

    /// The kind as the API names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::Pod => "Pod",
        }
    }

    pub(super) fn kind(self) -> &'static Kind {
        Kind::named(self.name())
    }
}

impl Workload {
    pub fn new(kind: WorkloadKind, namespace: &str, name: &str) -> Self {
        Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = title(Some(&self.namespace), &self.name);
        write!(f, "{} {title}", self.kind.kind().word)
    }
}

impl ObjectSet {
    /// The workloads of the set, to wait for.
    pub fn workloads(&self) -> Vec<Workload> {
        let workload = |object: &crate::manifests::Object| {
            let mut kinds = WorkloadKind::ALL.into_iter();
            let kind = kinds.find(|kind| kind.name() == object.kind())?;
            Some(Workload::new(kind, object.namespace()?, object.name()))
        };
        self.objects.iter().filter_map(workload).collect()
    }
}

impl Kube {
    /// Has every pod of a workload replaced, as `kubectl rollout restart` does.
    ///
    /// # Errors
    /// If it is a job or a pod, or the cluster refuses.
    pub async fn restart(&self, workload: &Workload, now: Timestamp) -> Result<(), KubeError> {
        let what = format!("restart the {workload}");
        if matches!(workload.kind, WorkloadKind::Job | WorkloadKind::Pod) {
            return Err(KubeError::Impossible(vec![format!(
                "the {workload} cannot be restarted in place"
            )]));
        }
        let kind = workload.kind.kind();
        let path = format!("{}/{}", kind.path(Some(&workload.namespace)), workload.name);
        let annotations = json!({"kubectl.kubernetes.io/restartedAt": now.to_string()});
        let patch = json!({"spec": {"template": {"metadata": {"annotations": annotations}}}});
        // Not by apply: the annotation would be taken back by the next one.
        let ask = Ask::new(what, Method::PATCH, path)
            .with("fieldManager", &format!("{FIELD_MANAGER}-restart"))
            .sending(
                "application/merge-patch+json",
                patch.to_string().into_bytes(),
            );
        self.ask::<Value>(ask).await.map(|_| ())
    }
}
