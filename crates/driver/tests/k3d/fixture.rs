//! A cluster of its own for each test, on a network of its own, removed with everything of it when the
//! test ends, also by a panic.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};
use wikisentry_driver::docker::Engine;
use wikisentry_driver::k3d::{ClusterSpec, K3d, LEAN, Node, PublishedNodePort};

/// Long enough for a loaded machine; nothing waits for it to pass.
pub const PATIENCE: Duration = Duration::from_secs(400);

pub struct Fixture {
    pub k3d: K3d,
    pub spec: ClusterSpec,
}

impl Fixture {
    /// `number` is the test's own: its subnet and ports follow from it.
    pub async fn new(test: &str, number: u8) -> Self {
        let fixture = Self::joined(test, number).await;
        // What a killed run left behind.
        fixture.clean();
        let subnet = format!("172.28.{number}.0/24");
        let gateway = format!("172.28.{number}.1");
        let network = &fixture.spec.network;
        docker(&[
            "network",
            "create",
            "--subnet",
            &subnet,
            "--gateway",
            &gateway,
            network,
        ]);
        fixture
    }

    /// The one that another process made; what is there stays as it is.
    pub async fn joined(test: &str, number: u8) -> Self {
        let engine = Engine::connect().await.unwrap();
        let k3d = K3d::find(&engine).await.unwrap();
        let name = format!("wstest-{test}");
        Self {
            k3d,
            spec: ClusterSpec {
                image: default_image(),
                network: format!("{name}-net"),
                name,
                ports: vec![PublishedNodePort {
                    host: 18_000 + u16::from(number),
                    node: 80,
                }],
                node_memory_bytes: 2 << 30,
                k3s_args: LEAN
                    .into_iter()
                    .chain(["--service-node-port-range=80-32767"])
                    .map(str::to_owned)
                    .collect(),
                labels: BTreeMap::from([("org.wikisentry.test".to_owned(), "1".to_owned())]),
                api_port: 18_500 + u16::from(number),
            },
        }
    }

    pub async fn create(&self) {
        let began = Instant::now();
        self.k3d
            .create(&self.spec, PATIENCE, &|_| {})
            .await
            .unwrap();
        println!("created in {:.1} s", began.elapsed().as_secs_f32());
    }

    pub async fn start(&self) {
        let began = Instant::now();
        self.k3d.start(&self.spec, PATIENCE, &|_| {}).await.unwrap();
        println!("started in {:.1} s", began.elapsed().as_secs_f32());
    }

    pub fn node(&self) -> Node {
        Node::new(self.k3d.engine(), self.spec.server())
    }

    /// `kubectl` in the node; its output, once it succeeds.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let server = self.spec.server();
        let all: Vec<&str> = ["exec", &server, "kubectl"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        let began = Instant::now();
        loop {
            match run("docker", &all) {
                Ok(output) => return output,
                Err(error) if began.elapsed() > PATIENCE => panic!("{error}"),
                Err(_) => std::thread::sleep(Duration::from_millis(500)),
            }
        }
    }

    /// Runs a pod of `image` to its end and answers its output. It never asks a registry.
    pub fn pod(&self, name: &str, image: &str, command: &[&str]) -> String {
        let image = format!("--image={image}");
        let run = [
            "run",
            name,
            "--restart=Never",
            "--image-pull-policy=Never",
            &image,
            "--command",
            "--",
        ];
        let run: Vec<&str> = run.into_iter().chain(command.iter().copied()).collect();
        // The account that pods run as is made a moment after the start.
        self.kubectl(&["get", "serviceaccount", "default"]);
        self.kubectl(&run);
        let pod = format!("pod/{name}");
        let succeeded = "--for=jsonpath={.status.phase}=Succeeded";
        self.kubectl(&["wait", succeeded, &pod, "--timeout=10s"]);
        self.kubectl(&["logs", &pod])
    }

    /// Names of all containers of the cluster, ours or not.
    pub fn containers(&self) -> Vec<String> {
        let filter = format!("label=k3d.cluster={}", self.spec.name);
        let names = docker(&["ps", "-a", "--filter", &filter, "--format", "{{.Names}}"]);
        let mut names: Vec<String> = names.lines().map(str::to_owned).collect();
        names.sort();
        names
    }

    /// Whether anything of the cluster is left in the engine.
    pub fn is_gone(&self) -> bool {
        let filter = format!("label=k3d.cluster={}", self.spec.name);
        let volumes = docker(&["volume", "ls", "-q", "--filter", &filter]);
        self.containers().is_empty() && volumes.is_empty()
    }

    fn clean(&self) {
        let name = &self.spec.name;
        for command in [
            format!("docker ps -aq --filter label=k3d.cluster={name} | xargs -r docker rm -fv"),
            format!(
                "docker volume ls -q --filter label=k3d.cluster={name} | xargs -r docker volume rm -f"
            ),
            format!("docker ps -aq --filter label=wstest={name} | xargs -r docker rm -fv"),
            format!("docker network rm {}", self.spec.network),
        ] {
            // What is not there is no failure.
            _ = Command::new("sh").args(["-c", &command]).output();
        }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.clean();
    }
}

/// The image of k3s that `k3d` takes by default.
fn default_image() -> String {
    let said = run("k3d", &["version"]).unwrap();
    let version = said
        .lines()
        .find_map(|line| line.strip_prefix("k3s version "));
    let version = version.unwrap().trim_end_matches(" (default)").to_owned();
    format!("rancher/k3s:{version}")
}

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let done = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&done.stderr);
    if !done.status.success() {
        return Err(format!("{program} {arguments:?}: {errors}"));
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

/// The output of a `docker` command that must succeed.
pub fn docker(arguments: &[&str]) -> String {
    run("docker", arguments).unwrap()
}
