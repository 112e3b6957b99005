//! Keeps secrets out of everything that is shown.

use super::entry::{Entry, Origin};
use toml::Value;
use url::Url;
use wikisentry_http::without_secret;

const HIDDEN: &str = "***";

/// A value as it may be shown, secrets replaced by `***`.
pub fn shown(key: &str, value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => {
            let value = Value::String(text.clone());
            let key = key.to_owned();
            let origin = Origin::Default;
            entry(&Entry { key, value, origin }).value.to_string()
        }
        value => value.to_string(),
    }
}

/// The entry with what is secret in its value replaced by `***`.
pub(super) fn entry(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    if entry.key.starts_with("alerts.webhook.headers.") {
        entry.value = Value::String(HIDDEN.to_owned());
    } else if let Value::String(text) = &entry.value
        && entry.key.ends_with("url")
    {
        entry.value = Value::String(url(text, entry.key == "alerts.webhook.url"));
    }
    entry
}

/// A reason without the secrets of the value that it is about: parsers quote what they cannot read.
pub(super) fn reason(why: &str, given: &Entry) -> String {
    let shown = entry(given).value;
    match (&given.value, &shown) {
        (Value::String(given), Value::String(shown)) if given != shown => why
            .replace(&format!("{given:?}"), &format!("{shown:?}"))
            .replace(given, shown),
        _ => why.to_owned(),
    }
}

/// Hides passwords, and user names that may be tokens, in a URL. Chat services put the secret into the path, so a
/// webhook shows its host alone.
fn url(text: &str, path_is_secret: bool) -> String {
    // Without its scheme, `user:password@host` reads as a URL of the scheme `user`, without a host.
    let Some(mut url) = Url::parse(text).ok().filter(Url::has_host) else {
        // Not a URL, but it may have been meant as one with a password in it.
        let harmless = text.is_empty() || !(path_is_secret || text.contains('@'));
        return if harmless { text } else { HIDDEN }.to_owned();
    };
    let mut hidden = url.password().is_some() || !url.username().is_empty();
    if path_is_secret && (url.path().len() > 1 || url.query().is_some()) {
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(HIDDEN);
        hidden = true;
    }
    if hidden {
        without_secret(&url)
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_urls_are_hidden() {
        for (text, webhook, shown) in [
            (
                "https://stream.wikimedia.org/v2/stream",
                false,
                "https://stream.wikimedia.org/v2/stream",
            ),
            (
                "https://me:pw@example.org/v2",
                false,
                "https://me:***@example.org/v2",
            ),
            (
                "https://token@example.org/v2",
                false,
                "https://***@example.org/v2",
            ),
            (
                "https://hooks.example.org/T0/B0/token",
                true,
                "https://hooks.example.org/***",
            ),
            (
                "https://example.org/?key=token",
                true,
                "https://example.org/***",
            ),
            ("https//me:pw@example.org", false, "***"),
            ("me:pw@127.0.0.1/x", false, "***"),
            ("http://me:pw%zz@127.0.0.1:99999/x", false, "***"),
            ("hooks.example.org:443/token", true, "***"),
            ("hooks.example.org/token", true, "***"),
            ("", true, ""),
        ] {
            assert_eq!(url(text, webhook), shown, "{text}");
        }
    }
}
