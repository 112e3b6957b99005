//! Plans from made-up states of the engine.

use super::compare;
use crate::compose::{HashEdition, Project, Variables};
use crate::converge::{Change, Verb, is_settled};
use crate::docker::labels::{CONFIG_HASH, IMAGE, ONE_OFF, PROJECT, SERVICE};
use crate::docker::observed::{FoundContainer, FoundNetwork, Observed};
use crate::docker::{NETWORK, VOLUME, labels};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const FILE: &str = r#"
name: t
services:
  a:
    image: image-a
    environment: { LEVEL: "${LEVEL:-1}", PASSWORD: "${PASSWORD:-p}" }
    volumes: ["data:/data"]
    networks: { inner: }
    mem_limit: ${MEMORY:-64m}
    restart: unless-stopped
volumes: { data: }
networks:
  inner: { ipam: { config: [{ subnet: "${SUBNET:-10.9.0.0/24}", gateway: 10.9.0.1 }] } }
"#;

fn project(variables: &[(&str, &str)]) -> Project {
    let variables: Variables = variables.iter().copied().collect();
    Project::load(FILE, &variables).unwrap()
}

fn strings(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect()
}

/// The engine after the file was applied.
fn settled() -> Observed {
    let project = project(&[]);
    let edition = HashEdition::WithDependencies;
    let container = FoundContainer {
        id: "c1".to_owned(),
        name: "t-a-1".to_owned(),
        labels: labels::of_container(&project, "a", &project.services["a"], "sha256:a", edition),
        state: "running".to_owned(),
        networks: BTreeSet::from(["n1".to_owned()]),
        volumes: BTreeSet::from(["t_data".to_owned()]),
        environment: vec!["LEVEL=1".into(), "PASSWORD=p".into(), "PATH=/bin".into()],
        memory: 64 << 20,
        restart: "unless-stopped".to_owned(),
        ..FoundContainer::default()
    };
    let network = FoundNetwork {
        id: "n1".to_owned(),
        name: "t_inner".to_owned(),
        labels: labels::of_thing(&project, NETWORK, "inner"),
        subnets: vec!["10.9.0.0/24".parse().unwrap()],
        gateways: vec!["10.9.0.1".to_owned()],
        users: vec!["t-a-1".to_owned()],
    };
    let volume = labels::of_thing(&project, VOLUME, "data");
    Observed {
        containers: vec![container],
        networks: vec![network],
        volumes: BTreeMap::from([("t_data".to_owned(), volume)]),
        images: BTreeMap::from([("image-a".to_owned(), "sha256:a".to_owned())]),
    }
}

fn changes(project: &Project, observed: &Observed) -> Vec<Change> {
    let plan = compare(project, observed).into_iter();
    plan.map(|planned| planned.change).collect()
}

/// What is done with network, volume and container, and why.
fn actions(project: &Project, observed: &Observed) -> [(Verb, String); 3] {
    let changes = changes(project, observed).into_iter();
    let actions: Vec<_> = changes.map(|one| (one.verb, one.detail)).collect();
    actions.try_into().unwrap()
}

fn action(verb: Verb, detail: &str) -> (Verb, String) {
    (verb, detail.to_owned())
}

fn recreate(because: &str) -> (Verb, String) {
    action(Verb::Recreate, because)
}

#[test]
fn what_is_as_asked_for_is_kept() {
    let plan = changes(&project(&[]), &settled());
    assert!(is_settled(&plan), "{plan:?}");
}

#[test]
fn an_empty_engine_gets_everything() {
    let created = [(); 3].map(|()| action(Verb::Create, ""));
    assert_eq!(actions(&project(&[]), &Observed::default()), created);
}

#[test]
fn every_difference_of_a_container_is_named() {
    type Alter = fn(&mut FoundContainer);
    let cases: [(&str, Alter, (Verb, String)); 9] = [
        (
            "stopped",
            |c| c.state = "exited".into(),
            action(Verb::Start, ""),
        ),
        (
            "never started",
            |c| c.state = "created".into(),
            action(Verb::Start, ""),
        ),
        (
            "restarting",
            |c| c.state = "restarting".into(),
            action(Verb::Keep, ""),
        ),
        (
            "dead",
            |c| c.state = "dead".into(),
            recreate("it is being removed"),
        ),
        (
            "made from another image",
            |c| drop(c.labels.insert(IMAGE.into(), "sha256:b".into())),
            recreate("the image changed"),
        ),
        (
            "in an older network",
            |c| c.networks = BTreeSet::from(["n0".into()]),
            recreate("it is not in the network t_inner"),
        ),
        (
            "without its volume",
            |c| c.volumes.clear(),
            recreate("it does not mount the volume t_data"),
        ),
        (
            "updated by hand",
            |c| (c.memory, c.restart) = (0, "no".into()),
            recreate(
                "mem_limit was changed on the container itself, \
                 restart was changed on the container itself",
            ),
        ),
        (
            "made by docker compose with other settings",
            |c| {
                c.labels.remove(labels::SETTINGS);
                c.labels.insert(CONFIG_HASH.into(), "other".into());
            },
            recreate("its settings are not those of the compose file"),
        ),
    ];
    for (case, alter, expected) in cases {
        let mut observed = settled();
        alter(&mut observed.containers[0]);
        let [network, volume, container] = actions(&project(&[]), &observed);
        assert_eq!(container, expected, "{case}");
        let kept = action(Verb::Keep, "");
        assert_eq!([network, volume], [kept.clone(), kept], "{case}");
    }
}

