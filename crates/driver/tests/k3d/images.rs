//! Images on their way into the node, and pods made from them that talk to the data layer's network.

use crate::fixture::{Fixture, docker};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use wikisentry_driver::converge::{Change, Verb, Work};
use wikisentry_driver::k3d::K3dError;

/// Images of a repository of their own; the layers of the first are those of the second too.
const REPOSITORY: &str = "wstest-images";

fn reference(name: &str) -> String {
    format!("{REPOSITORY}/{name}:1")
}

/// Builds an image with a file of `bytes`, which no compression makes smaller, on another one.
fn build(name: &str, from: &str, bytes: usize) {
    let folder = tempfile::tempdir().unwrap();
    let dockerfile = format!("FROM {from}\nRUN head -c {bytes} /dev/urandom > /{name}\n");
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).unwrap();
    let path = folder.path().to_string_lossy().into_owned();
    docker(&["build", "--quiet", "--tag", &reference(name), &path]);
}

/// The images, removed at the end, also of a test that fails.
struct Built;

impl Built {
    fn new() -> Self {
        build("low", "debian:bookworm-slim", 1_000_000);
        build("high", &reference("low"), 120_000_000);
        build("other", "debian:bookworm-slim", 1_000);
        Self
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        for name in ["high", "low", "other"] {
            let mut remove = std::process::Command::new("docker");
            // What is not there is no failure.
            _ = remove.args(["rmi", "-f", &reference(name)]).output();
        }
    }
}

fn verbs(changes: &[Change]) -> Vec<Verb> {
    changes.iter().map(|change| change.verb).collect()
}

#[tokio::test]
#[ignore = "needs k3d and a Docker engine: CLUSTER_TESTS=all scripts/test.sh"]
async fn images_come_into_the_node_once_and_pods_of_them_reach_the_network() {
    let _built = Built::new();
    let fixture = Fixture::new("images", 35).await;
    fixture.create().await;
    let node = fixture.node();
    let both = [reference("low"), reference("high")];
    assert_eq!(verbs(&node.plan(&both).await.unwrap()), [Verb::Create; 2]);

    let bytes = Mutex::new(Vec::new());
    let note = |work: Work| bytes.lock().unwrap().extend(work.bytes);
    let began = Instant::now();
    assert_eq!(
        verbs(&node.load(&both, &note).await.unwrap()),
        [Verb::Create; 2]
    );
    let bytes = bytes.into_inner().unwrap();
    let (done, total) = *bytes.last().unwrap();
    let seconds = began.elapsed().as_secs_f32();
    println!("{} MB in {seconds:.1} s", done / 1_000_000);
    // Their common layers went once: 74 + 1 + 120 MB, not 75 more.
    assert!(
        (190_000_000..240_000_000).contains(&done),
        "{done} of {total}"
    );
    assert!(
        bytes.windows(2).all(|pair| pair[0].0 <= pair[1].0),
        "{bytes:?}"
    );
    let began = Instant::now();
    assert_eq!(
        verbs(&node.load(&both, &|_| {}).await.unwrap()),
        [Verb::Keep; 2]
    );
    println!("nothing to load: {:.1} s", began.elapsed().as_secs_f32());

    // Another image under a name that is there is brought in.
    docker(&["tag", &reference("other"), &reference("low")]);
    assert_eq!(
        verbs(&node.plan(&both).await.unwrap()),
        [Verb::Create, Verb::Keep]
    );
    node.load(&both, &|_| {}).await.unwrap();
    assert_eq!(verbs(&node.plan(&both).await.unwrap()), [Verb::Keep; 2]);

    // Of a container's aliases, as the data layer's have them, not its name.
    let label = format!("wstest={}", fixture.spec.name);
    docker(&[
        "run",
        "-d",
        "--label",
        &label,
        "--network",
        &fixture.spec.network,
        "--network-alias",
        "kafka",
        "debian:bookworm-slim",
        "sleep",
        "900",
    ]);
    let address = fixture.pod(
        "resolves",
        &reference("high"),
        &["getent", "hosts", "kafka"],
    );
    assert!(address.starts_with("172.28.35."), "{address}");

    let none = [reference("none")];
    let error = node.load(&none, &|_| {}).await.unwrap_err();
    assert!(
        matches!(&error, K3dError::NotOnEngine { references } if *references == none),
        "{error:?}"
    );

    // A store that takes nothing: the node's own words come back, and nothing counts as imported.
    let server = fixture.spec.server();
    let ingest = "/var/lib/rancher/k3s/agent/containerd/io.containerd.content.v1.content/ingest";
    docker(&[
        "exec", &server, "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", ingest,
    ]);
    let other = [reference("other")];
    let error = node.load(&other, &|_| {}).await.unwrap_err();
    let K3dError::InNode { output, code, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(
        *code != 0 && output.iter().any(|line| line.contains("failed to ingest")),
        "{output:?}"
    );
    assert_eq!(verbs(&node.plan(&other).await.unwrap()), [Verb::Create]);
    docker(&["exec", &server, "umount", ingest]);
    node.load(&other, &|_| {}).await.unwrap();
    assert_eq!(verbs(&node.plan(&other).await.unwrap()), [Verb::Keep]);

    // Another name of what is wanted goes alone. What a pod is made from stays, though nobody wants it.
    let removed = node.prune(REPOSITORY, &other).await.unwrap();
    assert_eq!(removed, ["docker.io/wstest-images/low:1"]);
    assert_eq!(verbs(&node.plan(&other).await.unwrap()), [Verb::Keep]);
    fixture.kubectl(&["delete", "pod", "resolves", "--wait"]);
    // The node removes the container some time after the pod.
    let began = Instant::now();
    let removed = loop {
        let removed = node.prune(REPOSITORY, &other).await.unwrap();
        if !removed.is_empty() || began.elapsed() > Duration::from_secs(120) {
            break removed;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert_eq!(removed, ["docker.io/wstest-images/high:1"]);
    assert_eq!(verbs(&node.plan(&other).await.unwrap()), [Verb::Keep]);

    fixture.k3d.stop(&fixture.spec, &|_| {}).await.unwrap();
    let error = node.load(&other, &|_| {}).await.unwrap_err().to_string();
    assert_eq!(error, "the node k3d-wstest-images-server-0 is exited");
}
