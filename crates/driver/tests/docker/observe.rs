//! What the engine tells: of itself, the state of services, use of memory, ports, logs.

use crate::fixture::{Fixture, PATIENCE, apply, docker};
use futures_util::StreamExt;
use std::time::{Duration, Instant};
use wikisentry_driver::docker::{Engine, LogRequest};

#[tokio::test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
async fn what_the_engine_tells_of_itself_and_of_services_is_its_own() {
    let fixture = Fixture::new("observe", 187);
    let engine = Engine::connect().await.unwrap();
    let project = fixture.project(&[]);

    let told = engine.info().await.unwrap();
    let cli = docker(&[
        "version",
        "--format",
        "{{.Server.Version}} {{.Server.APIVersion}}",
    ]);
    assert_eq!(format!("{} {}", told.version, told.api_version), cli);
    let cli = docker(&[
        "info",
        "--format",
        "{{.MemTotal}} {{.NCPU}} {{.CgroupVersion}}",
    ]);
    let cgroup = told.cgroup_version.unwrap();
    assert_eq!(format!("{} {} {cgroup}", told.memory_bytes, told.cpus), cli);
    assert!(told.clock.is_some(), "{told:?}");

    let status = engine.status(&project).await.unwrap();
    assert!(status.iter().all(|s| s.state == "missing" && !s.is_ready));
    apply(&engine, &project).await.unwrap();
    let status = engine.status(&project).await.unwrap();
    let (store, container) = (&status[0], fixture.container("store"));
    assert_eq!(
        (store.service.as_str(), store.state.as_str()),
        ("store", "healthy")
    );
    let usage = store.usage.unwrap();
    assert_eq!(usage.memory_limit_bytes, 32 << 20);
    assert!(
        usage.memory_bytes > 0 && usage.memory_bytes < 32 << 20,
        "{usage:?}"
    );

    let users = engine.memory_users().await.unwrap();
    let user = users.iter().find(|user| user.container == container);
    assert_eq!(user.unwrap().project.as_ref(), Some(&fixture.name));
    assert!(users.is_sorted_by(|a, b| a.memory_bytes >= b.memory_bytes));

    let published = docker(&["port", &container, "7000"]);
    let port = published.rsplit(':').next().unwrap().parse().unwrap();
    let port: u16 = port;
    let publishers = engine.published_ports().await.unwrap();
    assert_eq!(publishers[&port].container, container);
    assert_eq!(publishers[&port].project.as_ref(), Some(&fixture.name));

    // One that was created and is not started yet has its port already.
    let starting = format!("{}-starting", fixture.name);
    let label = format!("com.docker.compose.project={}", fixture.name);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let other = free.local_addr().unwrap().port();
    let publish = format!("127.0.0.1:{other}:7000");
    docker(&[
        "create",
        "--name",
        &starting,
        "--label",
        &label,
        "--publish",
        &publish,
        "debian:bookworm-slim",
    ]);
    let publishers = engine.published_ports().await.unwrap();
    docker(&["rm", &starting]);
    assert_eq!(publishers[&other].container, starting);

    let hosts = docker(&["exec", &container, "getent", "hosts", "store.alias"]);
    assert!(hosts.starts_with("172.29.187."), "{hosts}");
}

#[tokio::test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
async fn logs_come_by_line_and_service_from_both_streams_and_follow_a_new_container() {
    let fixture = Fixture::new("logs", 188);
    let engine = Engine::connect().await.unwrap();
    let project = fixture.project(&[]);
    apply(&engine, &project).await.unwrap();

    let expected = [
        ("store", "store is up"),
        ("store", "to stderr"),
        ("worker", "one"),
    ];
    // A service without a health check is ready before it has said anything.
    let began = Instant::now();
    let last = loop {
        let all: Vec<_> = engine
            .logs(&project, &LogRequest::default())
            .collect()
            .await;
        let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
        let mut said: Vec<_> = all
            .iter()
            .map(|line| (line.service.as_str(), line.text.as_str()))
            .collect();
        said.sort_unstable();
        if said == expected {
            break all.iter().filter_map(|line| line.time).max().unwrap();
        }
        assert!(began.elapsed() < PATIENCE, "{all:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let request = LogRequest {
        services: vec!["store".to_owned()],
        tail: Some(1),
        ..LogRequest::default()
    };
    assert_eq!(engine.logs(&project, &request).count().await, 1);
    let request = LogRequest {
        since: Some(last + Duration::from_nanos(1)),
        ..LogRequest::default()
    };
    assert_eq!(engine.logs(&project, &request).count().await, 0);

    let request = LogRequest {
        services: vec!["worker".to_owned()],
        follow: true,
        ..LogRequest::default()
    };
    let mut followed = engine.logs(&project, &request);
    let changed = fixture.project(&[("WORKER_LEVEL", "two")]);
    let mut texts = Vec::new();
    texts.push(followed.next().await.unwrap().unwrap().text);
    apply(&engine, &changed).await.unwrap();
    texts.push(followed.next().await.unwrap().unwrap().text);
    assert_eq!(texts, ["one", "two"]);
}