#[test]
fn changed_settings_are_named_and_secrets_are_not() {
    let changed = project(&[("LEVEL", "2"), ("PASSWORD", "hunter2"), ("MEMORY", "65m")]);
    let plan = compare(&changed, &settled());
    assert!(!format!("{plan:?}").contains("hunter2"));

    let changes = changes(&changed, &settled());
    let kept = ["network", "volume"].map(|kind| changes.iter().find(|one| one.kind == kind));
    assert!(kept.iter().all(|one| one.unwrap().verb == Verb::Keep));
    let mut expected = Change::new(Verb::Recreate, "container", "t-a-1")
        .because("environment.LEVEL changed, environment.PASSWORD changed, mem_limit changed");
    expected.memory_bytes = Some(65 << 20);
    expected.component = "a".to_owned();
    assert_eq!(changes[2], expected);
}

#[test]
fn a_moved_network_takes_its_containers_along_unless_others_are_in_it() {
    let moved = project(&[("SUBNET", "10.9.0.0/16")]);
    let mut observed = settled();
    let [network, volume, container] = actions(&moved, &observed);
    assert_eq!(network, recreate("subnet changed"));
    assert_eq!(volume, action(Verb::Keep, ""));
    assert_eq!(container, recreate("it is not in the network t_inner"));

    observed.networks[0].users.push("k3d-server".to_owned());
    let plan = changes(&moved, &observed).into_iter();
    let refused = plan.filter(|change| change.verb == Verb::Refuse);
    let refusals: Vec<String> = refused.map(|change| change.detail).collect();
    assert_eq!(
        refusals,
        ["the network t_inner must be recreated, and k3d-server is in it: stop it first"]
    );
}

#[test]
fn what_belongs_to_others_is_refused() {
    for (owner, whose) in [
        (None, "was not made by this project: "),
        (Some("other"), "belongs to the project other: "),
    ] {
        let labels = owner.map_or_else(HashMap::new, |owner| strings(&[(PROJECT, owner)]));
        let mut observed = settled();
        observed.containers[0].labels = labels.clone();
        observed.networks[0].labels = labels.clone();
        *observed.volumes.get_mut("t_data").unwrap() = labels;
        for (verb, why) in actions(&project(&[]), &observed) {
            assert_eq!(verb, Verb::Refuse, "{why}");
            assert!(why.contains(whose), "{why}");
        }
    }
}

#[test]
fn addresses_of_others_stand_in_the_way() {
    let mut observed = settled();
    observed.networks[0].name = "elsewhere".to_owned();
    let [network, ..] = actions(&project(&[("SUBNET", "10.9.0.0/16")]), &observed);
    let why = "the network t_inner cannot have the addresses 10.9.0.0/16, \
               which the network elsewhere uses: give another subnet";
    assert_eq!(network, action(Verb::Refuse, why));
}

#[test]
fn leftovers_of_a_service_are_removed_and_one_off_containers_are_not() {
    let mut observed = settled();
    let ours = [(PROJECT, "t"), (SERVICE, "a")];
    for (name, more) in [("c0_t-a-1", ("", "")), ("t-a-run-1", (ONE_OFF, "True"))] {
        let mut labels = strings(&ours);
        labels.insert(more.0.to_owned(), more.1.to_owned());
        observed.containers.push(FoundContainer {
            name: name.to_owned(),
            labels,
            ..FoundContainer::default()
        });
    }
    let plan = changes(&project(&[]), &observed);
    let removed: Vec<&str> = plan
        .iter()
        .filter(|change| change.verb == Verb::Remove)
        .map(|change| change.name.as_str())
        .collect();
    assert_eq!(removed, ["c0_t-a-1"]);
}
