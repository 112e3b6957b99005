//! The model of compose files: equal to docker compose's own reading of the same file, and
//! refusing by name what it does not know.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::Value;
use std::process::Command;
use wikisentry_driver::compose::{ComposeError, HashEdition, Project, Variables};

const FULL: &str = include_str!("compose_files/full.yaml");

/// The file that all this is for.
const OURS: &str = include_str!("../../../compose.yaml");

/// A file with one service, which has one more setting.
fn with(setting: &str) -> String {
    format!(
        "name: t\nservices:\n  a:\n    image: i\n    networks: {{n: }}\n    {setting}\n\
         networks: {{n: {{ipam: {{config: [{{subnet: 10.0.0.0/8}}]}}}}}}\n"
    )
}

/// What docker compose prints, less when images are pulled. It doubles each dollar, so that its
/// output can be read as a compose file again.
fn normalized(config: &str) -> Value {
    let mut config: Value = serde_json::from_str(&config.replace("$$", "$")).unwrap();
    for service in config["services"].as_object_mut().unwrap().values_mut() {
        service.as_object_mut().unwrap().remove("pull_policy");
    }
    config
}

fn hashes(project: &Project, edition: HashEdition) -> String {
    let services = project.services.iter();
    services
        .map(|(name, service)| format!("{name} {}\n", service.config_hash(edition)))
        .collect()
}

#[test]
fn a_file_is_read_as_docker_compose_reads_it() {
    let project = Project::load(FULL, &Variables::default()).unwrap();
    let ours = serde_json::to_value(&project).unwrap();
    let theirs = normalized(include_str!("compose_files/full.config.json"));
    for section in ["name", "networks", "volumes"] {
        assert_eq!(ours[section], theirs[section], "{section}");
    }
    for (name, service) in theirs["services"].as_object().unwrap() {
        assert_eq!(&ours["services"][name], service, "{name}");
    }
}

#[test]
fn config_hashes_are_docker_composes_own() {
    let project = Project::load(FULL, &Variables::default()).unwrap();
    let recorded = include_str!("compose_files/full.hashes-2.26.1.txt");
    assert_eq!(hashes(&project, HashEdition::WithDependencies), recorded);
    let recorded = include_str!("compose_files/full.hashes-compose-go-2.9.1.txt");
    assert_eq!(hashes(&project, HashEdition::WithoutDependencies), recorded);
}

/// `docker compose` with an environment that has these variables and none of its own.
fn docker_compose(
    folder: &std::path::Path,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> String {
    let mut command = Command::new("docker");
    command.current_dir(folder).arg("compose").args(arguments);
    let ours = |name: &str| ["COMPOSE_", "WIKISENTRY_", "WSTEST_"].map(|it| name.starts_with(it));
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name).contains(&true)) {
        command.env_remove(name);
    }
    let done = command.envs(variables.iter().copied()).output().unwrap();
    let errors = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        done.status.success(),
        "docker compose {arguments:?}: {errors}"
    );
    String::from_utf8(done.stdout).unwrap()
}

