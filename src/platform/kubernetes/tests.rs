//! What is rendered for a cluster of others, and what its user must be allowed.

use super::*;
use crate::config::{KafkaSecurity, KubernetesSettings, Override, Sources, resolve};
use serde_json::Value;
use std::collections::BTreeSet;

const CA: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

fn kubernetes(change: impl FnOnce(&mut KubernetesSettings)) -> Kubernetes {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, CA).unwrap();
    let size = Override {
        key: "size".to_owned(),
        value: "standard".to_owned(),
        flag: "--size".to_owned(),
    };
    let sources = Sources {
        overrides: vec![size],
        ..Sources::default()
    };
    let resolved = resolve(&sources, &components::sections());
    let mut settings = resolved.unwrap().settings;
    let own = &mut settings.kubernetes;
    own.context = "prod".to_owned();
    own.namespace = "edits".to_owned();
    own.images.prefix = "registry.example.org/w".to_owned();
    own.images.tag = "7".to_owned();
    own.images.pull_secret = "registry".to_owned();
    own.kafka.bootstrap = "a.example.org:9093,b.example.org:9093".to_owned();
    own.kafka.user = "flink prod".to_owned();
    own.kafka.password = "kafka-hush".to_owned();
    own.kafka.ca_file = ca.display().to_string();
    own.s3.endpoint = "https://s3.example.org".to_owned();
    own.s3.region = "eu-central-1".to_owned();
    own.s3.bucket = "lake".to_owned();
    own.s3.access_key = "0123".to_owned();
    own.s3.secret_key = "s3-hush".to_owned();
    change(own);
    Kubernetes::new(settings, &StateDir::at(folder.path())).unwrap()
}

/// All objects, Secrets included.
fn objects(kubernetes: &Kubernetes) -> Vec<Value> {
    let Parts { site, images, .. } = &kubernetes.parts;
    let sets = components::in_cluster().map(|component| {
        let set = manifests::objects(component, site, images).unwrap();
        set.objects.iter().map(|one| one.as_value()).collect()
    });
    let sets: Vec<Vec<Value>> = sets.collect();
    sets.concat()
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|one| one["kind"] == kind).collect()
}

/// What a variable of the first container of a Deployment is.
fn variable<'a>(deployment: &'a Value, name: &str) -> &'a Value {
    let containers = &deployment["spec"]["template"]["spec"]["containers"];
    let mut variables = containers[0]["env"].as_array().unwrap().iter();
    let found = variables.find(|one| one["name"] == name);
    found.map_or(&Value::Null, |one| &one["value"])
}

#[test]
fn pods_of_a_cluster_of_others_reach_what_the_settings_name() {
    let kubernetes = kubernetes(|_| {});
    let objects = objects(&kubernetes);
    let deployments = of_kind(&objects, "Deployment");
    assert_eq!(deployments.len(), 3);
    for deployment in &deployments {
        let name = deployment["metadata"]["name"].as_str().unwrap();
        assert_eq!(deployment["metadata"]["namespace"], "edits");
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["imagePullSecrets"][0]["name"], "registry", "{name}");
        let container = &pod["containers"][0];
        assert_eq!(container["imagePullPolicy"], "IfNotPresent");
        let component = name.split('-').next().unwrap();
        assert_eq!(
            container["image"],
            format!("registry.example.org/w/{component}:7")
        );
        for (variable_name, value) in [
            ("S3_ENDPOINT", "https://s3.example.org"),
            ("S3_REGION", "eu-central-1"),
            ("S3_PATH_STYLE", "true"),
            ("AWS_ACCESS_KEY_ID", "0123"),
        ] {
            assert_eq!(variable(deployment, variable_name), value, "{name}");
        }
        if component == "flink" {
            for (variable_name, value) in [
                ("KAFKA_BOOTSTRAP", "a.example.org:9093,b.example.org:9093"),
                ("KAFKA_SECURITY", "SASL_SSL"),
                ("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"),
                ("KAFKA_USER", "flink prod"),
                ("KAFKA_CA_FILE", "/etc/wikisentry-ca/kafka.pem"),
            ] {
                assert_eq!(variable(deployment, variable_name), value, "{name}");
            }
            let volumes = pod["volumes"].as_array().unwrap();
            let ca = volumes.iter().find(|one| one["name"] == "ca").unwrap();
            assert_eq!(ca["secret"]["secretName"], "flink-ca");
        }
    }
    let services = of_kind(&objects, "Service");
    let names: Vec<&Value> = services
        .iter()
        .map(|one| &one["metadata"]["name"])
        .collect();
    assert_eq!(
        names,
        ["flink", "serving"],
        "no name leads to a container of ours"
    );
    for service in services {
        assert_eq!(service["spec"]["type"], "ClusterIP");
        assert_eq!(service["spec"]["ports"][0]["nodePort"], Value::Null);
    }
    assert_eq!(of_kind(&objects, "ResourceQuota"), Vec::<&Value>::new());
    let secrets = of_kind(&objects, "Secret");
    let names: Vec<&Value> = secrets.iter().map(|one| &one["metadata"]["name"]).collect();
    assert_eq!(names, ["flink", "flink-ca", "serving"]);
}

