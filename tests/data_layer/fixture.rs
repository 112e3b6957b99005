//! A data layer of the test's own, with names, ports and addresses that no other has; gone when
//! the test ends, also by a panic.

use serde_json::Value;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(300);

pub struct Fixture {
    pub project: String,
    program: PathBuf,
    folder: tempfile::TempDir,
    settings: Vec<(&'static str, String)>,
    server: Option<Child>,
}

impl Fixture {
    /// `number` is the test's own: of its subnet.
    pub fn new(name: &str, number: u8) -> Self {
        // Below those that the system gives to others, and apart from other tests'.
        let mut ports = (20_000 + u16::from(number) * 10..)
            .filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
        let mut port = || ports.next().expect("a free port").to_string();
        let project = format!("wikisentry-test-{name}");
        let settings = vec![
            ("PROFILE", "k3d".to_owned()),
            ("SIZE", "small".to_owned()),
            ("DOCKER__PROJECT", project.clone()),
            ("DOCKER__SUBNET", format!("172.30.{number}.0/24")),
            ("DOCKER__DEADLINE", "5m".to_owned()),
            ("KAFKA__PORT", port()),
            ("KAFKA__SASL_PORT", port()),
            ("CONNECT__PORT", port()),
            ("MINIO__PORT", port()),
            ("MINIO__CONSOLE_PORT", port()),
            ("SOURCE__STREAMS", "recentchange".to_owned()),
            ("SOURCE__BACKOFF_MIN", "100ms".to_owned()),
            ("SOURCE__BACKOFF_MAX", "1s".to_owned()),
        ];
        let fixture = Self {
            project,
            program: env!("CARGO_BIN_EXE_wikisentry").into(),
            folder: tempfile::tempdir().expect("a folder"),
            settings,
            server: None,
        };
        // What a killed run left behind.
        fixture.clean();
        fixture
    }

    /// With a cluster of its own, the pods of which hold edits for the lake no longer than a second or
    /// two.
    pub fn with_cluster(name: &str, number: u8) -> Self {
        let mut fixture = Self::new(name, number);
        let mut ports = (30_100 + u16::from(number) * 10..)
            .filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
        let mut port = || ports.next().expect("a free port").to_string();
        fixture.settings.extend([
            ("CLUSTER__NAME", fixture.project.replace('_', "-")),
            ("CLUSTER__PORT", port()),
            ("FLINK__PORT", port()),
            ("SERVING__PORT", port()),
            ("FLINK__HOLD", "2s".to_owned()),
            // Alerts follow the order of edits, and only a single partition keeps that.
            ("KAFKA__PARTITIONS", "1".to_owned()),
            // Nobody listens there until a server is started.
            (
                "SOURCE__URL",
                "http://host.docker.internal:9/v2/stream".to_owned(),
            ),
        ]);
        fixture.set("DOCKER__DEADLINE", "10m");
        fixture.clean();
        fixture
    }

    /// A platform in what others run, as `settings` name it: nothing of it is made or removed here.
    pub fn foreign(name: &str, settings: Vec<(&'static str, String)>) -> Self {
        Self {
            project: format!("wikisentry-test-{name}"),
            program: env!("CARGO_BIN_EXE_wikisentry").into(),
            folder: tempfile::tempdir().expect("a folder"),
            settings,
            server: None,
        }
    }

    /// The same with another program, and the profile left to its flags.
    pub fn of_program(name: &str, number: u8, program: PathBuf) -> Self {
        let mut fixture = Self::new(name, number);
        fixture.program = program;
        fixture.settings.retain(|(key, _)| *key != "PROFILE");
        fixture
    }

    /// Serves the sample to the containers, with what is to go wrong, in the place of what was served
    /// before.
    pub fn serve(&mut self, arguments: &[&str]) {
        self.stop_serving();
        let mut command = self.command(&["replay", "sample", "--listen", "docker", "--port", "0"]);
        let command = command.args(arguments).stdout(Stdio::piped());
        let mut server = command.spawn().expect("the replay server");
        let mut url = String::new();
        let out = server.stdout.take().expect("its output");
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(out));
        while url.is_empty() {
            let line = lines.next().expect("the server runs").expect("a line");
            if let Some(rest) = line.strip_prefix("url") {
                url = rest.trim().to_owned();
            }
        }
        self.server = Some(server);
        self.settings.push(("SOURCE__URL", url));
    }

    /// A setting from now on.
    pub fn set(&mut self, key: &'static str, value: &str) {
        self.settings.retain(|(known, _)| *known != key);
        self.settings.push((key, value.to_owned()));
    }

    pub fn stop_serving(&mut self) {
        if let Some(mut server) = self.server.take() {
            _ = server.kill();
            _ = server.wait();
        }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("WIKISENTRY_")) {
            command.env_remove(key);
        }
        let settings = self.settings.iter();
        command
            .args(arguments)
            .envs(settings.map(|(key, value)| (format!("WIKISENTRY_{key}"), value)))
            .env("WIKISENTRY_HOME", self.state())
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// Runs a command that must succeed; its standard output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{arguments:?}: {}\n{said}",
            output.status
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub fn up(&self) {
        self.ok(&["up", "--until", "data-layer", "--timeout", "120"]);
    }

