//! Which source wins, and how values are read and shown.

use super::*;
use std::time::Duration;
use toml::Value;

#[test]
fn the_defaults_are_valid_and_typed() {
    let resolved = resolve(&set("size", "standard")).unwrap();
    let settings = resolved.settings;
    assert_eq!(
        settings.source.url.as_str(),
        "https://stream.wikimedia.org/v2/stream"
    );
    assert_eq!(settings.source.heartbeat_timeout, Duration::from_secs(45));
    assert_eq!(settings.log.retention_bytes, 4 << 30);
    assert_eq!(
        settings.log.retention_age,
        Duration::from_secs(7 * 24 * 3600)
    );
    assert_eq!(settings.api.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(settings.alerts.webhook.retries, 3);
    assert!(settings.alerts.webhook.headers.is_empty());
    assert!(resolved.warnings.is_empty());
}

#[test]
fn each_source_wins_over_those_before_it() {
    let mut sources = file("[source]\nsince = \"1h\"\ncontact = \"a@b\"\nreorder_window = 7\n");
    sources.environment = env(&[
        ("WIKISENTRY_SOURCE__SINCE", "2h"),
        ("WIKISENTRY_SOURCE__CONTACT", "c@d"),
        ("PATH", "/bin"),
    ])
    .environment;
    sources.overrides = vec![flag("source.since", "3h"), flag("source.since", "4h")];
    let resolved = resolve(&sources).unwrap();
    for (key, value, origin) in [
        ("source.since", "\"4h\"", "--set"),
        ("source.contact", "\"c@d\"", "WIKISENTRY_SOURCE__CONTACT"),
        ("source.reorder_window", "7", "config.toml:4"),
        ("source.backoff_min", "\"1s\"", "default"),
    ] {
        assert_eq!(
            entry(&resolved, key),
            (value.to_owned(), origin.to_owned()),
            "{key}"
        );
    }
    assert_eq!(resolved.settings.source.since, "4h");
}

#[test]
fn the_size_changes_defaults_but_nothing_that_was_chosen() {
    let mut sources = file("size = \"small\"\n[log]\nretention_bytes = 5\n");
    let resolved = resolve(&sources).unwrap();
    assert_eq!(
        entry(&resolved, "log.retention_bytes"),
        ("5".into(), "config.toml:3".into())
    );
    assert_eq!(
        entry(&resolved, "archive.max_rows"),
        ("50000".into(), "size small".into())
    );
    sources.overrides = vec![flag("size", "large")];
    assert_eq!(
        entry(&resolve(&sources).unwrap(), "archive.max_rows").1,
        "default"
    );
}

#[test]
fn text_is_read_by_the_kind_of_the_setting() {
    for (key, text, value) in [
        ("model.score_bots", "true", "true"),
        ("archive.max_rows", "1_000", "1000"),
        ("alerts.drift_psi", "1", "1.0"),
        (
            "source.streams",
            "recentchange, page_change",
            r#"["recentchange", "page_change"]"#,
        ),
        ("source.streams", r#"["a", "b"]"#, r#"["a", "b"]"#),
        ("source.contact", "true", "\"true\""),
        ("archive.interval", "1m 30s", "\"1m 30s\""),
    ] {
        let resolved = resolve(&set(key, text)).unwrap();
        assert_eq!(entry(&resolved, key).0, value, "{key}={text}");
    }
}

#[test]
fn our_own_variables_are_no_settings() {
    let names = ["WIKISENTRY_HOME", "WIKISENTRY_CONFIG", "WIKISENTRY_LOG"];
    assert!(resolve(&env(&names.map(|name| (name, "x")))).is_ok());
}

#[test]
fn headers_are_an_open_table_and_stay_secret() {
    let mut sources =
        file("[alerts.webhook.headers]\nAuthorization = \"hush\"\n\"X.Y\" = \"hush\"");
    sources.environment = env(&[(
        "WIKISENTRY_ALERTS__WEBHOOK__HEADERS__AUTHORIZATION",
        "hush too",
    )])
    .environment;
    sources.overrides = vec![flag("alerts.webhook.headers.X-Key", "hush")];
    let resolved = resolve(&sources).unwrap();
    let headers = &resolved.settings.alerts.webhook.headers;
    assert_eq!(headers["X.Y"], "hush");
    assert_eq!(headers["X-Key"], "hush");
    // Names of headers have no case: the variable replaces what the file says.
    assert_eq!(headers["authorization"], "hush too");
    assert_eq!(headers.len(), 3);
    let key = "alerts.webhook.headers.authorization";
    assert_eq!(entry(&resolved, key).0, "\"***\"");
    let shown = format!("{:?}", resolved.entries());
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn an_api_open_to_the_network_is_warned_about() {
    for (listen, warnings) in [
        ("0.0.0.0:8000", 1),
        ("192.168.1.2:80", 1),
        ("[::1]:8000", 0),
    ] {
        let resolved = resolve(&set("api.listen", listen)).unwrap();
        assert_eq!(resolved.warnings.len(), warnings, "{listen}");
    }
}

#[test]
fn a_new_settings_file_sets_the_answers_and_nothing_else() {
    let answers = [("size", "small"), ("source.contact", "me@\"example\".org")];
    let text = template::render(
        &components::sections(),
        &answers.map(|(key, value)| (key, Value::from(value))),
    );
    let given = file::read(
        &Schema::of(&defaults(&components::sections())).unwrap(),
        "config.toml",
        &text,
    )
    .unwrap();
    let given: Vec<_> = given
        .iter()
        .map(|given| (given.key.as_str(), given.value.as_str().unwrap()))
        .collect();
    assert_eq!(given, answers);
}

#[test]
fn a_new_settings_file_with_every_line_set_is_the_defaults() {
    let mut text = String::new();
    for line in template::render(&components::sections(), &[]).lines() {
        let set = line
            .strip_prefix('#')
            .filter(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
        text.push_str(set.unwrap_or(line));
        text.push('\n');
    }
    let from_file = resolve(&file(&text)).unwrap();
    let entries = from_file.entries();
    assert!(
        entries
            .iter()
            .all(|entry| matches!(entry.origin, Origin::File { .. })),
        "{entries:?}"
    );
    let schema = Schema::of(&defaults(&components::sections())).unwrap();
    for entry in &entries {
        let default = schema
            .nodes
            .iter()
            .find(|node| node.key == entry.key)
            .unwrap();
        assert_eq!(entry.value, default.default, "{}", entry.key);
    }
}
