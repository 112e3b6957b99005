//! What is not the project's is never touched, and what stands in the way is named.

use crate::fixture::{Fixture, apply, docker, inspect};
use std::net::TcpListener;
use wikisentry_driver::converge::is_settled;
use wikisentry_driver::docker::{Engine, EngineError, Removing};

#[tokio::test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
async fn things_of_others_are_refused_by_name_and_left_alone() {
    let fixture = Fixture::new("refuse", 184);
    let engine = Engine::connect().await.unwrap();
    let project = fixture.project(&[]);
    let label = format!("wstest={}", fixture.name);
    let labelled = ["--label", label.as_str()];
    let (store, volume) = (fixture.container("store"), format!("{}_data", fixture.name));
    let network = format!("{}_inner", fixture.name);

    let image = "debian:bookworm-slim";
    docker(
        &[
            &["create", "--name", &store],
            &labelled[..],
            &[image, "true"],
        ]
        .concat(),
    );
    docker(&[&["volume", "create"], &labelled[..], &[&volume]].concat());
    let foreign_label = ["--label", "com.docker.compose.project=somebody"];
    docker(
        &[
            &["network", "create"],
            &labelled[..],
            &foreign_label,
            &[&network],
        ]
        .concat(),
    );
    let id = inspect(&store, "{{.Id}}");

    let Err(EngineError::Refused(mut said)) = apply(&engine, &project).await else {
        panic!("things of others were taken");
    };
    said.sort();
    assert_eq!(
        said,
        [
            format!(
                "the container {store} was not made by this project: rename it with `docker rename {store} NEW`, or remove it with `docker rm {store}`"
            ),
            format!(
                "the network {network} belongs to the project somebody: if nothing needs it, remove it with `docker network rm {network}`"
            ),
            format!(
                "the volume {volume} was not made by this project: if nothing needs it, remove it with `docker volume rm {volume}`"
            ),
        ]
    );
    assert_eq!(
        inspect(&store, "{{.Id}} {{.State.Status}}"),
        format!("{id} created")
    );
    assert!(fixture.containers().is_empty(), "something was created");

    // Neither does removing the project touch them.
    engine
        .down(&project, Removing::Everything, &|_| {})
        .await
        .unwrap();
    assert_eq!(inspect(&store, "{{.Id}}"), id);
    docker(&["volume", "inspect", &volume]);
    docker(&["network", "inspect", &network]);
}

#[tokio::test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
async fn taken_addresses_ports_and_missing_images_are_named() {
    let fixture = Fixture::new("taken", 185);
    let engine = Engine::connect().await.unwrap();
    let label = format!("wstest={}", fixture.name);

    // Another network has the addresses.
    let other = format!("{}-other", fixture.name);
    let subnet = ["--subnet", "172.29.185.0/25"];
    docker(
        &[
            &["network", "create", "--label", &label],
            &subnet[..],
            &[&other],
        ]
        .concat(),
    );
    let project = fixture.project(&[]);
    match apply(&engine, &project).await {
        Err(EngineError::Refused(refusals)) => {
            let named = format!("which the network {other} uses: give another subnet");
            assert!(
                refusals.len() == 1 && refusals[0].ends_with(&named),
                "{refusals:?}"
            );
        }
        other => panic!("{other:?}"),
    }
    docker(&["network", "rm", &other]);

    // An image is missing: nothing is made.
    let text = fixture
        .text()
        .replace("debian:bookworm-slim", "wstest/nowhere:1");
    let missing = wikisentry_driver::compose::Project::load(&text, &Default::default()).unwrap();
    match apply(&engine, &missing).await {
        Err(EngineError::ImagesMissing(images)) => {
            assert_eq!(images, ["the image wstest/nowhere:1"]);
        }
        other => panic!("{other:?}"),
    }
    assert!(!docker(&["network", "ls"]).contains(&fixture.name));

    // A process has the port, then a container.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let project = fixture.project(&[("PORT", &port.to_string())]);
    let expect = |result, holder: Option<String>| match result {
        Err(EngineError::PortTaken {
            service,
            port: found,
            holder: found_holder,
        }) => assert_eq!(
            (service.as_str(), found, found_holder),
            ("store", port, holder)
        ),
        other => panic!("{other:?}"),
    };
    expect(apply(&engine, &project).await, None);
    drop(listener);
    let holder = format!("{}-holder", fixture.name);
    let publish = format!("127.0.0.1:{port}:7000");
    let image = ["debian:bookworm-slim", "sleep", "600"];
    docker(
        &[
            &[
                "run", "-d", "--init", "--label", &label, "--name", &holder, "-p", &publish,
            ],
            &image[..],
        ]
        .concat(),
    );
    expect(apply(&engine, &project).await, Some(holder.clone()));
    // Once it is free, the same call goes on.
    docker(&["rm", "-f", &holder]);
    apply(&engine, &project).await.unwrap();
    assert!(is_settled(&engine.plan(&project).await.unwrap()));
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_said_with_every_address() {
    let folder = tempfile::tempdir().unwrap();
    let missing = format!("unix://{}/docker.sock", folder.path().display());
    let error = Engine::connect_to(&missing).await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!("no Docker engine answers: {missing} (there is no such socket)")
    );

    let socket = folder.path().join("dead.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let dead = format!("unix://{}", socket.display());
    let error = Engine::connect_to(&dead).await.unwrap_err().to_string();
    assert!(error.contains("nothing listens there"), "{error}");

    let error = Engine::connect_to("ssh://somewhere").await.unwrap_err();
    assert!(matches!(error, EngineError::Address { .. }), "{error}");
}