    /// The event ids in a topic, and how often each is there.
    pub fn ids(&self, topic: &str) -> BTreeMap<String, usize> {
        let text = self.ok(&[
            "tail",
            topic,
            "--from",
            "beginning",
            "--max",
            "1000000",
            "--output",
            "json",
        ]);
        let mut ids = BTreeMap::new();
        for line in text.lines() {
            let event: Value = serde_json::from_str(line).expect("an event");
            let id = event["meta"]["id"].as_str().expect("an id").to_owned();
            *ids.entry(id).or_default() += 1;
        }
        ids
    }

    /// All topics of edits together.
    pub fn edits(&self) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        for topic in ["edits.registered", "edits.anonymous", "edits.bot"] {
            for (id, count) in self.ids(topic) {
                *all.entry(id).or_default() += count;
            }
        }
        all
    }

    /// Waits until as many edits are there as the sample has.
    pub fn wait_for(&self, edits: usize) -> BTreeMap<String, usize> {
        let begun = Instant::now();
        loop {
            // A broker that was just killed does not answer.
            let output = self.run(&["status", "--output", "json"]);
            let status: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let topics = status["topics"].as_array().cloned().unwrap_or_default();
            let kept: u64 = topics
                .iter()
                .filter(|topic| {
                    topic["name"]
                        .as_str()
                        .is_some_and(|name| name.starts_with("edits.") && !name.ends_with("ified"))
                })
                .filter_map(|topic| topic["records"].as_u64())
                .sum();
            if kept >= edits as u64 {
                let found = self.edits();
                if found.len() >= edits {
                    return found;
                }
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{kept} of {edits} edits after {PATIENCE:?}"
            );
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn container(&self, service: &str) -> String {
        format!("{}-{service}-1", self.project)
    }

    /// What is published for a port's setting, such as `CONNECT__PORT`: address and port.
    pub fn published(&self, setting: &str) -> String {
        let mut settings = self.settings.iter();
        let port = settings.find(|(key, _)| *key == setting);
        format!("127.0.0.1:{}", port.expect("it is set").1)
    }

    /// The accounts of a component and their passwords, its administrator first.
    pub fn accounts(&self, component: &str) -> Vec<(String, String)> {
        let shown = self.ok(&["credentials", "--output", "json"]);
        let all: Value = serde_json::from_str(&shown).expect("JSON");
        let text = |one: &Value, key: &str| one[key].as_str().expect("a text").to_owned();
        let accounts = all[component].as_array().expect("accounts").iter();
        accounts
            .map(|one| (text(one, "user"), text(one, "password")))
            .collect()
    }

    /// The administrator of a component and its password.
    pub fn administrator(&self, component: &str) -> (String, String) {
        self.accounts(component).swap_remove(0)
    }

    /// The container that keeps a volume in memory, which compose knows nothing of.
    pub fn holder(&self) -> String {
        format!("{}-holder", self.project)
    }

    fn clean(&self) {
        if let Some((_, name)) = self
            .settings
            .iter()
            .find(|(key, _)| *key == "CLUSTER__NAME")
        {
            _ = Command::new("k3d")
                .args(["cluster", "delete", name])
                .output();
        }
        docker(&["rm", "--force", &self.holder()]);
        let filter = format!("label=com.docker.compose.project={}", self.project);
        for (list, remove) in [
            (&["ps", "--all", "--quiet"][..], &["rm", "--force"][..]),
            (&["network", "ls", "--quiet"], &["network", "rm"]),
            (&["volume", "ls", "--quiet"], &["volume", "rm", "--force"]),
        ] {
            let listed = docker(&[list, &["--filter", &filter]].concat());
            let names = String::from_utf8_lossy(&listed.stdout).into_owned();
            let names: Vec<&str> = names.split_whitespace().collect();
            if !names.is_empty() {
                docker(&[remove, &names].concat());
            }
        }
    }

    /// Containers, volumes and networks of this project.
    pub fn things(&self) -> Vec<String> {
        let filter = format!("label=com.docker.compose.project={}", self.project);
        let mut things = Vec::new();
        for list in [
            &["ps", "--all", "--format", "{{.Names}}"][..],
            &["network", "ls", "--format", "{{.Name}}"],
            &["volume", "ls", "--format", "{{.Name}}"],
        ] {
            let listed = docker(&[list, &["--filter", &filter]].concat());
            let names = String::from_utf8_lossy(&listed.stdout).into_owned();
            things.extend(names.lines().map(str::to_owned));
        }
        things
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.stop_serving();
        if std::thread::panicking() {
            let logs = self.run(&["logs", "-n", "15"]);
            println!("{}", String::from_utf8_lossy(&logs.stdout));
        }
        self.clean();
    }
}

pub fn docker(arguments: &[&str]) -> Output {
    let output = Command::new("docker").args(arguments).output();
    output.expect("the docker program")
}
