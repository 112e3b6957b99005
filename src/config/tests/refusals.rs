//! What is refused, and in which words.

use super::*;
use crate::error::ExitStatus;
use proptest::prelude::*;

#[test]
fn a_value_of_another_kind_is_refused_by_key_origin_and_expectation() {
    for (sources, what, origin) in [
        (
            set("model.score_bots", "yes"),
            "`model.score_bots` takes true or false",
            "--set",
        ),
        (
            file("[log]\ndedupe_window = \"x\""),
            "`log.dedupe_window` takes a whole number",
            "config.toml:2",
        ),
        (
            file("log.dedupe_window = -1"),
            "`log.dedupe_window` takes a whole number",
            "config.toml:1",
        ),
        (
            file("\n[archive]\ninterval = 60"),
            "`archive.interval` takes a duration",
            "config.toml:3",
        ),
        (
            set("archive.interval", "0s"),
            "`archive.interval` takes a duration above zero",
            "--set",
        ),
        (
            set("log.retention_age", "7d"),
            "`log.retention_age` takes a duration",
            "--set",
        ),
        (
            set("log.retention_age", "99999999h"),
            "`log.retention_age` takes a duration above zero and of ten years at most",
            "--set",
        ),
        (
            set("source.streams", ""),
            "`source.streams` takes a list",
            "--set",
        ),
        (
            set("source.streams", "[\"a\", \"\"]"),
            "`source.streams` takes a list",
            "--set",
        ),
        (
            file("source.streams = []"),
            "`source.streams` takes a list",
            "config.toml:1",
        ),
        (file("source = 3"), "`source` is a section", "config.toml:1"),
        (
            env(&[("WIKISENTRY_API__MAX_BODY_BYTES", "")]),
            "`api.max_body_bytes` takes",
            "WIKISENTRY_API__MAX_BODY_BYTES",
        ),
    ] {
        let error = refusal(&sources);
        assert!(error.what.starts_with(what), "{error:?}");
        assert!(error.why[0].ends_with(origin), "{error:?}");
        assert_eq!(error.exit_code, ExitStatus::Usage);
    }
}

#[test]
fn values_that_cannot_work_are_refused() {
    for (key, value) in [
        ("source.url", "http://stream.wikimedia.org/v2/stream"),
        ("source.url", "http://127.0.0.1.example.org/"),
        ("source.url", "ftp://localhost/"),
        ("source.url", "stream"),
        ("source.contact", "a\nb"),
        ("source.since", "yesterday"),
        ("source.backoff_min", "2m"),
        ("source.max_event_bytes", "0"),
        ("model.name", "../edit-risk"),
        ("model.name", ""),
        ("alerts.high_risk_score", "1.1"),
        ("alerts.high_risk_score", "nan"),
        ("alerts.drift_psi", "inf"),
        ("alerts.burst_edits", "4294967296"),
        ("source.streams", "a b"),
        ("kubernetes.namespace", "Team_A"),
        ("kubernetes.egress", "everywhere"),
        ("kubernetes.images.prefix", "https://registry.example.org"),
        ("kubernetes.kafka.bootstrap", "kafka"),
        ("kubernetes.kafka.security", "TLS"),
        ("kubernetes.kafka.replication", "0"),
        ("kubernetes.kafka.password", "hunter2"),
        ("kubernetes.s3.endpoint", "s3.example.org"),
        ("kubernetes.s3.bucket", "a/b"),
        ("minio.port", "9092"),
        ("alerts.webhook.url", "hooks.example.org"),
        ("alerts.webhook.headers.a b", "x"),
        ("alerts.webhook.headers.X", "a\r\nHost: b"),
        ("api.listen", "8000"),
        ("profile", "k8s"),
        ("size", "huge"),
    ] {
        let error = refusal(&set(key, value));
        assert!(
            error.what.starts_with(&format!("`{key}` ")),
            "{key}={value}: {error:?}"
        );
        assert_eq!(error.why[0], "it is set by --set");
    }
}

#[test]
fn a_stream_is_read_from_a_time_or_an_age_of_hours_or_days() {
    for since in ["", "6h", "7d", "1d 12h", "2026-01-31T12:00:00Z"] {
        let resolved = resolve(&set("source.since", since)).unwrap();
        assert_eq!(resolved.settings.source.since, since);
    }
    for since in ["-6h", "2 months", "6"] {
        let error = refusal(&set("source.since", since));
        assert!(
            error.what.starts_with("`source.since` "),
            "{since}: {error:?}"
        );
    }
}

