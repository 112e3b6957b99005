//! The config file that `k3d` creates a cluster from, and the labels by which the cluster is known
//! afterwards.

use super::error::K3dError;
use super::spec::{ADDRESS, CLUSTER_LABEL, ClusterSpec};
use crate::manifests::Templates;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The label with the [`ClusterSpec`] that a cluster was made of, as JSON.
pub(super) const SPEC_LABEL: &str = "org.wikisentry.cluster.spec";

/// The label with the hash of the config file that a cluster was made of.
pub(super) const HASH_LABEL: &str = "org.wikisentry.cluster.hash";

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

/// What the template takes besides the spec.
#[derive(Serialize)]
struct Values<'v> {
    #[serde(flatten)]
    spec: &'v ClusterSpec,
    address: String,
    timeout_seconds: u64,
    /// The spec's own among them, as `name=value`.
    container_labels: &'v [String],
}

fn fill(spec: &ClusterSpec, timeout: Duration, labels: &[String]) -> Result<String, K3dError> {
    let templates = Templates::new([(TEMPLATE_NAME, TEMPLATE)]);
    let templates = templates.map_err(|error| defect(spec, &error))?;
    let values = Values {
        spec,
        address: ADDRESS.to_string(),
        timeout_seconds: timeout.as_secs(),
        container_labels: labels,
    };
    let rendered = templates.render(TEMPLATE_NAME, values);
    Ok(rendered.map_err(|error| defect(spec, &error))?.text)
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
