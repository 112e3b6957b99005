//! A namespace of its own for each test, removed with everything in it when the test ends, also by a
//! panic.

use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use wikisentry_driver::converge::{Change, Verb};
use wikisentry_driver::kube::{ApplyOptions, Kube, KubeError, ObjectSet};
use wikisentry_driver::manifests::{Object, Scope, parse};

/// Long enough for a loaded machine; nothing waits for it to pass.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub const IMAGE: &str = "debian:bookworm-slim";

const CLUSTER: &str = "wstest-kube";

/// The whole text of the kubeconfig, as k3d prints it.
pub fn kubeconfig() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| match std::env::var_os("KUBECONFIG") {
        Some(file) => std::fs::read_to_string(file).unwrap(),
        None => {
            if !run("k3d", &["cluster", "list", "--no-headers"]).contains(CLUSTER) {
                run(
                    "k3d",
                    &[
                        "cluster",
                        "create",
                        CLUSTER,
                        "--no-lb",
                        "--kubeconfig-update-default=false",
                        "--api-port=127.0.0.1:16551",
                    ],
                );
                run("k3d", &["image", "import", "--cluster", CLUSTER, IMAGE]);
            }
            run("k3d", &["kubeconfig", "get", CLUSTER])
        }
    })
}

/// The output of a program that must succeed.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let done = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// The output of a `kubectl` command that must succeed, with `input` on its standard input.
pub fn kubectl(arguments: &[&str], input: &str) -> String {
    use std::io::Write;
    let mut child = Command::new("kubectl")
        .args(arguments)
        .env("KUBECONFIG", kubeconfig_file())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let done = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "kubectl {arguments:?}: {errors}");
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn kubeconfig_file() -> &'static std::path::Path {
    static FILE: OnceLock<tempfile::NamedTempFile> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), kubeconfig()).unwrap();
        file
    });
    file.path()
}

pub struct Fixture {
    pub kube: Kube,
    pub namespace: String,
    pub scope: Scope,
}

impl Fixture {
    pub async fn new(test: &str) -> Self {
        let text = kubeconfig().as_bytes();
        let timeout = Duration::from_secs(30);
        let kube = Kube::from_kubeconfig(text, "the test's", None, timeout)
            .await
            .unwrap();
        let namespace = format!("wstest-{test}");
        // What a killed run left behind.
        kube.delete_namespace(&namespace, PATIENCE).await.unwrap();
        let scope = Scope {
            part_of: "wstest".to_owned(),
            instance: test.to_owned(),
            component: Some("worker".to_owned()),
            managed_by: "wikisentry".to_owned(),
        };
        Self {
            kube,
            namespace,
            scope,
        }
    }

    /// Objects of one component in the test's namespace.
    pub fn objects_of(&self, component: &str, yaml: &str) -> Vec<Object> {
        let mut objects = parse("test", yaml).unwrap();
        for object in &mut objects {
            if object.kind() != "Namespace" {
                object.place(&self.namespace);
            }
            self.scope.of_component(component).label(object);
        }
        objects
    }

    /// The set of these objects of the component `worker`, and the namespace.
    pub fn set(&self, yaml: &str) -> ObjectSet {
        ObjectSet {
            scope: self.scope.of_instance(),
            namespaces: vec![self.namespace.clone()],
            objects: self.objects_of("worker", &format!("{}{yaml}", self.namespace_yaml(""))),
        }
    }

    /// The manifest of the namespace with labels, each with its indent and a line end.
    pub fn namespace_yaml(&self, labels: &str) -> String {
        let name = &self.namespace;
        format!(
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n    test: wstest\n{labels}---\n"
        )
    }

    pub async fn apply(&self, set: &ObjectSet) -> Result<Vec<Change>, KubeError> {
        let options = ApplyOptions::default();
        self.kube.apply(set, &options, &|_| {}).await
    }

    pub async fn diff(&self, set: &ObjectSet) -> Vec<Change> {
        let options = ApplyOptions::default();
        self.kube.diff(set, &options).await.unwrap()
    }

    /// Creates the namespace alone.
    pub async fn with_namespace(self) -> Self {
        self.apply(&self.set("")).await.unwrap();
        self
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let arguments = ["delete", "namespace", "--ignore-not-found", "--wait=false"];
        let arguments = [&arguments[..], &[self.namespace.as_str()]].concat();
        let _ = Command::new("kubectl")
            .args(arguments)
            .env("KUBECONFIG", kubeconfig_file())
            .output();
    }
}

/// What is done with each thing, by kind and name without the namespace, and why.
pub fn actions(changes: &[Change]) -> Vec<(&str, &str, Verb, &str)> {
    let action = |change| {
        let Change {
            kind,
            name,
            verb,
            detail,
            ..
        }: &Change = change;
        let name = name.split_once('/').map_or(name.as_str(), |(_, name)| name);
        (*kind, name, *verb, detail.as_str())
    };
    changes.iter().map(action).collect()
}

/// Those that are not kept.
pub fn moves(changes: &[Change]) -> Vec<(&str, &str, Verb, &str)> {
    let mut all = actions(changes);
    all.retain(|(_, _, verb, _)| *verb != Verb::Keep);
    all
}

/// A pod's template that runs a shell command, as Pod Security's level `restricted` wants it.
/// `more` are fields of the container, each line with ten spaces.
pub fn template(app: &str, command: &str, more: &str) -> String {
    format!(
        r#"    metadata: {{ labels: {{ app: {app} }} }}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {{ runAsNonRoot: true, runAsUser: 10001, seccompProfile: {{ type: RuntimeDefault }} }}
      containers:
        - name: main
          image: {IMAGE}
          command: ["sh", "-c", {command:?}]
          securityContext: {{ allowPrivilegeEscalation: false, capabilities: {{ drop: ["ALL"] }} }}
{more}"#
    )
}

/// A deployment of one such pod.
pub fn deployment(name: &str, command: &str, more: &str) -> String {
    let template = template(name, command, more);
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: {name} }}\nspec:\n  replicas: 1\n  selector: {{ matchLabels: {{ app: {name} }} }}\n  template:\n{template}---\n"
    )
}
