//! docker compose sees what was started here, and the other way round; neither recreates what the
//! other made.

use crate::fixture::{Fixture, apply, docker, inspect};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use wikisentry_driver::compose::{Project, Variables};
use wikisentry_driver::converge::is_settled;
use wikisentry_driver::docker::{Engine, Removing};

/// `docker compose` on the fixture's own file.
fn compose(file: &Path, arguments: &[&str]) -> String {
    let done = Command::new("docker")
        .args(["compose", "-f"])
        .arg(file)
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        done.status.success(),
        "docker compose {arguments:?}: {errors}"
    );
    String::from_utf8_lossy(&done.stdout).into_owned() + &errors
}

#[tokio::test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
async fn docker_compose_and_we_see_the_same_project() {
    let fixture = Fixture::new("interop", 183);
    let engine = Engine::connect().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("compose.yaml");
    std::fs::write(&file, fixture.text()).unwrap();
    let project = fixture.project(&[]);
    let (store, worker) = (fixture.container("store"), fixture.container("worker"));
    let ids = || [inspect(&store, "{{.Id}}"), inspect(&worker, "{{.Id}}")];

    // Started here, seen there.
    apply(&engine, &project).await.unwrap();
    let ours = ids();
    let listed = compose(
        &file,
        &["ps", "--format", "{{.Name}} {{.Service}} {{.State}}"],
    );
    assert!(
        listed.contains(&format!("{store} store running")),
        "{listed}"
    );
    assert!(
        listed.contains(&format!("{worker} worker running")),
        "{listed}"
    );
    assert!(compose(&file, &["logs", "store"]).contains("store is up"));
    let said = compose(&file, &["up", "-d"]);
    assert_eq!(
        ids(),
        ours,
        "docker compose recreated what was as it should be: {said}"
    );
    assert!(is_settled(&engine.plan(&project).await.unwrap()));
    compose(&file, &["down"]);
    assert!(fixture.containers().is_empty());

    // Started there, seen here.
    compose(&file, &["up", "-d"]);
    let theirs = ids();
    let plan = engine.plan(&project).await.unwrap();
    assert!(is_settled(&plan), "{plan:?}");
    apply(&engine, &project).await.unwrap();
    assert_eq!(ids(), theirs);
    let status = engine.status(&project).await.unwrap();
    assert!(status.iter().all(|service| service.is_ready), "{status:?}");

    // Changed here there and back: docker compose has nothing to do.
    apply(&engine, &fixture.project(&[("LEVEL", "two")]))
        .await
        .unwrap();
    apply(&engine, &project).await.unwrap();
    let ours = ids();
    compose(&file, &["up", "-d"]);
    assert_eq!(ids(), ours);
    engine
        .down(&project, Removing::Everything, &|_| {})
        .await
        .unwrap();
    assert_eq!(compose(&file, &["ps", "-aq"]), "");
    assert!(!docker(&["volume", "ls", "-q"]).contains(&fixture.name));
}

/// What the engine knows of a container, less what differs by chance.
fn settings(container: &str) -> Value {
    let inspected: Value = serde_json::from_str(&docker(&["inspect", container])).unwrap();
    let mut settings = Value::default();
    for part in ["Config", "HostConfig", "Mounts"] {
        settings[part] = without_empty(inspected[0][part].clone());
    }
    let (_, network) = inspected[0]["NetworkSettings"]["Networks"]
        .as_object()
        .unwrap()
        .iter()
        .next()
        .unwrap();
    settings["Aliases"] = network["Aliases"].clone();
    settings["Mounts"] = sorted(settings["Mounts"].take());
    // docker compose makes these lists of mappings, in any order.
    for list in settings["HostConfig"].as_object_mut().unwrap().values_mut() {
        if list.is_array() {
            *list = sorted(list.take());
        }
    }
    let id = &inspected[0]["Id"].as_str().unwrap()[..12];
    let config = settings["Config"].as_object_mut().unwrap();
    config["Env"] = sorted(config["Env"].take());
    let labels = config["Labels"].as_object_mut().unwrap();
    // Who made it, from which file; and ours for the changes of settings.
    labels.retain(|name, _| {
        !name.contains("compose.project.")
            && !["com.docker.compose.version", "org.wikisentry.settings"].contains(&name.as_str())
    });
    let mut settings: Value =
        serde_json::from_str(&settings.to_string().replace(id, "ID")).unwrap();
    // Only now: an id stands anywhere among them.
    settings["Aliases"] = sorted(settings["Aliases"].take());
    settings
}

fn sorted(list: Value) -> Value {
    let mut items = list.as_array().cloned().unwrap_or_default();
    items.sort_by_key(Value::to_string);
    items.dedup();
    Value::Array(items)
}

/// Nothing, an empty list and an empty mapping are the same to the engine.
fn without_empty(value: Value) -> Value {
    let Value::Object(entries) = value else {
        return value;
    };
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    };
    let entries = entries
        .into_iter()
        .map(|(name, value)| (name, without_empty(value)));
    Value::Object(entries.filter(|(_, value)| !is_empty(value)).collect())
}

/// A port of this machine that was free a moment ago.
fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

#[tokio::test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
async fn containers_made_here_are_those_that_docker_compose_makes() {
    let fixture = Fixture::new("same", 189);
    let engine = Engine::connect().await.unwrap();
    let text = include_str!("../compose_files/full.yaml")
        .replace("wstest-full", &fixture.name)
        .replace("172.29.78.", "172.29.189.")
        .replace("interval: 90s", "interval: 500ms")
        .replace("39192", &free_port())
        .replace("39194", &free_port());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("compose.yaml");
    std::fs::write(&file, &text).unwrap();
    let project = Project::load(&text, &Variables::default()).unwrap();
    let all = || ["broker", "worker", "plain"].map(|name| settings(&fixture.container(name)));

    compose(&file, &["up", "-d"]);
    let theirs = all();
    assert!(is_settled(&engine.plan(&project).await.unwrap()));
    compose(&file, &["kill"]);
    compose(&file, &["down", "-v"]);
    engine
        .apply(&project, crate::fixture::PATIENCE, &|_| {})
        .await
        .unwrap();
    for (ours, theirs) in all().iter().zip(&theirs) {
        for (part, theirs) in theirs.as_object().unwrap() {
            assert_eq!(&ours[part], theirs, "{part}");
        }
    }
}
