//! The compose file and what fills it.

use super::*;
use crate::components::Place;
use crate::config::{Sources, resolve};
use crate::manifests;
use crate::platform::ManifestFile;

fn containers(state: &StateDir) -> Containers {
    let settings = resolve(&Sources::default(), &components::sections());
    Containers::new(settings.unwrap().settings, state, Secrets::generate()).unwrap()
}

#[test]
fn compose_yaml_of_the_repository_is_put_together_from_the_parts() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("compose.yaml");
    if std::env::var_os("OVERWRITE").is_some() {
        std::fs::write(&path, compose::text()).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap();
    assert_eq!(found, compose::text(), "OVERWRITE=1 cargo test writes it");
}

#[test]
fn what_ended_with_the_data_layer_can_go_on_to_all() {
    let names = |until| {
        of_stage(until)
            .iter()
            .map(|one| one.name)
            .collect::<Vec<_>>()
    };
    let data_layer = names(Some(Until::DataLayer));
    assert_eq!(names(Some(Until::All)), names(None));
    assert!(data_layer.len() < names(None).len(), "{data_layer:?}");
}

#[test]
fn every_component_in_containers_has_its_service_volume_and_image() {
    let folder = tempfile::tempdir().unwrap();
    let containers = containers(&StateDir::at(folder.path()));
    let services: Vec<&str> = containers
        .project
        .services
        .keys()
        .map(String::as_str)
        .collect();
    let mut names: Vec<&str> = components::in_containers()
        .map(|component| component.name)
        .collect();
    names.sort_unstable();
    assert_eq!(services, names);
    for (name, service) in &containers.project.services {
        assert!(containers.parts.images.get(name).is_some(), "{name}");
        assert_eq!(service.labels["org.wikisentry.component"], *name);
        assert!(service.read_only, "{name}");
        let component = components::find(name).unwrap();
        let needs: Vec<&str> = service.depends_on.keys().map(String::as_str).collect();
        assert_eq!(needs, component.depends_on, "{name}");
    }
}

/// Names and defaults of the variables in a compose file.
fn variables_of(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = text.split("${").skip(1);
    parts.filter_map(|part| part.split_once('}')?.0.split_once(":-"))
}

#[test]
fn what_up_writes_is_what_compose_reads_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::at(folder.path());
    let containers = containers(&state);
    workspace::write(&state, &containers.variables).unwrap();
    let env = std::fs::read_to_string(state.data_layer().join(".env")).unwrap();
    assert!(env.contains("\nWIKISENTRY_KAFKA_PORT=9092\n"), "{env}");
    let variables: Variables = env
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    // Every password is given: the public ones of development are not used.
    for (name, _) in variables_of(&compose::text()).filter(|(name, _)| name.ends_with("PASSWORD")) {
        assert!(variables.get(name).is_some(), "{name}");
    }
    let text = std::fs::read_to_string(state.data_layer().join("compose.yaml")).unwrap();
    let by_hand = Project::load(&text, &variables).unwrap();
    assert_eq!(by_hand.services, containers.project.services);
}

/// The manifests at the defaults of the size `standard`, with images by the names for use by hand.
fn at_defaults(state: &StateDir) -> Vec<ManifestFile> {
    let size = crate::config::Override {
        key: "size".to_owned(),
        value: "standard".to_owned(),
        flag: "--size".to_owned(),
    };
    let sources = Sources {
        overrides: vec![size],
        ..Sources::default()
    };
    let settings = resolve(&sources, &components::sections()).unwrap().settings;
    let mut containers = Containers::new(settings, state, Secrets::generate()).unwrap();
    containers.parts.images = containers.parts.images.by_local_names();
    containers.parts.manifests().unwrap()
}

