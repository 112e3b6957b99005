//! Keeps secrets out of everything that is shown.

use super::Override;
use super::entry::{Entry, Origin, variable};
use super::kubernetes::SECRETS;
use crate::text::shell_word;
use toml::Value;
use url::Url;
use wikisentry_http::without_secret;

const HIDDEN: &str = "***";

/// Settings below this are sent as headers, and one may be a token.
const HEADERS: &str = "alerts.webhook.headers.";

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

/// A setting as it is typed behind `--set`. In place of a secret stands a variable to put it into: the
/// one that sets it, so that setting the variable is enough.
pub fn typed(flag: &Override) -> String {
    let Override { key, value, .. } = flag;
    let given = serde_json::Value::String(value.clone());
    if shown(key, &given) == shown("", &given) {
        return shell_word(&format!("{key}={value}"));
    }
    // The name of a header need not be in the environment's form: it would name another header there.
    let name = match key.strip_prefix(HEADERS) {
        Some(name) => name
            .to_ascii_uppercase()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
        None => variable(key),
    };
    format!("{}\"${name}\"", shell_word(&format!("{key}=")))
}

/// The entry with what is secret in its value replaced by `***`.
pub(super) fn entry(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    let is_given = entry.value.as_str().is_some_and(|text| !text.is_empty());
    if entry.key.starts_with(HEADERS) || (is_given && SECRETS.contains(&&*entry.key)) {
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
    fn what_is_to_be_typed_holds_no_secret() {
        for (key, value, shown) in [
            ("api.listen", "127.0.0.1:1", "api.listen=127.0.0.1:1"),
            ("source.contact", "a b", "'source.contact=a b'"),
            (
                "source.url",
                "https://example.org/v2",
                "source.url=https://example.org/v2",
            ),
            (
                "source.url",
                "https://me:pw@example.org/v2",
                r#"source.url="$WIKISENTRY_SOURCE__URL""#,
            ),
            (
                "alerts.webhook.url",
                "https://hooks.example.org/T0/token",
                r#"alerts.webhook.url="$WIKISENTRY_ALERTS__WEBHOOK__URL""#,
            ),
            (
                "kubernetes.kafka.password",
                "pw",
                r#"kubernetes.kafka.password="$WIKISENTRY_KUBERNETES__KAFKA__PASSWORD""#,
            ),
            (
                "alerts.webhook.headers.X-Key",
                "token",
                r#"alerts.webhook.headers.X-Key="$X_KEY""#,
            ),
            (
                "alerts.webhook.headers.$(id)",
                "token",
                r#"'alerts.webhook.headers.$(id)='"$__ID_""#,
            ),
        ] {
            let (key, value) = (key.to_owned(), value.to_owned());
            let flag = "--set".to_owned();
            assert_eq!(typed(&Override { key, value, flag }), shown);
        }
    }

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