#[test]
fn no_secret_of_others_is_in_a_manifest() {
    let files = kubernetes(|_| {}).parts.manifests().unwrap();
    for file in files {
        assert!(!file.text.contains("hush"), "{}", file.text);
    }
}

#[test]
fn what_the_cluster_keeps_for_itself_is_left_to_it() {
    let kubernetes = kubernetes(|own| {
        own.create_namespace = false;
        own.network_policies = false;
        own.images.pull_secret.clear();
        own.kafka.security = KafkaSecurity::Plaintext;
        own.kafka.ca_file.clear();
    });
    let objects = objects(&kubernetes);
    for kind in ["Namespace", "NetworkPolicy"] {
        assert_eq!(of_kind(&objects, kind), Vec::<&Value>::new());
    }
    for deployment in of_kind(&objects, "Deployment") {
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["imagePullSecrets"], Value::Null);
        assert_eq!(variable(deployment, "KAFKA_CA_FILE"), &Value::Null);
    }
    let flink = of_kind(&objects, "Deployment")[0];
    assert_eq!(variable(flink, "KAFKA_SECURITY"), "PLAINTEXT");
    assert_eq!(kubernetes.credentials().len(), 1);
}

#[test]
fn pods_may_connect_to_the_networks_that_are_named_and_no_others() {
    let kubernetes = kubernetes(|own| own.egress = vec!["10.1.0.0/16".to_owned()]);
    let objects = objects(&kubernetes);
    let mut networks = BTreeSet::new();
    for policy in of_kind(&objects, "NetworkPolicy") {
        let rules = policy["spec"]["egress"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for to in rules
            .iter()
            .filter_map(|rule| rule["to"].as_array())
            .flatten()
        {
            networks.extend(to["ipBlock"]["cidr"].as_str().map(str::to_owned));
        }
    }
    assert_eq!(networks, BTreeSet::from(["10.1.0.0/16".to_owned()]));
}

#[test]
fn every_kind_that_is_applied_is_among_the_rights_that_are_asked_for() {
    let kubernetes = kubernetes(|_| {});
    let rights = rights::needed(true, true);
    for object in objects(&kubernetes) {
        let kind = object["kind"].as_str().unwrap().to_lowercase();
        let plural = match kind.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None => format!("{kind}s"),
        };
        let api = object["apiVersion"].as_str().unwrap();
        let group = api.split_once('/').map_or("", |(group, _)| group);
        let mut all = rights.iter();
        let is_among = all
            .any(|right| right.verb == "patch" && right.resource == plural && right.group == group);
        assert!(is_among, "{group} {plural}");
    }
}

#[test]
fn the_role_of_the_document_has_the_rights_that_are_asked_for() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/KUBERNETES.md");
    let text = std::fs::read_to_string(path).unwrap();
    let role = text.split("```yaml\n").nth(1).unwrap();
    let role = role.split("```").next().unwrap();
    let objects = wikisentry_driver::manifests::parse("role", role).unwrap();
    let mut given = BTreeSet::new();
    for object in objects {
        let object = object.as_value();
        for rule in object["rules"].as_array().unwrap() {
            let texts = |field: &str| {
                let texts = rule[field].as_array().unwrap().iter();
                let texts = texts.map(|one| one.as_str().unwrap().to_owned());
                texts.collect::<Vec<String>>()
            };
            for group in texts("apiGroups") {
                for resource in texts("resources") {
                    for verb in texts("verbs") {
                        given.insert(format!("{verb} {group} {resource}"));
                    }
                }
            }
        }
    }
    let needed = rights::needed(true, true);
    let needed = needed
        .iter()
        .map(|right| format!("{} {} {}", right.verb, right.group, right.resource));
    assert_eq!(given, needed.collect::<BTreeSet<String>>());
}

#[test]
fn what_others_run_and_what_the_largest_pod_takes_are_known() {
    let kubernetes = kubernetes(|_| {});
    assert_eq!(kubernetes.parts.site.namespace(), "edits");
    let pod = kubernetes.largest_pod().unwrap();
    assert_eq!(pod, ("flink-taskmanager".to_owned(), 1024 << 20));
    let names: Vec<&str> = kubernetes.services().map(|(one, _)| one.name).collect();
    assert_eq!(names, ["kafka", "minio"]);
}
