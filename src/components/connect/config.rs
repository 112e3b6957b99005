//! The configuration of the connector that reads the feed into Kafka.

use crate::components::{Site, kafka::KafkaSettings};
use crate::config::{CONTAINER_HOST, contact};
use crate::error::{ExpectedError, Result};
use std::collections::BTreeMap;
use wikisentry_engine::sse::is_loopback;

/// Kafka takes records of 1 MiB, headers included.
const LARGEST_EVENT: usize = 900 << 10;

/// The configuration that the settings make.
///
/// # Errors
/// If the source cannot be read from a container, or a contact is missing.
pub(super) fn of(site: &Site) -> Result<BTreeMap<String, String>> {
    let source = &site.settings.source;
    if source.url.password().is_some() || !source.url.username().is_empty() {
        return ExpectedError::usage("the connector takes no password for the source of edits")
            .because("source.url holds one, which would end up in the worker's log and topics")
            .help("name a source that asks for none, or use `--profile embedded`")
            .fail();
    }
    if is_loopback(&source.url) {
        let mut url = source.url.clone();
        _ = url.set_host(Some(CONTAINER_HOST));
        return ExpectedError::usage("containers cannot reach the source of edits")
            .because(format!(
                "source.url is {}, which for a container is the container itself",
                source.url
            ))
            .help(format!(
                "name this machine {CONTAINER_HOST}: `--set source.url={url}`; the server there must \
                 listen on more than 127.0.0.1, as `wikisentry replay --listen docker` does"
            ))
            .fail();
    }
    let contact = contact(source)?;
    let prefix = KafkaSettings::of(&site.settings).topic_prefix;
    let millis = |duration: std::time::Duration| duration.as_millis().to_string();
    let pairs = [
        (
            "connector.class",
            "org.wikisentry.connect.eventstreams.EventStreamsSourceConnector".to_owned(),
        ),
        // The streams of one task share a connection and its order.
        ("tasks.max", "1".to_owned()),
        ("exactly.once.support", "required".to_owned()),
        ("transaction.boundary", "poll".to_owned()),
        (
            "key.converter",
            "org.apache.kafka.connect.storage.StringConverter".to_owned(),
        ),
        // Events stay the bytes that came.
        (
            "value.converter",
            "org.apache.kafka.connect.converters.ByteArrayConverter".to_owned(),
        ),
        ("url", source.url.to_string()),
        ("streams", source.streams.join(",")),
        ("contact", contact),
        ("since", source.since.clone()),
        ("heartbeat.timeout.ms", millis(source.heartbeat_timeout)),
        ("backoff.min.ms", millis(source.backoff_min)),
        ("backoff.max.ms", millis(source.backoff_max)),
        (
            "max.event.bytes",
            source.max_event_bytes.min(LARGEST_EVENT).to_string(),
        ),
        ("reorder.window", source.reorder_window.to_string()),
        // As the worker's own, in compose.yaml.
        ("recovery.bootstrap.servers", "kafka:9092".to_owned()),
        // Written by the image's start script: the worker's user, and no password here.
        (
            "recovery.client.config",
            "/tmp/client.properties".to_owned(),
        ),
        ("topic.edits", format!("{prefix}edits.{{user_type}}")),
        ("topic.label.facts", format!("{prefix}revision.tags")),
        ("topic.deadletter", format!("{prefix}deadletter")),
    ];
    Ok(pairs.map(|(key, value)| (key.to_owned(), value)).into())
}
