//! What `docker compose up -d` makes by hand is what `up` makes with the defaults of size `small`:
//! `compose.override.yaml` of the repository is held to the same topics and the same connector.

use super::config;
use crate::components::tests::settings;
use crate::components::{Secrets, Site, kafka};
use crate::config::Size;
use std::path::Path;

const HEAD: &str = "\
# Read by `docker compose up -d` beside compose.yaml, and by nothing else: makes
# the topics and the connector once the worker is healthy, and ends. `wikisentry
# up` does this itself. WIKISENTRY_SOURCE__CONTACT says whom Wikimedia may write
# to; without it there are topics and no connector.
services:
  provision:
    image: ${WIKISENTRY_CONNECT_IMAGE:-wikisentry/connect:local}
    pull_policy: never
    command: [\"provision\"]
    depends_on:
      connect:
        condition: service_healthy
    environment:
      KAFKA_USER: ${WIKISENTRY_KAFKA_ROOT_USER:-wikisentry}
      KAFKA_PASSWORD: ${WIKISENTRY_KAFKA_ROOT_PASSWORD:-wikisentry-development}
      CONNECT_USER: ${WIKISENTRY_CONNECT_ROOT_USER:-wikisentry}
      CONNECT_PASSWORD: ${WIKISENTRY_CONNECT_ROOT_PASSWORD:-wikisentry-development}
      SOURCE_CONTACT: ${WIKISENTRY_SOURCE__CONTACT:-}
";

const TAIL: &str = "    networks:
      - wikisentry
    mem_limit: 256m
    tmpfs:
      - /tmp:exec,mode=1777,size=64m
    read_only: true
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    healthcheck:
      disable: true
    logging:
      driver: json-file
      options:
        max-size: 10m
        max-file: \"3\"
";

/// The file, with the topics and the connector of these settings.
fn text() -> String {
    let mut settings = settings(Size::Small);
    settings.source.contact = "you@example.org".to_owned();
    let source = &settings.source;
    let (url, streams) = (source.url.to_string(), source.streams.join(","));
    let site = Site {
        secrets: Secrets::generate(),
        settings,
        foreign: None,
    };
    let topics = kafka::topic_specs(&site).into_iter().map(|topic| {
        let config = topic.config.iter();
        let config: Vec<String> = config
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        format!("{} {} {}", topic.name, topic.partitions, config.join(" "))
    });
    // What is set by variables is not among them.
    let connector = config::of(&site).unwrap().into_iter();
    let connector = connector.filter(|(key, _)| !["url", "streams", "contact"].contains(&&**key));
    let connector = connector.map(|(key, value)| format!("{key}={}", value.replace('$', "$$")));
    let block = |lines: Vec<String>| {
        let lines = lines.iter().map(|line| format!("        {line}\n"));
        format!("|\n{}", lines.collect::<String>())
    };
    format!(
        "{HEAD}      SOURCE_URL: ${{WIKISENTRY_SOURCE__URL:-{url}}}\n      \
         SOURCE_STREAMS: ${{WIKISENTRY_SOURCE__STREAMS:-{streams}}}\n      TOPICS: {}      \
         CONNECTOR: {}{TAIL}",
        block(topics.collect()),
        block(connector.collect()),
    )
}

#[test]
fn compose_by_hand_makes_what_up_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("compose.override.yaml");
    if std::env::var_os("OVERWRITE").is_some() {
        std::fs::write(&path, text()).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap();
    assert_eq!(found, text(), "OVERWRITE=1 cargo test writes it");
}

#[test]
fn a_missing_contact_is_said_by_hand_in_the_same_words() {
    let context = wikisentry_driver::images::embedded::context("connect").unwrap();
    let script = context.file("provision").unwrap();
    let script = String::from_utf8_lossy(script);
    assert!(script.contains(crate::config::NO_CONTACT), "{script}");
    assert!(script.contains("exit 3"), "{script}");
}
