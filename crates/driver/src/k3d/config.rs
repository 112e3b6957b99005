//! The config file that `k3d` creates a cluster from, and the labels by which the cluster is known
//! afterwards.

use super::error::K3dError;
use super::spec::{ADDRESS, CLUSTER_LABEL, ClusterSpec};
use minijinja::{Environment, UndefinedBehavior, context};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The label with the [`ClusterSpec`] that a cluster was made of, as JSON.
pub(super) const SPEC_LABEL: &str = "org.wikisentry.cluster.spec";

/// The label with the hash of the config file that a cluster was made of.
pub(super) const HASH_LABEL: &str = "org.wikisentry.cluster.hash";

/// The name decides how values are written: those of a YAML file as JSON.
const TEMPLATE_NAME: &str = "cluster.yaml.j2";

const TEMPLATE: &str = include_str!("../../../../templates/k3d/cluster.yaml.j2");

/// The config file; `timeout` is how long `k3d` may wait.
///
/// # Errors
/// If the spec cannot be, or the template does not fit: a defect of the program.
pub(super) fn render(spec: &ClusterSpec, timeout: Duration) -> Result<String, K3dError> {
    spec.check()?;
    let mut labels: Vec<String> = vec![
        format!("{CLUSTER_LABEL}={}", spec.name),
        format!("{SPEC_LABEL}={}", json(spec)?),
        format!("{HASH_LABEL}={}", hash(spec)?),
    ];
    let further = spec.labels.iter();
    labels.extend(further.map(|(key, value)| format!("{key}={value}")));
    fill(spec, timeout, &labels)
}

/// SHA-256 of the config file without the labels that hold it, in hexadecimal. Another version of the
/// template gives another one for the same spec.
pub(super) fn hash(spec: &ClusterSpec) -> Result<String, K3dError> {
    let file = fill(spec, Duration::ZERO, &[])?;
    let mut hash = Sha256::new_with_prefix(file);
    hash.update(json(spec)?);
    Ok(hex::encode(hash.finalize()))
}

fn json(spec: &ClusterSpec) -> Result<String, K3dError> {
    serde_json::to_string(spec).map_err(|error| defect(spec, &error))
}

fn fill(spec: &ClusterSpec, timeout: Duration, labels: &[String]) -> Result<String, K3dError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let added = environment.add_template(TEMPLATE_NAME, TEMPLATE);
    added.map_err(|error| defect(spec, &error))?;
    let template = environment.get_template(TEMPLATE_NAME);
    let template = template.map_err(|error| defect(spec, &error))?;
    let values = context! {
        name => spec.name,
        image => spec.image,
        network => spec.network,
        address => ADDRESS.to_string(),
        api_port => spec.api_port,
        ports => spec.ports,
        timeout_seconds => timeout.as_secs(),
        k3s_args => spec.k3s_args,
        node_memory_bytes => spec.node_memory_bytes,
        labels => labels,
    };
    template
        .render(values)
        .map_err(|error| defect(spec, &error))
}

fn defect(spec: &ClusterSpec, error: &dyn std::error::Error) -> K3dError {
    K3dError::BadSpec {
        name: spec.name.clone(),
        why: format!("its config file cannot be written: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::k3d::spec::tests::example;
    use serde_json::{Value, json};

    fn rendered(spec: &ClusterSpec) -> Value {
        let text = render(spec, Duration::from_secs(180)).unwrap();
        yaml_serde::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn the_file_says_what_is_wanted_and_publishes_on_this_machine_alone() {
        let spec = example();
        let file = rendered(&spec);
        let expected = json!({"host": "127.0.0.1", "hostIP": "127.0.0.1", "hostPort": "6550"});
        assert_eq!(file["kubeAPI"], expected);
        assert_eq!(file["metadata"]["name"], "wikisentry-dev");
        assert_eq!(file["network"], "wikisentry_wikisentry");
        let expected = json!([
            {"port": "127.0.0.1:8080:80", "nodeFilters": ["loadbalancer"]},
            {"port": "127.0.0.1:8081:30081", "nodeFilters": ["loadbalancer"]},
        ]);
        assert_eq!(file["ports"], expected);
        let options = &file["options"];
        assert_eq!(options["k3d"]["timeout"], "180s");
        assert_eq!(options["kubeconfig"]["updateDefaultKubeconfig"], false);
        assert_eq!(options["runtime"]["serversMemory"], "3221225472");
        let arguments = options["k3s"]["extraArgs"].as_array().unwrap();
        assert_eq!(arguments.len(), 3);
        assert_eq!(arguments[0]["arg"], "--disable=traefik");
        let labels = options["runtime"]["labels"].as_array().unwrap();
        let label = |name: &str| {
            let mut labels = labels.iter().map(|one| one["label"].as_str().unwrap());
            let found = labels.find_map(|label| label.strip_prefix(&format!("{name}=")));
            found.unwrap().to_owned()
        };
        assert_eq!(label(CLUSTER_LABEL), "wikisentry-dev");
        assert_eq!(label("a"), "b");
        assert_eq!(label(HASH_LABEL), hash(&spec).unwrap());
        let read: ClusterSpec = serde_json::from_str(&label(SPEC_LABEL)).unwrap();
        assert_eq!(read, spec);
    }

    #[test]
    fn no_value_becomes_a_part_of_the_file_and_empty_lists_are_lists() {
        let mut spec = example();
        spec.image = "a\"\nimage: evil # {{ name }} <&>".to_owned();
        spec.ports.clear();
        spec.k3s_args = vec!["--x='y': [z]".to_owned()];
        let file = rendered(&spec);
        assert_eq!(file["image"], spec.image);
        assert_eq!(file["ports"], json!([]));
        assert_eq!(
            file["options"]["k3s"]["extraArgs"][0]["arg"],
            spec.k3s_args[0]
        );
    }

    #[test]
    fn the_hash_follows_every_field_of_the_spec() {
        let before = hash(&example()).unwrap();
        assert_eq!(before, hash(&example()).unwrap());
        let changes: [fn(&mut ClusterSpec); 8] = [
            |spec| spec.name.push('x'),
            |spec| spec.image.push('x'),
            |spec| spec.network.push('x'),
            |spec| spec.ports[0].node += 1,
            |spec| spec.node_memory_bytes += 1,
            |spec| spec.k3s_args.clear(),
            |spec| spec.labels.clear(),
            |spec| spec.api_port += 1,
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut spec = example();
            change(&mut spec);
            assert_ne!(hash(&spec).unwrap(), before, "{at}");
        }
    }
}
