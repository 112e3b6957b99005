//! A cluster from its creation to its end, and clusters that are not ours.

use crate::fixture::{Fixture, PATIENCE, docker};
use std::sync::Mutex;
use std::time::Duration;
use wikisentry_driver::converge::Verb;
use wikisentry_driver::k3d::{K3dError, NodeState, Observed, OurCluster, Role};

/// What is done next, and why.
async fn next(fixture: &Fixture) -> (Verb, String) {
    let change = fixture
        .k3d
        .observe(&fixture.spec)
        .await
        .unwrap()
        .change(&fixture.spec);
    (change.verb, change.detail)
}

async fn ours(fixture: &Fixture) -> OurCluster {
    match fixture.k3d.observe(&fixture.spec).await.unwrap() {
        Observed::Ours(ours) => ours,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
#[ignore = "needs k3d and a Docker engine: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_cluster_is_created_used_again_stopped_killed_started_and_deleted() {
    let mut fixture = Fixture::new("life", 31).await;
    assert_eq!(next(&fixture).await.0, Verb::Create);
    let lines = Mutex::new(Vec::new());
    let note = |work: wikisentry_driver::converge::Work| lines.lock().unwrap().extend(work.line);
    let began = std::time::Instant::now();
    fixture
        .k3d
        .create(&fixture.spec, PATIENCE, &note)
        .await
        .unwrap();
    println!("created in {:.1} s", began.elapsed().as_secs_f32());
    let lines = lines.into_inner().unwrap();
    let told = lines
        .iter()
        .any(|line| line == "Starting node 'k3d-wstest-life-server-0'");
    assert!(told, "{lines:?}");
    assert_eq!(next(&fixture).await, (Verb::Keep, String::new()));
    let again = fixture
        .k3d
        .create(&fixture.spec, PATIENCE, &|_| {})
        .await
        .unwrap_err();
    assert!(matches!(again, K3dError::Exists { .. }), "{again:?}");

    let found = ours(&fixture).await;
    assert!(
        found.complete && found.answers && found.differences.is_empty(),
        "{found:?}"
    );
    let server = &found.nodes[0];
    assert_eq!((server.role, server.memory_bytes), (Role::Server, 2 << 30));
    assert_eq!(
        fixture.containers(),
        ["k3d-wstest-life-server-0", "k3d-wstest-life-serverlb"]
    );
    for container in fixture.containers() {
        let ports = docker(&["port", &container]);
        assert!(
            ports.lines().all(|line| line.contains("-> 127.0.0.1:")),
            "{ports}"
        );
        let policy = docker(&[
            "inspect",
            "--format",
            "{{.HostConfig.RestartPolicy.Name}}",
            &container,
        ]);
        assert_eq!(policy, "unless-stopped");
    }
    let kubeconfig = fixture.k3d.kubeconfig(&fixture.spec.name).await.unwrap();
    let kubeconfig = String::from_utf8(kubeconfig).unwrap();
    let server = format!("server: {}", fixture.spec.api_url());
    assert!(
        kubeconfig.contains(&server) && kubeconfig.contains("current-context: k3d-wstest-life")
    );

    // What the cluster holds outlives a stop, and the death of its node.
    fixture.kubectl(&["create", "configmap", "kept"]);
    fixture.k3d.stop(&fixture.spec, &|_| {}).await.unwrap();
    assert_eq!(next(&fixture).await, (Verb::Start, String::new()));
    assert_eq!(ours(&fixture).await.state(Role::Server), NodeState::Stopped);
    fixture.start().await;
    assert_eq!(next(&fixture).await.0, Verb::Keep);
    docker(&["kill", &fixture.spec.server()]);
    assert_eq!(next(&fixture).await.0, Verb::Start);
    assert_eq!(
        ours(&fixture).await.state(Role::LoadBalancer),
        NodeState::Running
    );
    fixture.start().await;
    assert_eq!(next(&fixture).await.0, Verb::Keep);
    fixture.kubectl(&["get", "configmap", "kept"]);

    // Another wish is a difference, and nothing is done.
    fixture.spec.node_memory_bytes = 3 << 30;
    let (verb, why) = next(&fixture).await;
    assert_eq!(
        (verb, why.as_str()),
        (Verb::Recreate, "memory of the node 2048 MiB → 3072 MiB")
    );

    fixture.k3d.delete(&fixture.spec, &|_| {}).await.unwrap();
    assert!(fixture.is_gone());
    docker(&["network", "inspect", &fixture.spec.network]);
    fixture.k3d.delete(&fixture.spec, &|_| {}).await.unwrap();
}

#[tokio::test]
#[ignore = "needs k3d and a Docker engine: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_cluster_of_somebody_else_is_refused_by_every_call() {
    let fixture = Fixture::new("foreign", 32).await;
    // Known by k3d's labels alone; that it never runs spares the time of a whole cluster.
    let label = format!("k3d.cluster={}", fixture.spec.name);
    let server = fixture.spec.server();
    docker(&[
        "create",
        "--name",
        &server,
        "--label",
        &label,
        "--label",
        "app=k3d",
        "--label",
        "k3d.role=server",
        "debian:bookworm-slim",
        "true",
    ]);
    let (verb, why) = next(&fixture).await;
    assert_eq!(
        (verb, why.as_str()),
        (
            Verb::Refuse,
            "the cluster wstest-foreign was not made by WikiSentry"
        )
    );
    let (k3d, spec) = (&fixture.k3d, &fixture.spec);
    for refused in [
        k3d.create(spec, PATIENCE, &|_| {}).await,
        k3d.start(spec, PATIENCE, &|_| {}).await,
        k3d.stop(spec, &|_| {}).await,
        k3d.delete(spec, &|_| {}).await,
    ] {
        assert!(
            matches!(refused, Err(K3dError::Foreign { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(fixture.containers(), [server]);
}

#[tokio::test]
#[ignore = "needs k3d and a Docker engine: CLUSTER_TESTS=all scripts/test.sh"]
async fn a_creation_that_fails_says_why_and_leaves_nothing() {
    let mut fixture = Fixture::new("fails", 33).await;
    let short = Duration::from_secs(4);
    let late = fixture
        .k3d
        .create(&fixture.spec, short, &|_| {})
        .await
        .unwrap_err();
    assert!(
        matches!(late, K3dError::Deadline { .. } | K3dError::Failed { .. }),
        "{late:?}"
    );
    assert!(fixture.is_gone(), "{:?}", fixture.containers());

    let subnet = docker(&[
        "network",
        "inspect",
        &fixture.spec.network,
        "--format",
        "{{.Name}}",
    ]);
    assert_eq!(subnet, fixture.spec.network);
    // A port that a container has.
    let taken = format!("127.0.0.1:{}:80", fixture.spec.ports[0].host);
    let label = format!("wstest={}", fixture.spec.name);
    docker(&[
        "run",
        "-d",
        "--label",
        &label,
        "-p",
        &taken,
        "debian:bookworm-slim",
        "sleep",
        "300",
    ]);
    let error = fixture
        .k3d
        .create(&fixture.spec, PATIENCE, &|_| {})
        .await
        .unwrap_err();
    let K3dError::Failed { why, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(why.contains("port is already allocated"), "{why}");
    assert!(fixture.is_gone());

    fixture.spec.k3s_args.push("--no-such-flag".to_owned());
    fixture.spec.ports.clear();
    let error = fixture
        .k3d
        .create(&fixture.spec, Duration::from_secs(30), &|_| {})
        .await
        .unwrap_err();
    let (K3dError::Failed { node_lines, .. } | K3dError::Deadline { node_lines, .. }) = &error
    else {
        panic!("{error:?}");
    };
    // What it says of the flag is for its version to choose, and stands above its last lines.
    assert!(!node_lines.is_empty(), "{error}");
    assert!(fixture.is_gone());
}
