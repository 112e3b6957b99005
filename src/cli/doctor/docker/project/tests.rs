//! Verdicts on ports, what is left and images.

use super::super::super::Verdict;
use super::*;
use wikisentry_driver::images::{ListedImage, OutdatedImage, PresentImage};

fn container(name: &str, project: Option<&str>) -> Holder {
    Holder::Container(Publisher {
        container: name.to_owned(),
        project: project.map(str::to_owned),
    })
}

#[test]
fn a_port_may_be_ours_and_nobody_elses() {
    let all: Vec<_> = components::ALL.iter().flat_map(|one| one.ports).collect();
    let ours = || container("wikisentry-kafka-1", Some("wikisentry"));
    for (first, rest, verdict, finding) in [
        (Holder::Nobody, Holder::Nobody, Verdict::Ok, "are free"),
        (ours(), ours(), Verdict::Ok, "are held by our containers"),
        (ours(), Holder::Nobody, Verdict::Ok, "free or held"),
        (
            container("other", None),
            ours(),
            Verdict::Fail,
            "9092 (kafka) by the container other",
        ),
        (
            container("w", Some("theirs")),
            ours(),
            Verdict::Fail,
            "the container w",
        ),
        (
            Holder::Process(Some("java (process 7)".to_owned())),
            Holder::Nobody,
            Verdict::Fail,
            "java (process 7)",
        ),
        (
            Holder::Process(None),
            Holder::Nobody,
            Verdict::Fail,
            "somebody else",
        ),
    ] {
        let uses = all.iter().enumerate().map(|(at, port)| PortUse {
            port,
            number: 9092 + u16::try_from(at).unwrap(),
            holder: if at == 0 { first.clone() } else { rest.clone() },
        });
        let check = ports(&uses.collect::<Vec<_>>(), "wikisentry");
        assert_eq!(check.verdict, verdict, "{check:?}");
        assert!(check.finding.contains(finding), "{check:?}");
        let names_setting = check
            .remedy
            .is_some_and(|text| text.ends_with(": kafka.port"));
        assert_eq!(names_setting, verdict == Verdict::Fail);
    }
}

#[test]
fn what_is_left_of_old_runs_is_named_and_data_is_not_held_against_anyone() {
    let names = |count: usize| (0..count).map(|at| format!("n{at}")).collect::<Vec<_>>();
    for (containers, networks, volumes, is_up, verdict, finding) in [
        (0, 0, 0, false, Verdict::Ok, "none"),
        (
            0,
            0,
            2,
            false,
            Verdict::Ok,
            "data is kept in volumes n0, n1",
        ),
        (1, 0, 2, false, Verdict::Warn, "container n0"),
        (0, 1, 0, false, Verdict::Warn, "network n0"),
        (3, 1, 2, true, Verdict::Ok, "containers n0, n1, n2; network"),
        (0, 1, 2, true, Verdict::Warn, "no container"),
    ] {
        let belongings = Ok(Belongings {
            containers: names(containers),
            networks: names(networks),
            volumes: names(volumes),
        });
        let check = leftovers(&belongings, "wikisentry", is_up);
        assert_eq!(check.verdict, verdict, "{check:?}");
        assert!(check.finding.contains(finding), "{check:?}");
    }
    let check = leftovers(&Err("refused".to_owned()), "wikisentry", false);
    assert_eq!(check.verdict, Verdict::Warn);
}

fn listing(present: &[&'static str], used_by: &[&[&str]]) -> Result<ImageListing, String> {
    let there = PresentImage {
        id: "sha256:1".to_owned(),
        created: None,
        bytes: 1,
        layers: 1,
        shared_layers: 0,
        shared_bytes: 0,
    };
    let images = components::ALL.iter().map(|one| ListedImage {
        name: one.name,
        reference: format!("wikisentry/{}:1", one.name),
        replaced: false,
        present: present.contains(&one.name).then(|| there.clone()),
    });
    let outdated = used_by.iter().map(|used_by| OutdatedImage {
        reference: "wikisentry/kafka:0".to_owned(),
        created: 0,
        bytes: 5 << 20,
        used_by: used_by.iter().map(|name| (*name).to_owned()).collect(),
    });
    Ok(ImageListing {
        images: images.collect(),
        outdated: outdated.collect(),
        bytes: 1,
        disk: None,
    })
}

#[test]
fn only_old_images_that_nothing_uses_are_reported() {
    let verdict = |images| old_images(&images).map(|check| check.verdict);
    assert_eq!(verdict(listing(&[], &[])), None);
    assert_eq!(verdict(listing(&[], &[&["a"]])), None);
    assert_eq!(verdict(listing(&[], &[&["a"], &[]])), Some(Verdict::Warn));
    assert_eq!(verdict(Err("refused".to_owned())), Some(Verdict::Warn));
}

#[test]
fn images_that_are_there_need_no_room() {
    let all: u64 = components::ALL.iter().map(|one| one.image_bytes).sum();
    let minio = components::find("minio").unwrap().image_bytes;
    assert_eq!(missing_bytes(&Err("refused".to_owned())), all);
    assert_eq!(missing_bytes(&listing(&[], &[])), all);
    assert_eq!(missing_bytes(&listing(&["kafka", "connect"], &[])), minio);
    assert_eq!(
        missing_bytes(&listing(&["kafka", "connect", "minio"], &[])),
        0
    );
}
