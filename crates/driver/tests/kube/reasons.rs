//! Each way in which a workload does not become ready, made for real, and what is said of it.

use crate::fixture::{Fixture, IMAGE, deployment, kubectl, template};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use wikisentry_driver::kube::{
    KubeError, Reason, WaitOutcome, Workload, WorkloadFailure, WorkloadKind,
};

/// Long enough for each reason to show itself.
const SHOWS: Duration = Duration::from_secs(60);

/// For containers that end: without it one that lives for a moment is ready for as long.
const NOT_READY: &str =
    "          readinessProbe: { initialDelaySeconds: 600, exec: { command: [\"true\"] } }\n";

/// A deadline that no test waits for.
const NEVER: Duration = Duration::from_secs(300);

/// Applies what is given and waits for the first workload until `reason` is known, or the deadline.
async fn failure(
    fixture: &Fixture,
    yaml: &str,
    deadline: Duration,
) -> (WorkloadFailure, Vec<String>) {
    let set = fixture.set(yaml);
    fixture.apply(&set).await.unwrap();
    let told = Mutex::new(Vec::new());
    let on_work = |work: wikisentry_driver::converge::Work| told.lock().unwrap().push(work.step);
    let waited = fixture
        .kube
        .wait_ready(&set.workloads(), deadline, &on_work)
        .await;
    let Err(KubeError::NotReady(failure)) = waited else {
        panic!("{waited:?}");
    };
    let told = told.into_inner().unwrap();
    println!("{failure}\n{told:#?}\n{:#?}", failure.last_lines);
    (*failure, told)
}

/// A failure that shows itself within the time, which passes.
async fn slow(test: &str, yaml: &str) -> (Fixture, WorkloadFailure) {
    let fixture = Fixture::new(test).await;
    let (failure, told) = failure(&fixture, yaml, SHOWS).await;
    assert_eq!(failure.outcome, WaitOutcome::DeadlinePassed(SHOWS));
    // It was said while one waited.
    let words = failure.reasons[0].to_string();
    assert!(
        told.iter()
            .any(|step| step.contains(&words[..20.min(words.len())])),
        "{told:?}"
    );
    (fixture, failure)
}

