//! Verdicts on ports, what is left and images.

use super::super::super::Grade;
use super::*;
use crate::components;
use crate::plan::Resource;
use wikisentry_driver::images::{ListedImage, OutdatedImage, PresentImage};

fn row(at: usize, detail: &str) -> Row {
    let fits = ["free", "ours"].contains(&detail);
    Row {
        resource: Resource::Port,
        what: ["kafka", "other"][at.min(1)].to_owned(),
        needed: 9092 + at as u64,
        available: fits.into(),
        fits,
        detail: detail.to_owned(),
        help: None,
        setting: Some(["kafka.port", "other.port"][at.min(1)].to_owned()),
    }
}

#[test]
fn a_port_may_be_ours_and_nobody_elses() {
    for (first, rest, listens, grade, finding) in [
        ("free", "free", None, Grade::Ok, "are free"),
        (
            "ours",
            "ours",
            None,
            Grade::Ok,
            "are held by our containers",
        ),
        ("ours", "free", None, Grade::Ok, "free or held"),
        (
            "the container other has it",
            "ours",
            None,
            Grade::Fail,
            "9092 (kafka) by the container other",
        ),
        (
            "the container w has it",
            "free",
            None,
            Grade::Fail,
            "the container w",
        ),
        (
            "another process has it",
            "free",
            Some("java (process 7)"),
            Grade::Fail,
            "java (process 7)",
        ),
        (
            "another process has it",
            "free",
            None,
            Grade::Fail,
            "somebody else",
        ),
    ] {
        let rows: Vec<Row> = (0..4)
            .map(|at| row(at, if at == 0 { first } else { rest }))
            .collect();
        let rows: Vec<&Row> = rows.iter().collect();
        let check = ports(&rows, true, |_| listens.map(str::to_owned));
        assert_eq!(check.verdict, grade, "{check:?}");
        assert!(check.finding.contains(finding), "{check:?}");
        let names_setting = check
            .remedy
            .is_some_and(|text| text.ends_with(": kafka.port"));
        assert_eq!(names_setting, grade == Grade::Fail);
    }
}

#[test]
fn what_is_left_of_old_runs_is_named_and_data_is_not_held_against_anyone() {
    let names = |count: usize| (0..count).map(|at| format!("n{at}")).collect::<Vec<_>>();
    for (containers, networks, volumes, is_up, verdict, finding) in [
        (0, 0, 0, false, Grade::Ok, "none"),
        (0, 0, 2, false, Grade::Ok, "data is kept in volumes n0, n1"),
        (1, 0, 2, false, Grade::Warn, "container n0"),
        (0, 1, 0, false, Grade::Warn, "network n0"),
        (3, 1, 2, true, Grade::Ok, "containers n0, n1, n2; network"),
        (0, 1, 2, true, Grade::Warn, "no container"),
    ] {
        let belongings = Ok(ProjectResources {
            containers: names(containers),
            networks: names(networks),
            volumes: names(volumes),
        });
        let check = leftovers(&belongings, "wikisentry", is_up);
        assert_eq!(check.verdict, verdict, "{check:?}");
        assert!(check.finding.contains(finding), "{check:?}");
    }
    let check = leftovers(&Err("refused".to_owned()), "wikisentry", false);
    assert_eq!(check.verdict, Grade::Warn);
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
    let images = components::all().iter().map(|one| ListedImage {
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
    assert_eq!(verdict(listing(&[], &[&["a"], &[]])), Some(Grade::Warn));
    assert_eq!(verdict(Err("refused".to_owned())), Some(Grade::Warn));
}
