//! Verdicts on engines that are not at hand.

use super::super::super::Verdict;
use super::*;
use wikisentry_driver::docker::Attempt;

const GIB: u64 = 1 << 30;

/// A recent engine on Linux with nothing wrong.
fn sound() -> Facts {
    Facts {
        address: "unix:///var/run/docker.sock".to_owned(),
        version: "28.2.2".to_owned(),
        api_version: "1.50".to_owned(),
        operating_system: "Debian GNU/Linux 13".to_owned(),
        architecture: "x86_64".to_owned(),
        memory_bytes: 16 * GIB,
        cpus: 4,
        root_dir: "/var/lib/docker".to_owned(),
        root_free_bytes: Some(50 * GIB),
        cgroup_version: Some(2),
        limits_memory: true,
        limits_cpu: true,
        virtual_machine: false,
        rootless: false,
        podman: false,
        clock: None,
    }
}

/// Sound but for what `change` does.
fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = sound();
    change(&mut facts);
    facts
}

fn attempt(address: &str, problem: &str) -> Attempt {
    Attempt {
        address: address.to_owned(),
        problem: problem.to_owned(),
    }
}

#[test]
fn an_engine_that_does_not_answer_comes_with_what_helps() {
    let no_socket = || attempt("unix:///a.sock", "there is no such socket");
    for (tried, finding, remedy) in [
        (
            vec![no_socket(), no_socket()],
            "usual sockets",
            "start Docker",
        ),
        (vec![no_socket()], "unix:///a.sock", "start Docker"),
        (
            vec![no_socket(), attempt("unix:///b.sock", "permission denied")],
            "answers: unix:///b.sock (permission denied)",
            "usermod",
        ),
    ] {
        let check = unreachable(&EngineError::Unreachable { tried });
        assert_eq!(check.verdict, Verdict::Fail);
        assert!(check.finding.contains(finding), "{check:?}");
        assert!(check.remedy.as_ref().unwrap().contains(remedy), "{check:?}");
    }
    let check = unreachable(&EngineError::Address {
        address: "ssh://host".to_owned(),
        reason: "unix:// is",
    });
    assert!(check.remedy.unwrap().contains("DOCKER_HOST"));
}

#[test]
fn an_engine_must_be_of_20_10_or_later() {
    for (api_version, podman, verdict) in [
        ("1.40", false, Verdict::Fail),
        ("1.41", false, Verdict::Ok),
        ("1.52", false, Verdict::Ok),
        ("2.0", false, Verdict::Ok),
        ("", false, Verdict::Ok),
        ("1.41", true, Verdict::Warn),
    ] {
        let facts = with(|facts| {
            facts.api_version = api_version.to_owned();
            facts.podman = podman;
        });
        assert_eq!(version(&facts).verdict, verdict, "{api_version}");
    }
}

#[test]
fn memory_must_hold_all_limits_and_should_leave_some() {
    for (has, limits, wanted, verdict) in [
        (2 * GIB, true, 3 * GIB, Verdict::Fail),
        (3 * GIB, true, 3 * GIB, Verdict::Warn),
        (8 * GIB, true, 3 * GIB, Verdict::Ok),
        (8 * GIB, false, 3 * GIB, Verdict::Warn),
    ] {
        let facts = with(|facts| {
            facts.memory_bytes = has;
            facts.limits_memory = limits;
        });
        assert_eq!(memory(&facts, wanted).verdict, verdict, "{has} {limits}");
    }
    let desktop = with(|facts| {
        facts.memory_bytes = GIB;
        facts.virtual_machine = true;
    });
    let remedy = memory(&desktop, 2 * GIB).remedy.unwrap();
    assert!(remedy.contains("Docker Desktop"), "{remedy}");
}

#[test]
fn disk_must_hold_the_missing_images_and_should_hold_a_topic() {
    for (free, verdict) in [
        (Some(GIB), Verdict::Fail),
        (Some(2 * GIB), Verdict::Warn),
        (Some(5 * GIB), Verdict::Ok),
        (None, Verdict::Ok),
    ] {
        let facts = with(|facts| facts.root_free_bytes = free);
        assert_eq!(disk(&facts, GIB, 4 * GIB).verdict, verdict, "{free:?}");
    }
}

#[test]
fn clocks_may_differ_by_no_more_than_the_tolerance() {
    let time = |second: i64| Timestamp::from_second(1_790_000_000 + second).unwrap();
    for (told, verdict, finding) in [
        (Some(1), Verdict::Ok, "within 0.0 s"),
        (Some(-4), Verdict::Ok, "within 4.0 s"),
        (Some(-90), Verdict::Warn, "90 s behind"),
        (Some(62), Verdict::Warn, "60 s ahead"),
        (None, Verdict::Ok, "not tell"),
    ] {
        let check = clock((time(0), time(2)), told.map(time));
        assert_eq!(check.verdict, verdict, "{check:?}");
        assert!(check.finding.contains(finding), "{check:?}");
    }
}

#[test]
fn the_first_version_of_cgroups_is_warned_of() {
    for (told, verdict) in [
        (Some(1), Some(Verdict::Warn)),
        (Some(2), Some(Verdict::Ok)),
        (None, None),
    ] {
        let facts = with(|facts| facts.cgroup_version = told);
        assert_eq!(cgroup(&facts).map(|check| check.verdict), verdict);
    }
}

#[test]
fn only_an_open_engine_on_linux_lets_neighbours_in() {
    let old = |change: fn(&mut Facts)| {
        with(|facts| {
            facts.api_version = "1.47".to_owned();
            change(facts);
        })
    };
    for (facts, kept_out, verdict) in [
        (sound(), false, Some(Verdict::Ok)),
        (old(|_| ()), false, Some(Verdict::Warn)),
        (old(|_| ()), true, Some(Verdict::Ok)),
        (old(|facts| facts.virtual_machine = true), false, None),
        (old(|facts| facts.rootless = true), false, None),
    ] {
        let check = neighbours(&facts, "172.30.77.0/24", kept_out);
        assert_eq!(check.as_ref().map(|check| check.verdict), verdict);
        let is_warning = verdict == Some(Verdict::Warn);
        let remedy = check.and_then(|check| check.remedy);
        let rule = remedy.is_some_and(|remedy| {
            remedy.contains("iptables -I DOCKER-USER -d 172.30.77.0/24 ! -s 172.30.77.0/24")
        });
        assert_eq!(rule, is_warning);
    }
}

#[test]
fn the_rule_is_the_one_of_the_documentation() {
    let documented = include_str!("../../../../../docs/IMAGES.md");
    assert!(documented.contains(&closing_rule("172.30.77.0/24")));
}

#[test]
fn k3d_is_missed_and_its_age_told() {
    for (said, verdict) in [
        (None, Verdict::Warn),
        (Some("something else"), Verdict::Warn),
        (Some("k3d version v4.4.8\nk3s version v1.21"), Verdict::Warn),
        (Some("k3d version v5.8.3\nk3s version v1.31"), Verdict::Ok),
        (Some("k3d version v5-dev"), Verdict::Ok),
    ] {
        assert_eq!(k3d(said).verdict, verdict, "{said:?}");
    }
}
