//! A small project of its own for each test, removed with everything of it when the test ends,
//! also by a panic.

use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;
use wikisentry_driver::compose::{Project, Variables};
use wikisentry_driver::converge::{Change, Verb};
use wikisentry_driver::docker::{Engine, EngineError, Progress, ProgressStep};

/// Long enough for a loaded machine; nothing waits for it to pass.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A project with two services: `worker` waits for `store`, which keeps a volume.
pub struct Fixture {
    pub name: String,
    subnet: u8,
}

impl Fixture {
    /// `subnet` is the test's own number.
    pub fn new(test: &str, subnet: u8) -> Self {
        let name = format!("wstest-{test}");
        let fixture = Self { name, subnet };
        // What a killed run left behind.
        fixture.clean();
        fixture
    }

    pub fn text(&self) -> String {
        format!(
            r#"
name: {name}
services:
  store:
    image: debian:bookworm-slim
    init: true
    command: ["sh", "-c", "echo store is up; echo to stderr >&2; exec sleep 600"]
    environment:
      LEVEL: ${{LEVEL:-one}}
      SECRET: ${{SECRET:-hunter2}}
    ports: ["127.0.0.1:${{PORT:-}}:7000"]
    volumes: ["data:/data"]
    networks: {{ inner: {{ aliases: [store.alias] }} }}
    healthcheck: {{ test: ["CMD", "test", "-d", "${{HEALTHY_IF:-/data}}"], interval: 500ms, retries: 100 }}
    mem_limit: ${{MEMORY:-32m}}
    cpus: 0.25
    pids_limit: 50
    restart: unless-stopped
    stop_grace_period: 2s
  worker:
    image: debian:bookworm-slim
    init: true
    command: ["sh", "-c", "echo $$LEVEL; exec sleep 600"]
    environment:
      LEVEL: ${{WORKER_LEVEL:-one}}
    depends_on: {{ store: {{ condition: service_healthy }} }}
    networks: {{ inner: }}
    mem_limit: 32m
volumes: {{ data: }}
networks:
  inner: {{ ipam: {{ config: [{{ subnet: "${{SUBNET:-172.29.{subnet}.0/24}}" }}] }} }}
"#,
            name = self.name,
            subnet = self.subnet,
        )
    }

    /// The project with some variables set.
    pub fn project(&self, variables: &[(&str, &str)]) -> Project {
        let variables: Variables = variables.iter().copied().collect();
        Project::load(&self.text(), &variables).unwrap()
    }

    /// The container of a service.
    pub fn container(&self, service: &str) -> String {
        format!("{}-{service}-1", self.name)
    }

    /// Names of all containers that bear the project's label.
    pub fn containers(&self) -> Vec<String> {
        let filter = format!("label=com.docker.compose.project={}", self.name);
        let names = docker(&["ps", "-a", "--filter", &filter, "--format", "{{.Names}}"]);
        let mut names: Vec<String> = names.lines().map(str::to_owned).collect();
        names.sort();
        names
    }

    /// Removes everything that bears the project's label or the test's own.
    fn clean(&self) {
        for label in ["com.docker.compose.project", "wstest"] {
            let filter = format!("label={label}={}", self.name);
            for (list, remove) in [
                (vec!["ps", "-aq"], vec!["rm", "-fv"]),
                (vec!["network", "ls", "-q"], vec!["network", "rm"]),
                (vec!["volume", "ls", "-q"], vec!["volume", "rm", "-f"]),
            ] {
                let list: Vec<&str> = list.into_iter().chain(["--filter", &filter]).collect();
                let Ok(listed) = Command::new("docker").args(&list).output() else {
                    continue;
                };
                let ids = String::from_utf8_lossy(&listed.stdout).into_owned();
                if !ids.trim().is_empty() {
                    let all = remove.into_iter().chain(ids.split_whitespace());
                    let _ = Command::new("docker").args(all).output();
                }
            }
        }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.clean();
    }
}

/// The output of a `docker` command that must succeed.
pub fn docker(arguments: &[&str]) -> String {
    let done = Command::new("docker").args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "docker {arguments:?}: {errors}");
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// A value that `docker inspect` shows.
pub fn inspect(name: &str, format: &str) -> String {
    docker(&["inspect", "--format", format, name])
}

/// Applies a project and collects the steps.
pub async fn apply(engine: &Engine, project: &Project) -> Result<Vec<Progress>, EngineError> {
    let steps = Mutex::new(Vec::new());
    let watch = |progress| steps.lock().unwrap().push(progress);
    engine.apply(project, PATIENCE, &watch).await?;
    engine.wait_ready(project, PATIENCE, &watch).await?;
    Ok(steps.into_inner().unwrap())
}

/// What a plan does with each thing, by its name in the engine, and why.
pub fn actions(plan: &[Change]) -> Vec<(&str, &str, Verb, &str)> {
    let plan = plan.iter();
    plan.map(|one| (one.kind, one.name.as_str(), one.verb, one.detail.as_str()))
        .collect()
}

/// Whether a container had a step.
pub fn has_step(steps: &[Progress], container: &str, step: &ProgressStep) -> bool {
    let mut of_container = steps.iter().filter(|p| p.name == container);
    of_container.any(|progress| progress.step == *step)
}
