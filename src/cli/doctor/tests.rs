//! How findings read, and that a feed is judged by what it answers.

use super::*;
use crate::components;
use crate::config::{Override, Sources, resolve};
use anstream::adapter::strip_str;
use wikisentry_engine::settings::SourceSettings;
use wikisentry_replay::{ReplayOptions, ReplaySource, serve};

fn source(url: &str) -> SourceSettings {
    let overrides = vec![Override {
        key: "source.url".to_owned(),
        value: url.to_owned(),
        flag: "--set".to_owned(),
    }];
    let sources = Sources {
        overrides,
        ..Sources::default()
    };
    resolve(&sources, &components::sections())
        .unwrap()
        .settings
        .source
}

#[test]
fn a_finding_reads_with_its_remedy_below() {
    let check = Check::fail("taken\u{1b}[2J", "choose another");
    let text = strip_str(&render("port", &check, 80)).to_string();
    assert_eq!(
        text,
        "FAIL  port           taken�[2J\n                     → choose another\n"
    );
}

#[test]
fn a_long_finding_is_wrapped_in_its_column() {
    let check = Check::warn("one two three four five", "six seven eight nine");
    let text = strip_str(&render("port", &check, 36)).to_string();
    let expected = [
        "warn  port           one two three",
        "                     four five",
        "                     → six seven",
        "                       eight nine",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_feed_is_judged_by_what_it_answers() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let replay = |faults: &str| {
        let options = ReplayOptions {
            faults: faults.parse().unwrap(),
            ..ReplayOptions::default()
        };
        let source = ReplaySource::from_bytes("none", b"").unwrap();
        runtime.block_on(serve(source, options)).unwrap()
    };
    for (faults, verdict) in [
        ("", Grade::Ok),
        ("403=1", Grade::Fail),
        ("503=1", Grade::Warn),
    ] {
        let server = replay(faults);
        let check = feed::reachable(&source(server.base_url().as_str()), None, true).unwrap();
        assert_eq!(check.verdict, verdict, "{faults}: {check:?}");
    }
    // As containers call this machine; what arrives there is served on the loopback address here.
    let server = replay("");
    let mut url = server.base_url();
    url.set_host(Some("host.docker.internal")).unwrap();
    for gateway in [None, Some("127.0.0.1".parse().unwrap())] {
        let check = feed::reachable(&source(url.as_str()), gateway, true).unwrap();
        assert_eq!(check.verdict, Grade::Ok, "{check:?}");
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let check =
        feed::reachable(&source(&format!("http://{address}/v2/stream")), None, true).unwrap();
    assert_eq!(check.verdict, Grade::Fail, "{check:?}");
    assert!(check.finding.contains("refused"), "{check:?}");
}

#[test]
fn only_a_feed_elsewhere_asks_for_a_contact() {
    for (url, verdict) in [
        ("http://127.0.0.1:8888/v2/stream", Grade::Ok),
        ("http://host.docker.internal:8888/v2/stream", Grade::Ok),
        ("https://stream.wikimedia.org/v2/stream", Grade::Warn),
    ] {
        for has_file in [false, true] {
            let check = feed::contact(&source(url), has_file);
            assert_eq!(check.verdict, verdict, "{url}");
            // Without a file there is nothing to replace.
            let forces = check
                .remedy
                .is_some_and(|remedy| remedy.contains("--force"));
            assert_eq!(forces, has_file && verdict == Grade::Warn, "{url}");
        }
    }
}
