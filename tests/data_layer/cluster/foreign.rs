//! The profile kubernetes against a cluster, a Kafka and an object store that this program did not make
//! and knows by their addresses alone: it gives what the embedded profile gives, and leaves what is not
//! its own.

use super::equal::{ALL, Embedded, classified};
use super::{component, healthy};
use crate::fixture::{Fixture, PATIENCE, docker};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wikisentry_driver::images::ImageSet;

const NAME: &str = "wikisentry-test-foreign";
const SUBNET: &str = "172.30.96.0/24";
const GATEWAY: &str = "172.30.96.1";
/// Pods and this machine reach both by their addresses in the network.
const BROKER: &str = "172.30.96.100";
const STORE: &str = "172.30.96.101";
const PASSWORD: &str = "foreign-password";
/// No registry answers there: the node has the images under these names already.
const REGISTRY: &str = "registry.example.org/wikisentry";

/// A broker that takes two users by PLAIN.
const START_BROKER: &str = r#"
set -euo pipefail
cat > /tmp/server.properties <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
log.dirs=/tmp/data
listeners=CLIENTS://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093
advertised.listeners=CLIENTS://$ADDRESS:9092
listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENTS
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.clients.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="broker" password="$PASSWORD" user_broker="$PASSWORD" user_me="$PASSWORD";
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
END
cat > /tmp/client.properties <<END
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="me" password="$PASSWORD";
END
mapfile -t options < <(/opt/kafka/bin/java-options 256m /opt/kafka/config/log4j2.properties)
java "${options[@]}" kafka.tools.StorageTool format --cluster-id AAAAAAAAAAAAAAAAAAAAAA --config /tmp/server.properties
exec java "${options[@]}" kafka.Kafka /tmp/server.properties
"#;

const PRODUCE: &str = "exec java -Xmx128m -cp '/opt/kafka/libs/*' \
     -Dlog4j2.configurationFile=/opt/kafka/config/tools.properties \
     org.apache.kafka.tools.ConsoleProducer --bootstrap-server $ADDRESS:9092 \
     --command-config /tmp/client.properties --topic \"$0\"";

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The network with everything that others run.
struct Others {
    folder: tempfile::TempDir,
}

impl Others {
    fn start(images: &ImageSet) -> Self {
        let others = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        // What a killed run left behind.
        others.remove();
        run(
            "docker",
            &[
                "network",
                "create",
                "--subnet",
                SUBNET,
                "--gateway",
                GATEWAY,
                NAME,
            ],
        );
        let image = |name: &str| images.get(name).expect("an image").reference.clone();
        let broker = format!("{NAME}-kafka");
        let (address, password) = (format!("ADDRESS={BROKER}"), format!("PASSWORD={PASSWORD}"));
        run(
            "docker",
            &[
                "run",
                "--detach",
                "--name",
                &broker,
                "--network",
                NAME,
                "--ip",
                BROKER,
                "--env",
                &address,
                "--env",
                &password,
                "--entrypoint",
                "bash",
                &image("kafka"),
                "-c",
                START_BROKER,
            ],
        );
        let secret = format!("MINIO_ROOT_PASSWORD={PASSWORD}");
        run(
            "docker",
            &[
                "run",
                "--detach",
                "--name",
                &format!("{NAME}-minio"),
                "--network",
                NAME,
                "--ip",
                STORE,
                "--env",
                "MINIO_ROOT_USER=foreign",
                "--env",
                &secret,
                "--entrypoint",
                "bash",
                // A folder of the volume is a bucket.
                &image("minio"),
                "-c",
                "mkdir /data/lake && exec /opt/minio/start",
            ],
        );
        let mut ports = (31_060..).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
        let port = ports.next().expect("a free port");
        run(
            "k3d",
            &[
                "cluster",
                "create",
                NAME,
                "--no-lb",
                "--kubeconfig-update-default=false",
                &format!("--api-port=127.0.0.1:{port}"),
                "--network",
                NAME,
                "--wait",
            ],
        );
        let kubeconfig = run("k3d", &["kubeconfig", "get", NAME]);
        std::fs::write(others.kubeconfig(), kubeconfig).expect("the kubeconfig");
        std::fs::write(others.secret(), format!("{PASSWORD}\n")).expect("the secret");
        // As a registry would have them.
        for name in ["flink", "serving"] {
            let local = image(name);
            let (_, tag) = local.rsplit_once(':').expect("a tag");
            let foreign = format!("{REGISTRY}/{name}:{tag}");
            run("docker", &["tag", &local, &foreign]);
            run("k3d", &["image", "import", "--cluster", NAME, &foreign]);
            run("docker", &["rmi", &foreign]);
        }
        others
    }

    fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    fn secret(&self) -> PathBuf {
        self.folder.path().join("secret")
    }

    /// What leads there, and nothing else.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let file = |path: PathBuf| path.display().to_string();
        vec![
            ("PROFILE", "kubernetes".to_owned()),
            ("SIZE", "small".to_owned()),
            ("DOCKER__DEADLINE", "10m".to_owned()),
            ("FLINK__HOLD", "2s".to_owned()),
            ("KUBERNETES__CONTEXT", format!("k3d-{NAME}")),
            ("KUBERNETES__KUBECONFIG", file(self.kubeconfig())),
            ("KUBERNETES__IMAGES__PREFIX", REGISTRY.to_owned()),
            ("KUBERNETES__KAFKA__BOOTSTRAP", format!("{BROKER}:9092")),
            ("KUBERNETES__KAFKA__SECURITY", "SASL_PLAINTEXT".to_owned()),
            ("KUBERNETES__KAFKA__MECHANISM", "PLAIN".to_owned()),
            ("KUBERNETES__KAFKA__USER", "me".to_owned()),
            ("KUBERNETES__KAFKA__PASSWORD", PASSWORD.to_owned()),
            ("KUBERNETES__KAFKA__REPLICATION", "1".to_owned()),
            ("KUBERNETES__S3__ENDPOINT", format!("http://{STORE}:9000")),
            ("KUBERNETES__S3__BUCKET", "lake".to_owned()),
            ("KUBERNETES__S3__ACCESS_KEY", "foreign".to_owned()),
            ("KUBERNETES__S3__SECRET_KEY_FILE", file(self.secret())),
        ]
    }

    fn kubectl(&self, arguments: &[&str]) -> String {
        let file = self.kubeconfig().display().to_string();
        let own = ["--kubeconfig", &file, "--namespace", "wikisentry"];
        run("kubectl", &[&own[..], arguments].concat())
    }

    /// Writes lines into a topic, as the producer of the edits would.
    fn produce(&self, topic: &str, lines: &str) {
        let mut producer = Command::new("docker")
            .args(["exec", "--interactive", &format!("{NAME}-kafka")])
            .args(["bash", "-c", PRODUCE, topic])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the producer");
        let mut input = producer.stdin.take().expect("its input");
        input.write_all(lines.as_bytes()).expect("it reads");
        drop(input);
        assert!(producer.wait().expect("it ends").success());
    }

    fn remove(&self) {
        _ = Command::new("k3d")
            .args(["cluster", "delete", NAME])
            .output();
        let containers = ["kafka", "minio"].map(|name| format!("{NAME}-{name}"));
        docker(&["rm", "--force", "--volumes", &containers[0], &containers[1]]);
        docker(&["network", "rm", NAME]);
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        self.remove();
    }
}

