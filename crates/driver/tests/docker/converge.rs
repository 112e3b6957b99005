//! Create, keep, start, recreate what changed and only that, down and purge.

use crate::fixture::{Fixture, PATIENCE, actions, apply, docker, has_step, inspect};
use wikisentry_driver::converge::{Verb, is_settled};
use wikisentry_driver::docker::{
    CONTAINER, Engine, EngineError, NETWORK, ProgressStep, Removing, VOLUME, WaitOutcome,
};

#[tokio::test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
async fn a_project_is_created_kept_changed_and_removed() {
    let fixture = Fixture::new("converge", 180);
    let engine = Engine::connect().await.unwrap();
    let project = fixture.project(&[]);

    // Nothing is there.
    let plan = engine.plan(&project).await.unwrap();
    let (store, worker) = (fixture.container("store"), fixture.container("worker"));
    let volume = format!("{}_data", fixture.name);
    assert_eq!(
        actions(&plan),
        [
            (
                NETWORK,
                &*format!("{}_inner", fixture.name),
                Verb::Create,
                ""
            ),
            (VOLUME, &volume, Verb::Create, ""),
            (CONTAINER, &store, Verb::Create, ""),
            (CONTAINER, &worker, Verb::Create, ""),
        ]
    );
    let steps = apply(&engine, &project).await.unwrap();
    assert!(has_step(
        &steps,
        &worker,
        &ProgressStep::WaitingFor("store".to_owned())
    ));
    assert!(has_step(&steps, &store, &ProgressStep::Ready));

    // The engine has the limits that were asked for.
    let limits = "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}";
    assert_eq!(inspect(&store, limits), "33554432 250000000 50");

    // Again: nothing to do.
    assert!(is_settled(&engine.plan(&project).await.unwrap()));
    let id = inspect(&store, "{{.Id}}");
    let worker_id = inspect(&worker, "{{.Id}}");
    let steps = apply(&engine, &project).await.unwrap();
    assert!(has_step(&steps, &store, &ProgressStep::Kept), "{steps:?}");
    assert_eq!(inspect(&store, "{{.Id}}"), id);

    // A changed variable recreates its service alone, and data stays.
    docker(&["exec", &store, "touch", "/data/kept"]);
    let changed = fixture.project(&[("LEVEL", "two"), ("MEMORY", "48m")]);
    let plan = engine.plan(&changed).await.unwrap();
    let because = "environment.LEVEL changed, mem_limit changed";
    assert_eq!(
        actions(&plan)[2..],
        [
            (CONTAINER, &*store, Verb::Recreate, because),
            (CONTAINER, &*worker, Verb::Keep, ""),
        ]
    );
    apply(&engine, &changed).await.unwrap();
    assert_ne!(inspect(&store, "{{.Id}}"), id);
    assert_eq!(inspect(&worker, "{{.Id}}"), worker_id);
    assert_eq!(inspect(&store, "{{.HostConfig.Memory}}"), "50331648");
    docker(&["exec", &store, "test", "-e", "/data/kept"]);
    assert_eq!(
        fixture.containers(),
        [store.clone(), fixture.container("worker")]
    );

    // One that was stopped is started; one whose limits somebody changed is recreated.
    docker(&["stop", "-t", "1", &fixture.container("worker")]);
    docker(&["update", "--memory", "40m", "--memory-swap", "80m", &store]);
    let plan = engine.plan(&changed).await.unwrap();
    let because = "mem_limit was changed on the container itself";
    assert_eq!(
        actions(&plan)[2..],
        [
            (CONTAINER, &*store, Verb::Recreate, because),
            (CONTAINER, &*worker, Verb::Start, ""),
        ]
    );
    apply(&engine, &changed).await.unwrap();
    assert!(is_settled(&engine.plan(&changed).await.unwrap()));

    // A network with other addresses takes its containers along.
    let moved = [
        ("LEVEL", "two"),
        ("MEMORY", "48m"),
        ("SUBNET", "172.29.181.0/24"),
    ];
    let moved = fixture.project(&moved);
    let plan = engine.plan(&moved).await.unwrap();
    assert!(plan.iter().all(|change| match change.kind {
        VOLUME => change.verb == Verb::Keep,
        _ => change.verb == Verb::Recreate,
    }));
    apply(&engine, &moved).await.unwrap();
    assert!(is_settled(&engine.plan(&moved).await.unwrap()));
    docker(&["exec", &store, "test", "-e", "/data/kept"]);

    // Down keeps data; purge does not.
    engine
        .down(&moved, Removing::Networks, &|_| {})
        .await
        .unwrap();
    assert!(fixture.containers().is_empty());
    docker(&["volume", "inspect", &volume]);
    apply(&engine, &moved).await.unwrap();
    docker(&["exec", &store, "test", "-e", "/data/kept"]);
    engine
        .down(&moved, Removing::Everything, &|_| {})
        .await
        .unwrap();
    assert!(
        !docker(&["volume", "ls", "-q"])
            .lines()
            .any(|name| name == volume)
    );
    assert!(!docker(&["network", "ls"]).contains(&fixture.name));
}

#[tokio::test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
async fn a_service_that_fails_is_told_with_what_the_engine_knows() {
    let fixture = Fixture::new("fails", 182);
    let engine = Engine::connect().await.unwrap();
    let text = fixture.text().replace("exec sleep 600", "exit 7");

    // It ends again and again, since it is restarted.
    let project = wikisentry_driver::compose::Project::load(&text, &Default::default()).unwrap();
    let Err(EngineError::NotReady(failure)) = apply(&engine, &project).await else {
        panic!("a service that ends was taken for ready");
    };
    assert_eq!(failure.service, "store");
    assert_eq!(failure.outcome, WaitOutcome::KeepsExiting);
    assert_eq!(failure.exit_code, Some(7));
    assert!(failure.restarts >= 3);
    assert!(
        failure.last_lines.contains(&"store is up".to_owned()),
        "{failure:?}"
    );

    // It runs, and its check never passes.
    let project = fixture.project(&[("HEALTHY_IF", "/nowhere")]);
    engine
        .down(&project, Removing::Networks, &|_| {})
        .await
        .unwrap();
    let short = std::time::Duration::from_secs(3);
    let Err(EngineError::NotReady(failure)) = engine.apply(&project, short, &|_| {}).await else {
        panic!("a service whose check fails was taken for ready");
    };
    assert_eq!(failure.outcome, WaitOutcome::DeadlinePassed(short));
    assert_eq!(failure.state, "starting");
    assert_eq!(failure.exit_code, None);

    // More memory than it may have.
    let hungry = "exec dd if=/dev/zero of=/dev/null bs=90M";
    let text = fixture.text().replace("exec sleep 600", hungry);
    let text = text.replace("restart: unless-stopped", "restart: \"no\"");
    // Never ready, however slowly it gets there.
    let text = text.replace("HEALTHY_IF:-/data", "HEALTHY_IF:-/nowhere");
    let project = wikisentry_driver::compose::Project::load(&text, &Default::default()).unwrap();
    let Err(EngineError::NotReady(failure)) = engine.apply(&project, PATIENCE, &|_| {}).await
    else {
        panic!("a service without memory was taken for ready");
    };
    assert_eq!(failure.outcome, WaitOutcome::Exited);
    assert!(failure.out_of_memory, "{failure:?}");
    assert_eq!(failure.exit_code, Some(137));
}
