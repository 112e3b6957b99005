//! What to do about failures of Kubernetes and of pods.

use crate::components;
use crate::error::{Error, ExitStatus, ExpectedError};
use crate::text::harmless;
use wikisentry_driver::kube::{KubeError, Reason, WaitOutcome, WorkloadFailure};

/// Where the cluster is looked at.
const LOOK: &str = "see what is wrong: `wikisentry status`; `wikisentry up` goes on";

/// A failure of Kubernetes as the user sees it.
pub fn of(error: KubeError) -> Error {
    let what = harmless(&error.to_string());
    let preflight = || ExpectedError::preflight(what.clone());
    match &error {
        KubeError::NotReady(failure) => not_ready(failure),
        KubeError::Unreachable { .. } => {
            ExpectedError::not_running(what).help(
                "start the cluster: `wikisentry up`; one of yours: is the context right, and is it \
                 reached from here? `kubectl config get-contexts`",
            )
        }
        KubeError::Certificate { .. } | KubeError::Unauthorized { .. } => preflight().help(
            "the cluster is another one than was made here, or its certificates have expired: \
             `wikisentry up --restart` makes it again; topics, lake and models stay. Of a cluster of \
             yours, renew the kubeconfig",
        ),
        KubeError::Config { .. }
        | KubeError::NoContext { .. }
        | KubeError::NoCurrentContext { .. } => {
            preflight().help("`kubectl config get-contexts` lists the contexts that there are")
        }
        KubeError::Forbidden { .. } => preflight()
            .help("ask the cluster's administrator for the right, or use another context"),
        KubeError::TimedOut { .. } => ExpectedError::timed_out(what).help(LOOK),
        KubeError::Impossible(_) => {
            ExpectedError::refused(what).help("nothing was changed; `wikisentry plan` has it all")
        }
        KubeError::NotFound { .. } | KubeError::Refused { .. } | KubeError::Answer { .. } => {
            preflight().help(LOOK)
        }
    }
    .into()
}

fn not_ready(failure: &WorkloadFailure) -> ExpectedError {
    let exit_code = match failure.outcome {
        WaitOutcome::DeadlinePassed(_) => ExitStatus::TimedOut,
        WaitOutcome::Hopeless | WaitOutcome::Missing => ExitStatus::Preflight,
    };
    let mut failed = ExpectedError::new(exit_code, harmless(&failure.to_string()));
    if !failure.last_lines.is_empty() {
        let lines: Vec<String> = failure.last_lines.iter().map(|it| harmless(it)).collect();
        failed = failed.because(format!("its last lines:\n{}", lines.join("\n")));
    }
    let workload = failure.workload.name.as_str();
    let component = components::of_workload(workload);
    let name = component.map_or(workload, |(component, _)| component.name);
    let memory = component.map(|(component, one)| format!("{}.{}", component.name, one.memory));
    failed.help(match failure.reasons.first() {
        Some(Reason::OutOfMemory { .. }) => match memory {
            Some(key) => format!("give it more memory: `wikisentry up --set {key}=…`"),
            None => LOOK.to_owned(),
        },
        Some(Reason::Unschedulable { .. } | Reason::Quota { .. }) => {
            "there is no room for it: `wikisentry up --restart --set cluster.memory_mib=…` makes a \
             larger node of k3d, and topics, lake and models stay; a cluster of yours needs another \
             node, or a larger quota"
                .to_owned()
        }
        Some(Reason::Image { .. }) => {
            "`wikisentry up` brings the image into the node of k3d again; of a cluster of yours: is the \
             image in the registry, and does kubernetes.images.pull_secret open that?"
                .to_owned()
        }
        Some(Reason::ClaimPending { .. }) => {
            "the cluster needs a default storage class: `kubectl get storageclass`".to_owned()
        }
        _ => match failure.outcome {
            WaitOutcome::DeadlinePassed(_) => format!(
                "it may still come: `wikisentry status`; on a slow machine give it longer: `--set \
                 docker.deadline=10m`; all it wrote: `wikisentry logs {name}`"
            ),
            _ => format!("all it wrote: `wikisentry logs {name}`; `wikisentry up` goes on from there"),
        },
    })
}
