//! The model of compose files: equal to docker compose's own reading of the same file, and
//! refusing by name what it does not know.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use proptest::prelude::*;
use serde_json::Value;
use std::process::Command;
use wikisentry_driver::compose::{ComposeError, HashEdition, Project, Variables, dotenv};

const FULL: &str = include_str!("compose_files/full.yaml");

/// What docker compose prints, less how images are built. It doubles each dollar, so that its
/// output can be read as a compose file again.
fn normalized(config: &str) -> Value {
    let mut config: Value = serde_json::from_str(&config.replace("$$", "$")).unwrap();
    for service in config["services"].as_object_mut().unwrap().values_mut() {
        service.as_object_mut().unwrap().remove("build");
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

/// `docker compose` with a clean environment, or `None` where it is not installed.
fn docker_compose(folder: &std::path::Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("docker");
    command.current_dir(folder).arg("compose").args(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("COMPOSE_")) {
        command.env_remove(name);
    }
    let done = command.output().ok()?;
    let errors = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(
        done.status.success(),
        "docker compose {arguments:?}: {errors}"
    );
    Some(String::from_utf8(done.stdout).unwrap())
}

fn container_tests() -> bool {
    let wanted = std::env::var("CONTAINER_TESTS").is_ok_and(|value| value == "1");
    if !wanted {
        println!("not run: CONTAINER_TESTS is not 1");
    }
    wanted
}

#[test]
fn the_installed_docker_compose_agrees_on_files_variables_and_dotenv() {
    if !container_tests() {
        return;
    }
    let env_file = concat!(
        "# a comment\n",
        "export WSTEST_PORT=39999 # not 39192\n",
        "WSTEST_MEMORY: '128m'\n",
        "A_PART=\"do$$llar \\$sign\\ttab\"\n",
        "WSTEST_SECONDS=\"${A_PART} ${NONE:-5} it's\"\n",
        "WSTEST_IMAGE='img$WSTEST_PORT # x'\n",
        "BARE=it\\'s \"here\"\n",
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("compose.yaml"), FULL).unwrap();
    std::fs::write(folder.path().join(".env"), env_file).unwrap();
    let variables = dotenv::parse(env_file, &Variables::default()).unwrap();
    let project = Project::load(FULL, &variables).unwrap();

    let theirs = docker_compose(folder.path(), &["config", "--format", "json"]).unwrap();
    let theirs = normalized(&theirs);
    let ours = serde_json::to_value(&project).unwrap();
    for (name, service) in theirs["services"].as_object().unwrap() {
        assert_eq!(&ours["services"][name], service, "{name}");
    }
    let theirs = docker_compose(folder.path(), &["config", "--hash", "*"]).unwrap();
    let mut theirs: Vec<&str> = theirs.lines().collect();
    theirs.sort_unstable();
    let editions = [
        HashEdition::WithDependencies,
        HashEdition::WithoutDependencies,
    ];
    let ours = editions.map(|edition| hashes(&project, edition));
    assert!(
        ours.iter()
            .any(|ours| ours.lines().eq(theirs.iter().copied())),
        "{ours:?} {theirs:?}"
    );
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let service =
        |setting: &str| format!("name: t\nservices:\n  a:\n    image: i\n    {setting}\n");
    for (text, expected) in [
        (
            service("privileged: true"),
            "services.a.privileged is not supported",
        ),
        (
            service("deploy: {resources: {}}"),
            "services.a.deploy is not supported: use mem_limit, cpus and pids_limit",
        ),
        (
            service("volumes: ['./here:/there']"),
            "services.a.volumes[0] is not supported: mount a named volume or tmpfs",
        ),
        (
            service("healthcheck: {test: x, start_interval: 1s}"),
            "services.a.healthcheck.start_interval is not supported: engines before 25 do not know it",
        ),
        (
            service("networks: [b, c]"),
            "services.a.networks is not supported: a service is in one network",
        ),
        (
            "name: t\nservices: {a: {image: i}}\nsecrets: {}".to_owned(),
            "secrets is not supported",
        ),
        (
            "name: t\nservices: {a: {image: i}}\nvolumes: {v: {external: true}}".to_owned(),
            "volumes.v.external is not supported",
        ),
    ] {
        let error = Project::load(&text, &Variables::default()).unwrap_err();
        assert!(
            matches!(error, ComposeError::Unsupported { .. }),
            "{error:?}"
        );
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn values_that_cannot_be_meant_are_refused_with_their_place() {
    let service =
        |setting: &str| format!("name: t\nservices:\n  a:\n    image: i\n    {setting}\n");
    for (text, place) in [
        (service("ports: ['9092:9092']"), "services.a.ports[0]"),
        (service("ports: ['0.0.0.0:9092:9092']"), "services.a.ports[0]"),
        (service("ports: ['127.0.0.1:9092:70000']"), "services.a.ports[0]"),
        (service("ports: [{target: 80, host_ip: 10.0.0.1}]"), "services.a.ports[0].host_ip"),
        (service("mem_limit: much"), "services.a.mem_limit"),
        (service("mem_limit: '${A-}'"), "services.a.mem_limit"),
        (service("cpus: nan"), "services.a.cpus"),
        (service("restart: sometimes"), "services.a.restart"),
        (service("command: echo 'a b'"), "services.a.command"),
        (service("environment: {A: [1]}"), "services.a.environment.A"),
        (service("environment: {A: '${'}"), "services.a.environment.A"),
        (service("depends_on: [b]"), "services.a.depends_on"),
        (service("depends_on: [a]"), "services.a.depends_on"),
        (service("networks: [n]"), "services.a.networks"),
        (service("volumes: ['v:/v']"), "services.a.volumes"),
        (service("stop_grace_period: 5"), "services.a.stop_grace_period"),
        ("services: {a: {image: i}}".to_owned(), "name"),
        ("name: T\nservices: {a: {image: i}}".to_owned(), "name"),
        ("name: t\nservices: {a: {}}".to_owned(), "services.a"),
        ("name: t\nservices: {}".to_owned(), "services"),
        ("name: t\nservices: {a: {image: i, networks: [n]}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.1/8}]}}}".to_owned(), "networks.n.ipam.config[0].subnet"),
        ("name: t\nservices: {a: {image: i, networks: [n]}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/8, gateway: 11.0.0.1}]}}}".to_owned(), "networks.n.ipam.config[0].gateway"),
    ] {
        match Project::load(&text, &Variables::default()) {
            Err(ComposeError::Invalid { place: found, .. }) => assert_eq!(found, place, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
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
    for text in [bomb + "services: {a: {image: i, tmpfs: *a11}}", nested] {
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
fn a_needed_variable_is_named_and_an_unset_one_is_reported() {
    let text = "name: t\nservices: {a: {image: 'i:${TAG:?the tag of a}', user: '$USER_ID'}}";
    let error = Project::load(text, &Variables::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "services.a.image: the variable TAG must be set: the tag of a"
    );
    let variables = Variables::from_iter([("TAG", "1")]);
    let project = Project::load(text, &variables).unwrap();
    assert_eq!(project.services["a"].image, "i:1");
    assert_eq!(
        project.unset_variables.iter().collect::<Vec<_>>(),
        ["USER_ID"]
    );
}

#[test]
fn no_secret_is_shown_by_debug_or_errors() {
    let text = "name: t\nservices: {a: {image: i, environment: {PASSWORD: $SECRET}}}";
    let variables = Variables::from_iter([("SECRET", "hunter2")]);
    let project = Project::load(text, &variables).unwrap();
    assert!(!format!("{project:?} {variables:?}").contains("hunter2"));
    let text = "name: t\nservices: {a: {image: i, cpus: $SECRET}}";
    let error = Project::load(text, &variables).unwrap_err();
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}

#[test]
fn services_start_after_those_they_depend_on() {
    let text = "name: t\nservices:\n  a: {image: i, depends_on: [c]}\n  b: {image: i}\n  c: {image: i, depends_on: {b: {condition: service_healthy}}}\n  d: {image: i}\n";
    let project = Project::load(text, &Variables::default()).unwrap();
    assert_eq!(
        project.start_order(),
        [vec!["b", "d"], vec!["c"], vec!["a"]]
    );
}
