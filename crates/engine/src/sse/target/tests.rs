//! What the settings of the source come to, and what is refused.

use super::{LIBRARY, Target};
use crate::settings::SourceSettings;
use jiff::Timestamp;
use std::time::Duration;
use wikisentry_core::bookmark::Resume;

const NOW: &str = "2026-06-15T12:00:00Z";

fn settings(url: &str) -> SourceSettings {
    SourceSettings {
        url: url.parse().unwrap(),
        streams: vec!["recentchange".into()],
        contact: "me@example.org".into(),
        since: String::new(),
        heartbeat_timeout: Duration::from_secs(30),
        backoff_min: Duration::from_secs(1),
        backoff_max: Duration::from_secs(60),
        max_event_bytes: 1 << 20,
        reorder_window: 100,
    }
}

fn target(settings: &SourceSettings) -> Result<Target, String> {
    Target::new(settings, NOW.parse().unwrap()).map_err(|error| error.to_string())
}

#[test]
fn streams_are_composed_into_one_url() {
    for (base, expected) in [
        (
            "https://stream.wikimedia.org/v2/stream",
            "https://stream.wikimedia.org/v2/stream/recentchange,mediawiki.page_change.v1",
        ),
        (
            "http://127.0.0.1:9/v2/stream/",
            "http://127.0.0.1:9/v2/stream/recentchange,mediawiki.page_change.v1",
        ),
        (
            "http://[::1]:9",
            "http://[::1]:9/recentchange,mediawiki.page_change.v1",
        ),
    ] {
        let mut settings = settings(base);
        settings.streams.push("mediawiki.page_change.v1".into());
        assert_eq!(target(&settings).unwrap().url.as_str(), expected);
    }
}

#[test]
fn since_is_a_past_time_or_an_age_and_only_used_without_a_bookmark() {
    for (since, expected) in [
        ("2026-06-15T10:00:00Z", Some("2026-06-15T10:00:00Z")),
        ("2026-06-15T10:00:00+02:00", Some("2026-06-15T08:00:00Z")),
        ("6h", Some("2026-06-15T06:00:00Z")),
        ("7d", Some("2026-06-08T12:00:00Z")),
        ("90 min", Some("2026-06-15T10:30:00Z")),
        ("2026-06-15T13:00:00Z", None),
        ("-6h", None),
        ("2 months", None),
        ("yesterday", None),
    ] {
        let mut settings = settings("https://stream.wikimedia.org/v2/stream");
        settings.since = since.into();
        let Some(expected) = expected else {
            assert!(target(&settings).unwrap_err().contains("source.since"));
            continue;
        };
        let target = target(&settings).unwrap();
        let query = format!("since={}", expected.replace(':', "%3A"));
        assert_eq!(target.since, Some(expected.parse::<Timestamp>().unwrap()));
        assert_eq!(target.url(&Resume::Start).query(), Some(query.as_str()));
        assert_eq!(target.url(&Resume::At("[]".to_owned())).query(), None);
        let time = wikisentry_core::time::EventTime::from_millis(1_000).unwrap();
        let query = "since=1970-01-01T00%3A00%3A01.000Z";
        assert_eq!(target.url(&Resume::Since(time)).query(), Some(query));
    }
}

#[test]
fn the_user_agent_names_client_contact_and_library() {
    let agent = |contact: &str, url: &str| {
        let mut settings = settings(url);
        settings.contact = contact.into();
        target(&settings).map(|target| target.user_agent)
    };
    let (version, public) = (env!("CARGO_PKG_VERSION"), "https://stream.wikimedia.org");
    assert_eq!(
        agent(" me@example.org ", public).unwrap(),
        format!("wikisentry/{version} (me@example.org) {LIBRARY}")
    );
    for url in [public, "http://localhost:1", "https://[::1]:1"] {
        assert_eq!(
            agent("  ", url).unwrap(),
            format!("wikisentry/{version} {LIBRARY}")
        );
    }
    for bad in ["a\nb", "a\r\nX-Header: b", "(me)", "ä@example.org"] {
        assert!(
            agent(bad, public).unwrap_err().contains("source.contact"),
            "{bad:?}"
        );
    }
}

#[test]
fn the_library_named_is_the_one_in_use() {
    let manifest = include_str!("../../../../../Cargo.toml");
    let version = LIBRARY.trim_start_matches("reqwest/");
    assert!(manifest.contains(&format!("reqwest = {{ version = \"{version}\"")));
}

#[test]
fn unprotected_or_meaningless_urls_are_refused() {
    for url in [
        "http://stream.wikimedia.org/v2/stream",
        "http://127.0.0.1.example.org/",
        "ftp://localhost/",
        "file:///tmp/feed",
        "data:text/plain,x",
    ] {
        assert!(
            target(&settings(url)).unwrap_err().contains("source.url"),
            "{url}"
        );
    }
}

#[test]
fn stream_names_that_would_change_the_url_are_refused() {
    for name in ["", "..", "a/b", "a,b", "a?b", "a b", "ä"] {
        let mut settings = settings("https://stream.wikimedia.org/v2/stream");
        settings.streams = vec![name.into()];
        assert!(
            target(&settings).unwrap_err().contains("source.streams"),
            "{name:?}"
        );
    }
    let mut none = settings("https://stream.wikimedia.org/v2/stream");
    none.streams.clear();
    assert!(target(&none).unwrap_err().contains("no stream"));
}