#[test]
#[ignore = "needs docker compose: CONTAINER_TESTS=1 scripts/test.sh"]
fn the_installed_docker_compose_agrees_on_files_and_variables() {
    let variables = [
        ("WSTEST_PORT", "39999"),
        ("WSTEST_MEMORY", "128m"),
        ("WSTEST_SECONDS", "do$llar it's \"here\""),
        ("WSTEST_IMAGE", ""),
        ("WIKISENTRY_KAFKA_HEAP", "1g"),
        ("WIKISENTRY_SUBNET", "172.31.0.0/24"),
        ("WIKISENTRY_GATEWAY", "172.31.0.1"),
    ];
    for text in [FULL, OURS] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("compose.yaml"), text).unwrap();
        let project = Project::load(text, &variables.into_iter().collect()).unwrap();
        let theirs = docker_compose(folder.path(), &variables, &["config", "--format", "json"]);
        let theirs = normalized(&theirs);
        let ours = serde_json::to_value(&project).unwrap();
        for section in ["name", "networks", "volumes"] {
            assert_eq!(ours[section], theirs[section], "{section}");
        }
        for (name, service) in theirs["services"].as_object().unwrap() {
            assert_eq!(&ours["services"][name], service, "{name}");
        }
        let theirs = docker_compose(folder.path(), &variables, &["config", "--hash", "*"]);
        let mut theirs: Vec<&str> = theirs.lines().collect();
        theirs.sort_unstable();
        let editions = [
            HashEdition::WithDependencies,
            HashEdition::WithoutDependencies,
        ];
        let ours = editions.map(|edition| hashes(&project, edition));
        let agrees = |ours: &String| ours.lines().eq(theirs.iter().copied());
        assert!(ours.iter().any(agrees), "{ours:?} {theirs:?}");
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for (text, place) in [
        (with("privileged: true"), "services.a.privileged"),
        (with("deploy: {resources: {}}"), "services.a.deploy"),
        (with("entrypoint: [sleep]"), "services.a.entrypoint"),
        (
            with("healthcheck: {test: [CMD, x], start_interval: 1s}"),
            "services.a.healthcheck.start_interval",
        ),
        (
            with("depends_on: {b: {condition: service_healthy, required: false}}"),
            "services.a.depends_on.b.required",
        ),
        (with("") + "secrets: {}", "secrets"),
        (with("") + "x-own: {}", "x-own"),
        (
            with("") + "volumes: {v: {external: true}}",
            "volumes.v.external",
        ),
        (
            with("").replace("ipam:", "internal: true, ipam:"),
            "networks.n.internal",
        ),
    ] {
        let error = Project::load(&text, &Variables::default()).unwrap_err();
        let expected = ComposeError::Unsupported {
            place: place.to_owned(),
        };
        assert_eq!(error, expected);
        assert_eq!(error.to_string(), format!("{place} is not supported"));
    }
}

