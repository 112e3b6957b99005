//! Checks what types cannot: bounds, and values that would be unsafe to use.

use super::entry::variable;
use super::kubernetes::{self, SECRETS};
use super::layer::Layers;
use super::{Invalid, Origin, Sections, Settings};
use crate::error::Result;
use url::Url;
use wikisentry_core::anomaly::Detectors;
use wikisentry_engine::alerting::rules;
use wikisentry_engine::sse::{is_loopback, is_since, is_stream_name};

/// Refuses settings that cannot work, and returns warnings about those that may not be meant.
pub(super) fn settings(
    settings: &Settings,
    sections: &Sections,
    layers: &Layers<'_>,
) -> Result<Vec<String>> {
    let components = sections.all.iter();
    let components = components.flat_map(|section| (section.check)(settings));
    let given_by_flags = SECRETS.into_iter().filter(|key| {
        let given = layers.get(key).map(|entry| &entry.origin);
        matches!(given, Some(Origin::Flag(_)))
    });
    let given_by_flags = given_by_flags.map(|key| Invalid {
        key: key.to_owned(),
        why: format!(
            "every program of this machine sees arguments: put it into a file and name that by \
             {key}_file, or into the variable {}",
            variable(key)
        ),
    });
    let first = given_by_flags.chain(own(settings)).chain(components).next();
    match first {
        Some(Invalid { key, why }) => Err(layers.refused(&key, &why)),
        None => Ok(warnings(settings)),
    }
}

fn own(settings: &Settings) -> Vec<Invalid> {
    let mut invalid = Vec::new();
    let mut require =
        |holds: bool, key: &str, why: &str| super::require(&mut invalid, holds, key, why);
    let Settings {
        source,
        log,
        model,
        archive,
        alerts,
        api,
        docker,
        learning,
        ..
    } = settings;

    require(
        source.url.scheme() == "https"
            || (source.url.scheme() == "http"
                && (is_loopback(&source.url)
                    || source.url.host_str() == Some(super::CONTAINER_HOST))),
        "source.url",
        "it must be https, or http on this machine (127.0.0.1, ::1, localhost; for containers \
         host.docker.internal)",
    );
    require(
        source.streams.iter().all(|name| is_stream_name(name)),
        "source.streams",
        "a stream is named by letters, digits, \".\", \"_\" and \"-\", such as recentchange or \
         mediawiki.page_change.v1",
    );
    require(
        is_plain_name(&docker.project) && docker.project.to_lowercase() == docker.project,
        "docker.project",
        "it begins names of containers: only small letters, digits, \"-\", \"_\" and \".\"",
    );
    require(
        gateway(&docker.subnet).is_some(),
        "docker.subnet",
        "it must be a private IPv4 network of 8 to 1024 addresses, such as \"172.30.77.0/24\"",
    );
    require(
        is_header_value(&source.contact),
        "source.contact",
        "it is sent in a header: one line of ASCII",
    );
    require(
        is_since(&source.since),
        "source.since",
        "it must be empty, an age such as \"6h\" or \"2d\", or a time such as \"2026-01-31T12:00:00Z\"",
    );
    require(
        source.backoff_min <= source.backoff_max,
        "source.backoff_min",
        "it exceeds source.backoff_max",
    );
    require(
        is_plain_name(&model.name),
        "model.name",
        "it names a folder: only letters, digits, \"-\", \"_\" and \".\", which must not come first",
    );
    require(
        learning.test + learning.calibrate < learning.window,
        "learning.window",
        "it must be longer than learning.test and learning.calibrate together",
    );
    if let Err(invalid) = Detectors::new(rules(alerts)) {
        let key = format!("alerts.{}", invalid.rule);
        require(false, &key, &format!("it must be {}", invalid.must_be));
    }
    require(
        is_webhook(&alerts.webhook.url),
        "alerts.webhook.url",
        "it must be empty, or start with https:// or http://",
    );
    require(
        api.allowed_hosts.iter().all(|name| is_host_name(name)),
        "api.allowed_hosts",
        "a host is named by letters, digits, \".\" and \"-\", without port or path",
    );
    for (name, value) in &alerts.webhook.headers {
        let key = format!("alerts.webhook.headers.{name}");
        require(is_header_name(name), &key, "its name cannot name a header");
        require(
            is_header_value(value),
            &key,
            "a header is one line of ASCII",
        );
    }
    for (key, value) in [
        ("source.max_event_bytes", source.max_event_bytes as u64),
        ("log.retention_bytes", log.retention_bytes),
        ("log.dedupe_window", log.dedupe_window as u64),
        ("archive.max_rows", archive.max_rows as u64),
        ("archive.compact_files", archive.compact_files as u64),
        ("learning.max_rows", learning.max_rows),
        ("learning.calibrate_rows", learning.calibrate_rows),
        ("learning.test_rows", learning.test_rows),
        ("api.max_body_bytes", api.max_body_bytes as u64),
    ] {
        require(value > 0, key, "it must be above 0");
    }

    invalid.extend(kubernetes::check(&settings.kubernetes));
    invalid
}

fn warnings(settings: &Settings) -> Vec<String> {
    let listen = settings.api.listen;
    let is_open = !listen.ip().is_loopback();
    let warning = is_open.then(|| {
        format!("api.listen = {listen} opens the HTTP API to the network; it asks for no password")
    });
    warning.into_iter().collect()
}

fn is_webhook(url: &str) -> bool {
    url.is_empty() || Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// A name of letters, digits, `-`, `_` and `.`, that does not begin with a dot.
pub fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// A name of small letters, digits and `-`, with neither end a `-`, as buckets and Kubernetes have them.
pub fn is_dns_label(name: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    lengths.contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The visible part of RFC 9110's field-value.
fn is_header_value(value: &str) -> bool {
    value
        .bytes()
        .all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

fn is_host_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    !name.is_empty() && name.chars().all(is_part)
}

fn is_header_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(token)
}

/// The first address of a private network, which its gateway has; none if the text is none.
pub(super) fn gateway(subnet: &str) -> Option<std::net::Ipv4Addr> {
    let (base, prefix) = subnet.split_once('/')?;
    let base: std::net::Ipv4Addr = base.parse().ok()?;
    let prefix: u32 = prefix.parse().ok()?;
    let is_base = (22..=29).contains(&prefix) && u32::from(base).trailing_zeros() >= 32 - prefix;
    (is_base && base.is_private()).then(|| std::net::Ipv4Addr::from(u32::from(base) + 1))
}