/// A failure that ends the wait.
async fn hopeless(test: &str, yaml: &str) -> (Fixture, WorkloadFailure) {
    let fixture = Fixture::new(test).await;
    let began = Instant::now();
    let (failure, _) = failure(&fixture, yaml, NEVER).await;
    assert_eq!(failure.outcome, WaitOutcome::Hopeless);
    assert!(began.elapsed() < NEVER / 2);
    (fixture, failure)
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn an_image_that_is_not_there_is_named() {
    let image = "localhost:1/wstest/nothing:1";
    let web = deployment("web", "true", "").replace(IMAGE, image);
    let (_fixture, failure) = slow("image", &web).await;
    let [
        Reason::Image {
            container,
            image: found,
            message,
            is_final: false,
        },
    ] = &failure.reasons[..]
    else {
        panic!("{failure:?}");
    };
    assert_eq!((container.as_str(), found.as_str()), ("main", image));
    assert!(message.contains("localhost:1"), "{message}");
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn an_image_that_nothing_will_pull_ends_the_wait() {
    let never = "          imagePullPolicy: Never\n";
    let web = deployment("web", "true", never).replace(IMAGE, "wstest/nothing:1");
    let (_fixture, failure) = hopeless("never", &web).await;
    assert!(
        matches!(&failure.reasons[..], [Reason::Image { image, is_final: true, .. }] if image == "wstest/nothing:1"),
        "{failure:?}"
    );
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_crash_loop_has_its_exit_code_and_last_lines() {
    let web = deployment("web", "echo starting; echo no such host; exit 7", NOT_READY);
    let (_fixture, failure) = slow("crash", &web).await;
    let [
        Reason::Ended {
            container,
            exit_code: 7,
            message: None,
            restarts,
        },
    ] = &failure.reasons[..]
    else {
        panic!("{failure:?}");
    };
    assert_eq!(container, "main");
    assert!(*restarts >= 1);
    assert_eq!(failure.last_lines, ["starting", "no such host"]);
    assert!(failure.pod.unwrap().starts_with("web-"));
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn out_of_memory_has_the_limit() {
    let limit = format!("{NOT_READY}          resources: {{ limits: {{ memory: 24Mi }} }}\n");
    let web = deployment("web", "echo filling; exec tail /dev/zero", &limit);
    let (_fixture, failure) = slow("oom", &web).await;
    let [
        Reason::OutOfMemory {
            container, limit, ..
        },
    ] = &failure.reasons[..]
    else {
        panic!("{failure:?}");
    };
    assert_eq!(
        (container.as_str(), limit.as_deref()),
        ("main", Some("24Mi"))
    );
    assert_eq!(failure.last_lines, ["filling"]);
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_pod_that_no_node_can_take_has_the_schedulers_words() {
    let request = "          resources: { requests: { memory: 4000Gi } }\n";
    let web = deployment("web", "true", request);
    let (_fixture, failure) = slow("unschedulable", &web).await;
    let [Reason::Unschedulable { message }] = &failure.reasons[..] else {
        panic!("{failure:?}");
    };
    assert!(message.contains("1 Insufficient memory"), "{message}");
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_claim_without_a_storage_class_says_so() {
    let pod = template(
        "store",
        "exec sleep 600",
        "          volumeMounts: [{ name: data, mountPath: /data }]\n",
    );
    // The empty class is what a claim without one has where no class is the default.
    let store = format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{ name: store }}\nspec:\n  serviceName: store\n  selector: {{ matchLabels: {{ app: store }} }}\n  volumeClaimTemplates: [{{ metadata: {{ name: data }}, spec: {{ storageClassName: \"\", accessModes: [ReadWriteOnce], resources: {{ requests: {{ storage: 1Mi }} }} }} }}]\n  template:\n{pod}---\n"
    );
    let (_fixture, failure) = slow("claim", &store).await;
    let Reason::ClaimPending { claim, message } = &failure.reasons[0] else {
        panic!("{failure:?}");
    };
    assert_eq!(claim, "data-store-0");
    assert!(message.contains("no storage class is set"), "{message}");
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_secret_that_is_not_there_is_named_as_a_volume_and_as_a_variable() {
    let mount = "          volumeMounts: [{ name: keys, mountPath: /keys }]\n      volumes: [{ name: keys, secret: { secretName: lost-keys } }]\n";
    let variable =
        "          env: [{ name: KEY, valueFrom: { secretKeyRef: { name: lost-key, key: k } } }]\n";
    let fixture = Fixture::new("secret").await;
    let (first, second) = tokio::join!(
        async {
            let (failure, _) = failure(&fixture, &deployment("mounts", "true", mount), SHOWS).await;
            failure
        },
        async {
            let other = Fixture::new("variable").await;
            let (failure, _) = failure(&other, &deployment("reads", "true", variable), SHOWS).await;
            failure
        }
    );
    let [Reason::MountFailed { message }] = &first.reasons[..] else {
        panic!("{first:?}");
    };
    assert!(
        message.contains("secret \"lost-keys\" not found"),
        "{message}"
    );
    let [Reason::Container { container, message }] = &second.reasons[..] else {
        panic!("{second:?}");
    };
    assert_eq!(
        (container.as_str(), message.as_str()),
        ("main", "secret \"lost-key\" not found")
    );
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_quota_that_is_full_ends_the_wait() {
    let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: small }\nspec: { hard: { requests.memory: 16Mi } }\n---\n";
    let request = "          resources: { requests: { memory: 32Mi } }\n";
    for (test, workload) in [
        ("quota-set", stateful(request)),
        ("quota", deployment("web", "true", request)),
    ] {
        let (_fixture, failure) = hopeless(test, &format!("{quota}{workload}")).await;
        let [Reason::Quota { message }] = &failure.reasons[..] else {
            panic!("{failure:?}");
        };
        assert!(
            message.starts_with("exceeded quota: small, requested: requests.memory=32Mi"),
            "{message}"
        );
        assert_eq!(failure.ready, (0, 1));
    }
}

fn stateful(more: &str) -> String {
    let pod = template("store", "exec sleep 600", more);
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{ name: store }}\nspec:\n  serviceName: store\n  selector: {{ matchLabels: {{ app: store }} }}\n  template:\n{pod}---\n"
    )
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_pod_that_pod_security_refuses_ends_the_wait() {
    let fixture = Fixture::new("security").await;
    let level = "    pod-security.kubernetes.io/enforce: restricted\n";
    let web = deployment("web", "true", "")
        .replace("allowPrivilegeEscalation: false", "privileged: true");
    let set = fixture.objects_of("worker", &format!("{}{web}", fixture.namespace_yaml(level)));
    let mut wanted = fixture.set("");
    wanted.objects = set;
    fixture.apply(&wanted).await.unwrap();
    let waited = fixture
        .kube
        .wait_ready(&wanted.workloads(), NEVER, &|_| {})
        .await;
    let Err(KubeError::NotReady(failure)) = waited else {
        panic!("{waited:?}");
    };
    assert_eq!(failure.outcome, WaitOutcome::Hopeless);
    let [Reason::PodSecurity { message }] = &failure.reasons[..] else {
        panic!("{failure:?}");
    };
    assert!(
        message.contains("restricted:latest") && message.contains("privileged"),
        "{message}"
    );
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_probe_that_fails_has_its_words() {
    let probe = "          readinessProbe: { exec: { command: [\"sh\", \"-c\", \"echo not yet; exit 3\"] }, periodSeconds: 2 }\n";
    let web = deployment("web", "echo up; exec sleep 600", probe);
    let (_fixture, failure) = slow("probe", &web).await;
    let [Reason::Probe { container, message }] = &failure.reasons[..] else {
        panic!("{failure:?}");
    };
    assert_eq!(container, "main");
    assert!(
        message.starts_with("Readiness probe failed: not yet"),
        "{message}"
    );
    assert_eq!(failure.last_lines, ["up"]);
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_job_that_fails_ends_the_wait() {
    let pod = template("once", "echo cannot; exit 4", "");
    let pod = pod.replace("    spec:\n", "    spec:\n      restartPolicy: Never\n");
    let job = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{ name: once }}\nspec:\n  backoffLimit: 0\n  template:\n{pod}---\n"
    );
    let (_fixture, failure) = hopeless("job", &job).await;
    assert!(
        matches!(
            &failure.reasons[..],
            [Reason::Failed { .. }, Reason::Ended { exit_code: 4, .. }]
        ),
        "{failure:?}"
    );
    assert_eq!(failure.last_lines, ["cannot"]);
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_workload_that_does_not_exist_is_not_waited_for() {
    let fixture = Fixture::new("missing").await;
    let workload = Workload::new(WorkloadKind::Deployment, &fixture.namespace, "web");
    let waited = fixture.kube.wait_ready(&[workload], NEVER, &|_| {}).await;
    assert_eq!(
        waited.unwrap_err().to_string(),
        "the deployment wstest-missing/web does not exist"
    );
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn pods_of_an_earlier_form_do_not_count() {
    let fixture = Fixture::new("rollout").await;
    let set = fixture.set(&deployment("web", "exit 7", ""));
    fixture.apply(&set).await.unwrap();
    let short = Duration::from_secs(8);
    let waited = fixture
        .kube
        .wait_ready(&set.workloads(), short, &|_| {})
        .await;
    assert!(matches!(waited, Err(KubeError::NotReady(_))), "{waited:?}");
    // The crashing pods are still there while the next form comes up.
    let set = fixture.set(&deployment("web", "exec sleep 600", ""));
    fixture.apply(&set).await.unwrap();
    fixture
        .kube
        .wait_ready(&set.workloads(), NEVER, &|_| {})
        .await
        .unwrap();
    let ready = kubectl(
        &[
            "-n",
            &fixture.namespace,
            "get",
            "deploy",
            "web",
            "-o=jsonpath={.status.readyReplicas}",
        ],
        "",
    );
    assert_eq!(ready, "1");
}