#[test]
fn values_that_cannot_be_meant_are_refused_with_their_place() {
    let subnet = |other: &str| with("").replace("subnet: 10.0.0.0/8", other);
    for (text, place) in [
        (with("ports: ['9092:9092']"), "services.a.ports[0]"),
        (with("ports: ['0.0.0.0:9092:9092']"), "services.a.ports[0]"),
        (
            with("ports: ['127.0.0.1:9092:70000']"),
            "services.a.ports[0]",
        ),
        (
            with("ports: ['127.0.0.1:1:2', '127.0.0.1:1:53/udp']"),
            "services.a.ports[1]",
        ),
        (with("volumes: ['./here:/there']"), "services.a.volumes[0]"),
        (with("volumes: ['v:/there:ro']"), "services.a.volumes[0]"),
        (with("extra_hosts: ['name']"), "services.a.extra_hosts[0]"),
        (with("mem_limit: much"), "services.a.mem_limit"),
        (with("mem_limit: '${A:-}'"), "services.a.mem_limit"),
        (with("cpus: many"), "services.a.cpus"),
        (with("restart: sometimes"), "services.a.restart"),
        (with("command: echo a"), "services.a.command"),
        (with("environment: {A: [1]}"), "services.a.environment.A"),
        (with("environment: {A: 1}"), "services.a.environment.A"),
        (with("environment: {A: '${'}"), "services.a.environment.A"),
        (with("environment: {A: $B}"), "services.a.environment.A"),
        (with("tmpfs: ['/a', '${B}']"), "services.a.tmpfs[1]"),
        (
            with("depends_on: {b: {condition: service_started}}"),
            "services.a.depends_on.b.condition",
        ),
        (
            with("depends_on: {b: {condition: service_healthy}}"),
            "services.a.depends_on",
        ),
        (
            with("depends_on: {a: {condition: service_healthy}}"),
            "services.a.depends_on",
        ),
        (with("").replace("{n: }", "{o: }"), "services.a.networks"),
        (
            with("").replace("{n: }", "{n: , o: }"),
            "services.a.networks",
        ),
        (with("volumes: ['v:/v']"), "services.a.volumes"),
        (with("stop_grace_period: 5"), "services.a.stop_grace_period"),
        (with("").replace("name: t\n", ""), "name"),
        (with("").replace("name: t", "name: T"), "name"),
        (
            with("").replace("image: i", "init: true"),
            "services.a.image",
        ),
        ("name: t\nservices: {}".to_owned(), "services"),
        ("name: t".to_owned(), "services"),
        (
            subnet("subnet: 10.0.0.1/8"),
            "networks.n.ipam.config[0].subnet",
        ),
        (
            subnet("subnet: 10.0.0.0/8, gateway: 11.0.0.1"),
            "networks.n.ipam.config[0].gateway",
        ),
    ] {
        match Project::load(&text, &Variables::default()) {
            Err(ComposeError::Invalid { place: found, .. }) => assert_eq!(found, place, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    Project::load(&with(""), &Variables::default()).unwrap();
}

#[test]
fn what_is_no_compose_file_is_an_error() {
    for text in [
        "",
        "[]",
        "a: b: c",
        "name: t",
        "name: t\nname: u",
        "a: &a {b: *a}",
        "\0",
        "name: t\nservices: [1]",
    ] {
        assert!(
            Project::load(text, &Variables::default()).is_err(),
            "{text:?}"
        );
    }
}

#[test]
fn aliases_and_nesting_cannot_exhaust_memory_or_stack() {
    let mut bomb = "name: t\nx-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let before = format!("*a{}, ", n - 1).repeat(10);
        bomb += &format!("x-{n}: &a{n} [{before}]\n");
    }
    let nested = "[".repeat(100_000);
    for text in [
        bomb + "services: {a: {image: i, networks: {n: }, tmpfs: *a11}}",
        nested,
    ] {
        assert!(Project::load(&text, &Variables::default()).is_err());
    }
}

proptest! {
    #[test]
    fn no_damage_to_a_file_panics(at in 0..FULL.len(), cut in 0_usize..40, put in r"[\[\]{}:&*$\-a0 \n]{0,6}") {
        let at = (0..=at).rev().find(|at| FULL.is_char_boundary(*at)).unwrap();
        let end = (at + cut..).find(|end| *end >= FULL.len() || FULL.is_char_boundary(*end));
        let rest = FULL.get(end.unwrap()..).unwrap_or_default();
        let _ = Project::load(&format!("{}{put}{rest}", &FULL[..at]), &Variables::default());
    }
}

#[test]
fn no_secret_is_shown_by_debug_or_errors() {
    let variables = Variables::from_iter([("SECRET", "hunter2, expected hunter2")]);
    let project = Project::load(&with("environment: {PASSWORD: '${SECRET:-}'}"), &variables);
    let project = project.unwrap();
    assert!(!format!("{project:?} {variables:?}").contains("hunter2"));
    for setting in [
        "cpus: ${SECRET:-}",
        "mem_limit: ${SECRET:-}",
        "restart: ${SECRET:-}",
        "command: ${SECRET:-}",
        "ports: ['${SECRET:-}']",
        "stop_grace_period: ${SECRET:-}",
        "healthcheck: ${SECRET:-}",
    ] {
        let error = Project::load(&with(setting), &variables).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}");
    }
}

#[test]
fn services_start_after_those_they_depend_on() {
    let service = |name: &str, needs: &str| {
        let needs = match needs {
            "" => String::new(),
            needs => format!(", depends_on: {{{needs}: {{condition: service_healthy}}}}"),
        };
        format!("  {name}: {{image: i, networks: {{n: }}{needs}}}\n")
    };
    let services = [("a", "c"), ("b", ""), ("c", "b"), ("d", "")];
    let services = services.map(|(name, needs)| service(name, needs)).concat();
    let network = "networks: {n: {ipam: {config: [{subnet: 10.0.0.0/8}]}}}";
    let text = format!("name: t\nservices:\n{services}{network}");
    let project = Project::load(&text, &Variables::default()).unwrap();
    assert_eq!(
        project.start_order(),
        [vec!["b", "d"], vec!["c"], vec!["a"]]
    );
}