#[test]
fn manifests_of_the_repository_are_those_of_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::at(folder.path());
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests");
    let mut wanted = std::collections::BTreeSet::new();
    for file in at_defaults(&state) {
        let path = root.join(file.component).join(file.name);
        if std::env::var_os("OVERWRITE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &file.text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        let path = path.display().to_string();
        assert_eq!(found, file.text, "{path}: OVERWRITE=1 cargo test writes it");
        wanted.insert(path);
    }
    for component in std::fs::read_dir(&root).unwrap() {
        for file in std::fs::read_dir(component.unwrap().path()).unwrap() {
            let path = file.unwrap().path().display().to_string();
            assert!(wanted.contains(&path), "{path} is of no component");
        }
    }
}

#[test]
fn no_password_is_in_a_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let containers = containers(&StateDir::at(folder.path()));
    let files = containers.parts.manifests().unwrap();
    for component in components::all() {
        for (account, password) in containers.parts.site.secrets.of(component) {
            let holds = |file: &&ManifestFile| file.text.contains(password);
            assert!(files.iter().find(holds).is_none(), "{account}");
        }
    }
}

/// Limits of memory of all containers in a pod, in MiB.
fn limit_mib(object: &wikisentry_driver::manifests::Object) -> u64 {
    let spec = object.field("spec").unwrap();
    let containers = spec["template"]["spec"]["containers"].as_array().unwrap();
    let limits = containers.iter().map(|one| {
        let limit = one["resources"]["limits"]["memory"].as_str().unwrap();
        limit.strip_suffix("Mi").unwrap().parse::<u64>().unwrap()
    });
    limits.sum()
}

#[test]
fn the_pods_are_limited_to_what_the_budget_counts() {
    let folder = tempfile::tempdir().unwrap();
    let containers = containers(&StateDir::at(folder.path()));
    let Parts { site, images, .. } = &containers.parts;
    for component in components::in_cluster() {
        let Place::Pods(workloads) = component.place else {
            continue;
        };
        let set = manifests::objects(component, site, images).unwrap();
        let found = set.workloads();
        for workload in workloads {
            let is_there = found.iter().any(|one| one.name == workload.name);
            assert!(is_there, "{}", workload.name);
        }
        assert_eq!(found.len(), workloads.len(), "{}", component.name);
        let workloads = set.objects.iter().filter(|object| {
            let mut named = found.iter();
            named.any(|one| one.name == object.name())
                && object
                    .field("spec")
                    .is_some_and(|spec| spec["template"].is_object())
        });
        let pods = |object: &wikisentry_driver::manifests::Object| {
            object.field("spec").unwrap()["replicas"].as_u64().unwrap()
        };
        let sum: u64 = workloads
            .map(|object| limit_mib(object) * pods(object))
            .sum();
        let budget = component.memory_bytes(&site.settings) >> 20;
        assert_eq!(sum, budget, "{}", component.name);
    }
}

#[test]
fn pods_can_do_no_more_than_they_must() {
    let folder = tempfile::tempdir().unwrap();
    let containers = containers(&StateDir::at(folder.path()));
    let Parts { site, images, .. } = &containers.parts;
    for component in components::in_cluster() {
        let set = manifests::objects(component, site, images).unwrap();
        let specs = set.objects.iter().filter_map(|object| object.field("spec"));
        let pods = specs.filter_map(|spec| spec.pointer("/template/spec"));
        for pod in pods {
            let name = component.name;
            // Its variables would be taken for settings: `SERVING_PORT` of a Service `serving`.
            assert_eq!(pod["enableServiceLinks"], false, "{name}");
            assert!(pod["automountServiceAccountToken"].is_boolean(), "{name}");
            assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
            for container in pod["containers"].as_array().unwrap() {
                let confined = &container["securityContext"];
                assert_eq!(confined["readOnlyRootFilesystem"], true, "{name}");
                assert_eq!(confined["allowPrivilegeEscalation"], false, "{name}");
                assert_eq!(confined["capabilities"]["drop"][0], "ALL", "{name}");
            }
        }
    }
}
