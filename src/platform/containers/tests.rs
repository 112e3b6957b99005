//! The compose file and what fills it.

use super::*;
use crate::config::{Sources, resolve};

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
fn every_component_in_containers_has_its_service_volume_and_image() {
    let folder = tempfile::tempdir().unwrap();
    let containers = containers(&StateDir::at(folder.path()));
    let services: Vec<&str> = containers
        .project
        .services
        .keys()
        .map(String::as_str)
        .collect();
    let mut names: Vec<&str> = components::all()
        .iter()
        .map(|component| component.name)
        .collect();
    names.sort_unstable();
    assert_eq!(services, names);
    for (name, service) in &containers.project.services {
        assert!(containers.images.get(name).is_some(), "{name}");
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