#[test]
fn a_number_that_is_too_large_is_called_so_and_never_may_be_asked_for() {
    let error = refusal(&set("alerts.burst_edits", "4294967296"));
    assert_eq!(error.why[1], "the number is too large");
    let never = resolve(&set("learning.every", "0s")).unwrap();
    assert!(never.settings.learning.every.is_zero());
}

#[test]
fn plain_http_is_for_this_machine_alone() {
    for url in [
        "http://127.0.0.1:9/v2",
        "http://[::1]:9/v2",
        "http://localhost:9/",
        "https://a.example/",
    ] {
        assert_eq!(
            resolve(&set("source.url", url))
                .unwrap()
                .settings
                .source
                .url
                .as_str(),
            url
        );
    }
}

#[test]
fn unknown_settings_are_refused_with_a_suggestion() {
    for (sources, help) in [
        (file("[source]\nulr = \"x\""), "did you mean `source.url`?"),
        (file("[sorce]\nurl = \"x\""), "did you mean `source.url`?"),
        (file("contact = \"x\""), "did you mean `source.contact`?"),
        (
            file("[log]\nstreams = []"),
            "did you mean `source.streams`?",
        ),
        (file("\"source.url\" = \"x\""), "did you mean `source.url`?"),
        (
            set("alert.webhook.url", "x"),
            "did you mean `alerts.webhook.url`?",
        ),
        (set("api.Listen", "x"), "did you mean `api.listen`?"),
        (
            env(&[("WIKISENTRY_SOURCE_URL", "x")]),
            "did you mean WIKISENTRY_SOURCE__URL?",
        ),
        (
            file("[zookeeper]"),
            "`wikisentry config show` lists every setting",
        ),
        (set("source.url.host", "x"), "`source.url` takes a text"),
        (
            set("alerts.webhook.headers", "x"),
            "use --set alerts.webhook.headers.NAME=VALUE",
        ),
    ] {
        assert_eq!(refusal(&sources).help.as_deref(), Some(help), "{sources:?}");
    }
}

#[test]
fn an_error_never_repeats_a_secret() {
    for sources in [
        set("alerts.webhook.headers.A", "hush\n"),
        set("alerts.webhook.url", "hush"),
        set("source.url", "ftp://me:hush@example.org/"),
        set("source.url", "http://me:hush%zz@127.0.0.1:99999/x"),
        set("source.url", "http://me:hush\"\\@127.0.0.1:99999/x"),
        set("source.url", "me:hush@127.0.0.1/x"),
        file("[source]\nurl = \"http://me:hush@127.0.0.1:99999/x\""),
        file("[alerts.webhook.headers]\nA = [\"hush\"]"),
        file("[alerts.webhook.headers]\nA = \"hush"),
    ] {
        let error = format!("{:?}", refusal(&sources));
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_refused_with_its_line() {
    let error = refusal(&file("size = \"small\"\n[source\n"));
    assert!(
        error.what.starts_with("config.toml:2 is not valid TOML"),
        "{error:?}"
    );
}

proptest! {
    #[test]
    fn no_settings_file_panics(text in "\\PC*") {
        _ = resolve(&file(&text));
    }

    #[test]
    fn nothing_like_a_settings_file_is_a_bug(
        lines in prop::collection::vec(
            "(\\[{1,2}(source|alerts(\\.webhook(\\.headers)?)?|log|x)\\]{1,2})|\
             ((url|size|streams|source\\.url|interval|\"a\\.b\"|x|headers|listen) = \
             (\"[a-z0-9:/.]{0,9}\"|-?[0-9]{1,20}|[0-9]\\.[0-9]|\\[\"a\", 1\\]|\\{[ax] = \"b\"\\}|true|nan))",
            0..6,
        )
    ) {
        prop_assert!(!is_bug(&file(&lines.join("\n"))));
    }

    #[test]
    fn no_variable_or_flag_is_a_bug(name in "[A-Z_.]{0,24}", section in "(SOURCE|ALERTS|LOG|API)?", value in "\\PC{0,24}") {
        let mut sources = env(&[(&format!("WIKISENTRY_{section}__{name}"), &value)]);
        prop_assert!(!is_bug(&sources));
        sources.environment.clear();
        sources.overrides = vec![flag(&name.to_lowercase(), &value)];
        prop_assert!(!is_bug(&sources));
    }
}
