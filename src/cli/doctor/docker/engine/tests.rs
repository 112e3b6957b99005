//! Verdicts on engines that are not at hand.

use super::super::super::Grade;
use super::*;
use crate::plan::Resource;
use wikisentry_driver::docker::Attempt;

const GIB: u64 = 1 << 30;

/// A recent engine on Linux with nothing wrong.
fn sound() -> EngineInfo {
    EngineInfo {
        address: "unix:///var/run/docker.sock".to_owned(),
        version: "28.2.2".to_owned(),
        api_version: "1.50".to_owned(),
        operating_system: "Debian GNU/Linux 13".to_owned(),
        memory_bytes: 16 * GIB,
        cpus: 4,
        root_dir: "/var/lib/docker".to_owned(),
        root_free_bytes: Some(50 * GIB),
        cgroup_version: Some(2),
        limits_memory: true,
        virtual_machine: false,
        rootless: false,
        podman: false,
        clock: None,
    }
}

/// Sound but for what `change` does.
fn with(change: impl FnOnce(&mut EngineInfo)) -> EngineInfo {
    let mut info = sound();
    change(&mut info);
    info
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
        assert_eq!(check.verdict, Grade::Fail);
        assert!(check.finding.contains(finding), "{check:?}");
        assert!(check.remedy.as_ref().unwrap().contains(remedy), "{check:?}");
    }
    let check = unreachable(&EngineError::Address {
        address: "ssh://host".to_owned(),
    });
    assert!(check.remedy.unwrap().contains("DOCKER_HOST"));
}

#[test]
fn an_engine_must_be_of_20_10_or_later() {
    for (api_version, podman, verdict) in [
        ("1.40", false, Grade::Fail),
        ("1.41", false, Grade::Ok),
        ("1.52", false, Grade::Ok),
        ("2.0", false, Grade::Ok),
        ("", false, Grade::Ok),
        ("1.41", true, Grade::Warn),
    ] {
        let info = with(|info| {
            info.api_version = api_version.to_owned();
            info.podman = podman;
        });
        assert_eq!(version(&info).verdict, verdict, "{api_version}");
    }
}

fn row(resource: Resource, needed: u64, available: u64) -> Row {
    let fits = needed <= available;
    Row {
        resource,
        what: "containers".to_owned(),
        needed,
        available,
        fits,
        detail: "free on this machine".to_owned(),
        help: (!fits).then(|| "`--size small`, or close firefox".to_owned()),
        setting: None,
    }
}

#[test]
fn memory_must_hold_all_limits_and_should_leave_some() {
    for (has, limits, wanted, grade) in [
        (2 * GIB, true, 3 * GIB, Grade::Fail),
        (3 * GIB, true, 3 * GIB, Grade::Warn),
        (8 * GIB, true, 3 * GIB, Grade::Ok),
        (8 * GIB, false, 3 * GIB, Grade::Warn),
    ] {
        let info = with(|info| info.limits_memory = limits);
        let check = memory(&info, &row(Resource::Memory, wanted, has));
        assert_eq!(check.verdict, grade, "{has} {limits}");
    }
    let short = row(Resource::Memory, 2 * GIB, GIB);
    let remedy = memory(&sound(), &short).remedy.unwrap();
    assert!(remedy.contains("firefox"), "{remedy}");
}

#[test]
fn disk_must_hold_what_is_missing_and_should_hold_what_grows() {
    let growth = [Growth {
        what: "the topics".to_owned(),
        bytes: 4 * GIB,
        setting: "kafka.retention_bytes".to_owned(),
    }];
    for (free, grade) in [
        (Some(GIB), Grade::Fail),
        (Some(5 * GIB), Grade::Warn),
        (Some(8 * GIB), Grade::Ok),
        (None, Grade::Ok),
    ] {
        let row = free.map(|free| row(Resource::Disk, 3 * GIB, free));
        assert_eq!(disk(row.as_ref(), &growth).verdict, grade, "{free:?}");
    }
}

#[test]
fn clocks_may_differ_by_no_more_than_the_tolerance() {
    let time = |second: i64| Timestamp::from_second(1_790_000_000 + second).unwrap();
    for (told, verdict, finding) in [
        (Some(1), Grade::Ok, "within 0.0 s"),
        (Some(-4), Grade::Ok, "within 4.0 s"),
        (Some(-90), Grade::Warn, "90 s behind"),
        (Some(62), Grade::Warn, "60 s ahead"),
        (None, Grade::Ok, "not tell"),
    ] {
        let check = clock((time(0), time(2)), told.map(time));
        assert_eq!(check.verdict, verdict, "{check:?}");
        assert!(check.finding.contains(finding), "{check:?}");
    }
}

#[test]
fn the_first_version_of_cgroups_is_warned_of() {
    for (told, verdict) in [
        (Some(1), Some(Grade::Warn)),
        (Some(2), Some(Grade::Ok)),
        (None, None),
    ] {
        let info = with(|info| info.cgroup_version = told);
        assert_eq!(cgroup(&info).map(|check| check.verdict), verdict);
    }
}

#[test]
fn only_an_open_engine_on_linux_lets_neighbours_in() {
    let old = |change: fn(&mut EngineInfo)| {
        with(|info| {
            info.api_version = "1.47".to_owned();
            change(info);
        })
    };
    for (info, kept_out, verdict) in [
        (sound(), false, Some(Grade::Ok)),
        (old(|_| ()), false, Some(Grade::Warn)),
        (old(|_| ()), true, Some(Grade::Ok)),
        (old(|info| info.virtual_machine = true), false, None),
        (old(|info| info.rootless = true), false, None),
    ] {
        let check = neighbours(&info, "172.30.77.0/24", kept_out);
        assert_eq!(check.as_ref().map(|check| check.verdict), verdict);
        let is_warning = verdict == Some(Grade::Warn);
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
        (None, Grade::Warn),
        (Some("something else"), Grade::Warn),
        (Some("k3d version v4.4.8\nk3s version v1.21"), Grade::Warn),
        (Some("k3d version v5.8.3\nk3s version v1.31"), Grade::Ok),
        (Some("k3d version v5-dev"), Grade::Ok),
    ] {
        assert_eq!(k3d(said).verdict, verdict, "{said:?}");
    }
}
