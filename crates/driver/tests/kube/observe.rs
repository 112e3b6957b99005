//! What is seen of pods: their states, memory, output; and the small things that are done with them.

use crate::fixture::{Fixture, PATIENCE, deployment, kubectl};
use futures_util::StreamExt;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;
use wikisentry_driver::docker::LogLine;
use wikisentry_driver::kube::{
    KubeError, PodLogRequest, ProxyTarget, SecretValues, Workload, WorkloadKind,
};

async fn read(fixture: &Fixture, request: &PodLogRequest) -> Vec<LogLine> {
    let namespaces = [fixture.namespace.clone()];
    let lines = fixture
        .kube
        .logs(&fixture.scope.of_instance(), &namespaces, request)
        .await;
    lines.unwrap().map(Result::unwrap).collect().await
}

fn texts(lines: &[LogLine]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn pods_are_seen_with_their_memory_and_their_last_end() {
    let fixture = Fixture::new("observe").await;
    let memory = "          resources: { requests: { memory: 16Mi }, limits: { memory: 64Mi } }\n";
    let web = deployment("web", "exec sleep 600", memory);
    let ends = deployment("ends", "exit 9", "");
    let set = fixture.set(&format!("{web}{ends}"));
    let applied = fixture.apply(&set).await.unwrap();
    let change = applied
        .iter()
        .find(|change| change.name.ends_with("/web"))
        .unwrap();
    assert_eq!(
        (change.memory_bytes, change.component.as_str()),
        (Some(64 << 20), "worker")
    );
    let web = set.workloads().remove(0);
    assert_eq!(web.to_string(), "deployment wstest-observe/web");
    fixture
        .kube
        .wait_ready(&[web], PATIENCE, &|_| {})
        .await
        .unwrap();

    let mut seen = Vec::new();
    for _ in 0..60 {
        seen = fixture
            .kube
            .pods(&fixture.scope, &[&fixture.namespace])
            .await
            .unwrap();
        // The kubelet measures every 10 s or so.
        let of = |name: &str| seen.iter().find(|pod| pod.pod.starts_with(name));
        let is_measured = of("web").is_some_and(|pod| pod.memory_bytes > Some(0));
        if is_measured && of("ends").is_some_and(|pod| pod.state == "CrashLoopBackOff") {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let [ends, web] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (web.state.as_str(), web.is_ready, web.restarts),
        ("Running", true, 0)
    );
    assert_eq!(web.component, "worker");
    assert_eq!(
        (web.memory_request_bytes, web.memory_limit_bytes),
        (Some(16 << 20), Some(64 << 20))
    );
    let used = web.memory_bytes.unwrap();
    assert!((1..64 << 20).contains(&used), "{used}");
    assert!(web.started.unwrap() <= Timestamp::now());
    assert!(web.node.is_some() && web.last_end.is_none());

    assert_eq!(
        (ends.state.as_str(), ends.is_ready),
        ("CrashLoopBackOff", false)
    );
    let end = ends.last_end.as_ref().unwrap();
    assert_eq!(
        (end.container.as_str(), end.reason.as_str(), end.exit_code),
        ("main", "Error", 9)
    );
    assert!(end.finished.is_some() && ends.restarts >= 1);
    assert_eq!(
        (ends.memory_limit_bytes, ends.memory_request_bytes),
        (None, None)
    );
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn lines_come_with_pod_and_time_and_are_followed_into_the_next_pod() {
    let fixture = Fixture::new("logs").await;
    let talks = "echo one; echo two; echo three; exec sleep 600";
    let set = fixture.set(&deployment("web", talks, ""));
    fixture.apply(&set).await.unwrap();
    fixture
        .kube
        .wait_ready(&set.workloads(), PATIENCE, &|_| {})
        .await
        .unwrap();

    let all = PodLogRequest::default();
    let lines = read(&fixture, &all).await;
    assert_eq!(texts(&lines), ["one", "two", "three"]);
    assert!(
        lines.iter().all(|line| line.service.starts_with("web-")),
        "{lines:?}"
    );
    let tail = PodLogRequest {
        tail: Some(1),
        ..all.clone()
    };
    assert_eq!(texts(&read(&fixture, &tail).await), ["three"]);
    let since = PodLogRequest {
        since: lines[1].time,
        ..all.clone()
    };
    assert_eq!(texts(&read(&fixture, &since).await), ["two", "three"]);
    let other = PodLogRequest {
        components: vec!["other".to_owned()],
        ..all.clone()
    };
    assert_eq!(read(&fixture, &other).await, []);

    let follow = PodLogRequest {
        follow: true,
        tail: Some(1),
        ..all.clone()
    };
    let namespaces = [fixture.namespace.clone()];
    let lines = fixture
        .kube
        .logs(&fixture.scope, &namespaces, &follow)
        .await
        .unwrap();
    let mut lines = lines.map(|line| line.unwrap());
    let first = lines.next().await.unwrap();
    assert_eq!(first.text, "three");
    fixture
        .kube
        .restart(&set.workloads()[0], Timestamp::now())
        .await
        .unwrap();
    let next = tokio::time::timeout(PATIENCE, async {
        loop {
            let line = lines.next().await.unwrap();
            if line.service != first.service {
                return line;
            }
        }
    });
    assert_eq!(next.await.unwrap().text, "one");
    // A restart by us is no difference to what is wanted.
    assert!(wikisentry_driver::converge::is_settled(
        &fixture.diff(&set).await
    ));
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn the_previous_run_of_a_container_can_be_read() {
    let fixture = Fixture::new("previous").await;
    let set = fixture.set(&deployment("web", "echo bye; exit 1", ""));
    fixture.apply(&set).await.unwrap();
    let namespaces = [fixture.namespace.as_str()];
    let restarted = tokio::time::timeout(PATIENCE, async {
        loop {
            let pods = fixture.kube.pods(&fixture.scope, &namespaces).await;
            if pods.unwrap().iter().any(|pod| pod.restarts > 0) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });
    restarted.await.unwrap();
    let request = PodLogRequest {
        previous: true,
        ..PodLogRequest::default()
    };
    // Between two runs the kubelet may have removed the one and not yet kept the other.
    let begun = std::time::Instant::now();
    loop {
        let lines = read(&fixture, &request).await;
        if texts(&lines) == ["bye"] {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{lines:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn secrets_go_in_and_out_as_bytes_and_their_values_are_nowhere_else() {
    let fixture = Fixture::new("bytes").await.with_namespace().await;
    let values = BTreeMap::from([
        ("key".to_owned(), vec![0, 159, 255]),
        ("word".to_owned(), b"hunter2".to_vec()),
    ]);
    let values = SecretValues(values);
    let (kube, namespace) = (&fixture.kube, fixture.namespace.as_str());
    assert_eq!(kube.secret(namespace, "s").await.unwrap(), None);
    kube.put_secret(&fixture.scope, namespace, "s", &values)
        .await
        .unwrap();
    assert_eq!(
        kube.secret(namespace, "s").await.unwrap(),
        Some(values.clone())
    );
    let labels = kubectl(
        &[
            "-n",
            namespace,
            "get",
            "secret",
            "s",
            "-o=jsonpath={.metadata.labels}",
        ],
        "",
    );
    assert!(
        labels.contains("\"app.kubernetes.io/instance\":\"bytes\""),
        "{labels}"
    );
    // What is given no longer goes.
    let fewer = SecretValues(BTreeMap::from([("key".to_owned(), vec![1])]));
    kube.put_secret(&fixture.scope, namespace, "s", &fewer)
        .await
        .unwrap();
    assert_eq!(kube.secret(namespace, "s").await.unwrap(), Some(fewer));

    // The API quotes what it refuses.
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata: { name: bad }\ndata: { k: hunter2hunter2 }\n";
    let set = fixture.set(secret);
    let planned = fixture.kube.diff(&set, &Default::default()).await;
    let applied = fixture.apply(&set).await.unwrap_err();
    let said = format!("{planned:?} {applied:?} {applied} {values:?}");
    assert!(!said.contains("hunter2"), "{said}");
    // Some versions call their own failure to read it one of the server.
    assert!(
        matches!(
            applied,
            KubeError::Impossible(_) | KubeError::Refused { .. }
        ),
        "{said}"
    );
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_server_is_reached_through_the_api_and_at_its_node_port() {
    let fixture = Fixture::new("proxy").await;
    // DNS answers on TCP too, and says over HTTP what it has: its metrics.
    let kube = &fixture.kube;
    let target = ProxyTarget::Service {
        name: "kube-dns".to_owned(),
        port: 9153,
    };
    let answer = kube
        .proxied_get("kube-system", &target, "/metrics")
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    assert!(String::from_utf8_lossy(&answer.body).contains("coredns_build_info"));
    let answer = kube
        .proxied_get("kube-system", &target, "/nothing")
        .await
        .unwrap();
    assert_eq!(answer.status, 404);

    let service = "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { type: NodePort, selector: { app: web }, ports: [{ name: http, port: 80 }] }\n";
    fixture.apply(&fixture.set(service)).await.unwrap();
    let namespace = fixture.namespace.as_str();
    let by_name = kube
        .node_port(namespace, "web", "http")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        kube.node_port(namespace, "web", "80").await.unwrap(),
        Some(by_name)
    );
    assert_eq!(
        kube.node_port(namespace, "web", "other").await.unwrap(),
        None
    );
    let nothing_ready = ProxyTarget::Service {
        name: "web".to_owned(),
        port: 80,
    };
    // The API says so at once, or waits for a pod until we give up.
    match kube.proxied_get(namespace, &nothing_ready, "/").await {
        Ok(answer) => assert_eq!(answer.status, 503),
        Err(error) => assert!(matches!(error, KubeError::TimedOut { .. }), "{error}"),
    }
    let missing = kube.node_port(namespace, "other", "80").await.unwrap_err();
    assert!(matches!(missing, KubeError::NotFound { .. }), "{missing}");
    let other = ProxyTarget::Service {
        name: "other".to_owned(),
        port: 80,
    };
    let missing = kube.proxied_get(namespace, &other, "/").await.unwrap_err();
    assert_eq!(missing.to_string(), "Kubernetes has no services other");
}

#[tokio::test]
#[ignore = "needs a Kubernetes cluster: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_namespace_goes_with_everything_in_it() {
    let fixture = Fixture::new("gone").await;
    let set = fixture.set(&deployment("web", "exec sleep 600", ""));
    fixture.apply(&set).await.unwrap();
    let (kube, namespace) = (&fixture.kube, fixture.namespace.as_str());
    assert!(kube.has_namespace(namespace).await.unwrap());
    kube.delete_namespace(namespace, PATIENCE).await.unwrap();
    assert!(!kube.has_namespace(namespace).await.unwrap());
    assert_eq!(kube.pods(&fixture.scope, &[namespace]).await.unwrap(), []);
    let job = Workload::new(WorkloadKind::Job, namespace, "x");
    assert!(matches!(
        kube.restart(&job, Timestamp::now()).await,
        Err(KubeError::Impossible(_))
    ));
}