#[test]
#[ignore = "needs a Docker engine and k3d: CLUSTER_TESTS=all scripts/test.sh"]
fn a_cluster_a_kafka_and_a_store_of_others_do_as_ours_and_keep_what_is_theirs() {
    let embedded = Embedded::start();
    let expected = embedded.classified();
    embedded.ok(&["images", "build"]);
    let images = ImageSet::resolve(&wikisentry::components::images(), &BTreeMap::new());
    let others = Others::start(&images.expect("the images"));
    let layer = Fixture::foreign("foreign", others.settings());

    // A broker answers some seconds after it was started.
    let begun = Instant::now();
    let plan = loop {
        let output = layer.run(&["plan", "--output", "json"]);
        if output.status.success() {
            break output.stdout;
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(begun.elapsed() < PATIENCE, "{said}");
        std::thread::sleep(Duration::from_secs(1));
    };
    let plan: Value = serde_json::from_slice(&plan).expect("JSON");
    assert_eq!(plan["cluster"]["context"], format!("k3d-{NAME}"));
    assert!(plan["engine"].is_null());
    let doctor = layer.run(&["doctor", "--output", "json"]);
    let doctor = String::from_utf8(doctor.stdout).expect("UTF-8");
    for name in ["kubernetes", "kafka", "minio"] {
        let checks = doctor
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        let mut checks = checks.filter(|check: &Value| check["name"] == name);
        assert_eq!(checks.next().expect("a check")["verdict"], "ok", "{doctor}");
    }

    layer.ok(&["up", "--timeout", "0"]);
    for topic in ["edits.registered", "edits.anonymous", "edits.bot"] {
        let raw = embedded.ok(&[&["tail", topic], &ALL[1..]].concat());
        others.produce(topic, &raw);
    }
    let found = classified(&layer);
    for (id, edit) in &expected {
        assert_eq!(found.get(id), Some(edit), "{id}");
    }
    assert_eq!(found.len(), expected.len());

    let shown = healthy(&layer);
    assert_eq!(shown["profile"], "kubernetes");
    for name in ["kafka", "minio"] {
        assert_eq!(component(&shown, name)["state"], "foreign");
    }
    let flink = component(&shown, "flink-jobmanager");
    assert_eq!(flink["job"]["state"], "running");
    assert_eq!(component(&shown, "minio")["buckets"][0]["name"], "lake");
    assert!(!layer.ok(&["logs", "flink", "-n", "5"]).is_empty());
    let endpoints = layer.ok(&["endpoints"]);
    for words in [
        "http://serving.wikisentry.svc:8000",
        "port-forward service/serving",
    ] {
        assert!(endpoints.contains(words), "{endpoints}");
    }
    assert_eq!(
        layer.administrator("kafka"),
        ("me".to_owned(), PASSWORD.to_owned())
    );

    // An edit of the lake in their bucket, by its number.
    let edit = found.values().find(|edit| edit["score"].is_number());
    let edit = edit.expect("one with a score");
    let wiki = edit["wiki"].as_str().expect("a wiki");
    let revision = format!("{wiki}:{}", edit["rev_id"]);
    let begun = Instant::now();
    let explained = loop {
        let output = layer.run(&["explain", &revision, "--output", "json"]);
        if output.status.success() {
            break output.stdout;
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(begun.elapsed() < PATIENCE, "{said}");
        std::thread::sleep(Duration::from_secs(1));
    };
    let explained: Value = serde_json::from_slice(&explained).expect("JSON");
    assert_eq!(explained["score"], edit["score"]);

    let again = layer.run(&["up", "--timeout", "0"]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("already up"), "{said}");

    // What is not ours outlives us, and we go on where we were.
    others.kubectl(&["create", "configmap", "theirs"]);
    let said = layer.run(&["down"]);
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("flink-release"), "{said}");
    assert_eq!(
        others.kubectl(&["get", "deployments", "--output", "name"]),
        ""
    );
    let left = others.kubectl(&["get", "configmaps", "--output", "name"]);
    for name in ["configmap/theirs", "configmap/flink-release"] {
        assert!(left.contains(name), "{left}");
    }
    assert_eq!(classified(&layer), found, "their topics are there");
    layer.ok(&["up", "--timeout", "0"]);
    healthy(&layer);
    assert_eq!(
        classified(&layer),
        found,
        "nothing came twice, nothing went"
    );
    layer.ok(&["down", "--purge", "--yes"]);
    let left = others.kubectl(&["get", "configmaps", "--output", "name"]);
    assert!(left.contains("configmap/theirs"), "{left}");
}
