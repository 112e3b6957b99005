//! Reasons from what a cluster (Kubernetes 1.34) said of workloads that were made to fail.

use super::{Reason, reasons};
use crate::kube::snapshot::Snapshot;
use serde::de::DeserializeOwned;
use serde_json::Value;

const RECORDED: &str = include_str!("recorded.json");

fn snapshot(case: &str) -> Snapshot {
    fn all<T: DeserializeOwned>(recorded: &Value, field: &str) -> Vec<T> {
        let list = recorded[field].as_array().cloned().unwrap_or_default();
        let read = list.into_iter().map(serde_json::from_value);
        read.collect::<Result<_, _>>().unwrap()
    }
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let recorded = &recorded[case];
    assert!(recorded.is_object(), "{case} was not recorded");
    Snapshot {
        pods: all(recorded, "pods"),
        events: all(recorded, "events"),
        claims: all(recorded, "claims"),
        refusal: recorded["refusal"].as_str().map(str::to_owned),
    }
}

fn of(case: &str) -> Vec<Reason> {
    let found = reasons(&snapshot(case)).into_iter();
    found.map(|(reason, _)| reason).collect()
}

#[test]
fn every_recorded_failure_has_one_reason_in_the_clusters_words() {
    let image = "the image localhost:1/wstest/nothing:1 cannot be had: Failed to pull image";
    let cases = [
        (
            "badname",
            "the image NOT an image cannot be had: Failed to apply default image tag",
            true,
        ),
        (
            "big",
            "no node can take it: 0/1 nodes are available: 1 Insufficient memory.",
            false,
        ),
        (
            "claim",
            "the volume claim data is pending: no persistent volumes available for this claim and no storage class is set",
            false,
        ),
        (
            "crash",
            "container main ended with exit code 7, restarted ",
            false,
        ),
        ("image", image, false),
        (
            "init",
            "container first ended with exit code 128 (failed to start containerd task",
            false,
        ),
        ("job", "container main ended with exit code 4", false),
        (
            "mount",
            "a volume cannot be mounted: MountVolume.SetUp failed for volume \"k\" : secret \"lost-keys\" not found",
            false,
        ),
        (
            "never",
            "the image wstest/nothing:1 cannot be had: Container image \"wstest/nothing:1\" is not present with pull policy of Never",
            true,
        ),
        (
            "nocmd",
            "container main ended with exit code 128 (failed to create containerd task: ",
            false,
        ),
        (
            "oom",
            "container main was killed: it used more memory than its limit of 24Mi, restarted ",
            false,
        ),
        (
            "probe",
            "container main ended with exit code 0, restarted once",
            false,
        ),
        (
            "quota",
            "quota exceeded: exceeded quota: small, requested: requests.memory=32Mi, used: requests.memory=0, limited: requests.memory=16Mi",
            true,
        ),
        (
            "security",
            "refused by Pod Security: violates PodSecurity \"restricted:latest\": privileged",
            true,
        ),
        (
            "variable",
            "container main cannot start: secret \"lost-key\" not found",
            false,
        ),
    ];
    for (case, words, is_final) in cases {
        let [reason] = &of(case)[..] else {
            panic!("{case}: {:?}", of(case));
        };
        let told = reason.to_string();
        assert!(told.starts_with(words), "{case}: {told}");
        assert_eq!(reason.is_final(), is_final, "{case}");
    }
}

#[test]
fn what_is_ready_has_no_reason() {
    assert_eq!(of("ready"), []);
}

#[test]
fn an_unbound_claim_is_told_by_the_scheduler_only_if_nothing_else_is() {
    let mut alone = snapshot("claim");
    alone.claims.clear();
    let found = reasons(&alone);
    assert!(
        matches!(&found[..], [(Reason::Unschedulable { message }, Some(_))] if message.contains("unbound immediate")),
        "{found:?}"
    );
}

#[test]
fn pods_with_the_same_reason_are_told_once() {
    let mut twice = snapshot("never");
    twice.pods.push(twice.pods[0].clone());
    assert_eq!(reasons(&twice).len(), 1);
}

#[test]
fn a_refusal_that_may_pass_is_waited_out() {
    let mut slow = snapshot("quota");
    let message = "Error creating: Timeout: request did not complete within requested timeout";
    slow.refusal = Some(message.to_owned());
    let found = reasons(&slow);
    let [(reason @ Reason::CreateRefused { .. }, None)] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(!reason.is_final());
    assert_eq!(
        reason.to_string(),
        format!("its pods are refused: {message}")
    );
}

#[test]
fn only_a_container_that_ran_has_last_lines() {
    for (case, container) in [
        ("oom", Some("main")),
        ("init", Some("first")),
        ("image", None),
        ("quota", None),
    ] {
        assert_eq!(of(case)[0].container(), container, "{case}");
    }
}
