//! Which URL to ask, as whom, and since when: the settings checked once, before any connection.

mod since;

use super::error::SetupError;
use crate::settings::SourceSettings;
use jiff::Timestamp;
use reqwest::header::HeaderValue;
use url::{Host, Url};
use wikisentry_core::bookmark::Resume;

/// The HTTP library and its version: the User-Agent policy asks for both.
const LIBRARY: &str = "reqwest/0.13";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Base URL with the composed streams.
    pub url: Url,
    /// Where to start without a bookmark; `None` for now.
    pub since: Option<Timestamp>,
    /// As <https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy> asks:
    /// `client/version (contact) library/version`.
    pub user_agent: HeaderValue,
    /// The server is this machine: neither TLS, a contact nor a proxy is needed.
    pub loopback: bool,
}

impl Target {
    /// Checks the settings; an age in `since` counts from `now`.
    pub fn new(settings: &SourceSettings, now: Timestamp) -> Result<Self, SetupError> {
        let loopback = is_loopback(&settings.url);
        Ok(Self {
            url: compose(settings, loopback)?,
            since: since(&settings.since, now)?,
            user_agent: user_agent(settings)?,
            loopback,
        })
    }

    /// The URL of a connection, with where it starts unless a header says so.
    pub fn url(&self, resume: &Resume) -> Url {
        let since = match resume {
            Resume::At(_) => None,
            Resume::Start => self.since.map(|since| since.to_string()),
            Resume::Since(time) => Some(time.to_string()),
        };
        let mut url = self.url.clone();
        if let Some(since) = since {
            url.query_pairs_mut().append_pair("since", &since);
        }
        url
    }
}

/// Whether a URL names this very machine: then plain HTTP does, and no contact is needed.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Whether a name of a stream survives in a URL: letters, digits, `.`, `_` and `-`.
pub fn is_stream_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.trim_matches('.').is_empty() && name.bytes().all(allowed)
}

fn compose(settings: &SourceSettings, loopback: bool) -> Result<Url, SetupError> {
    let mut url = settings.url.clone();
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return Err(SetupError::BadUrl { url });
    }
    if settings.streams.is_empty() {
        return Err(SetupError::NoStreams);
    }
    for name in &settings.streams {
        if !is_stream_name(name) {
            return Err(SetupError::BadStream { name: name.clone() });
        }
    }
    url.path_segments_mut()
        .expect("every http URL has a path")
        .pop_if_empty()
        .push(&settings.streams.join(","));
    Ok(url)
}

fn user_agent(settings: &SourceSettings) -> Result<HeaderValue, SetupError> {
    let client = wikisentry_http::PRODUCT;
    let contact = settings.contact.trim();
    let text = match contact {
        // Wikimedia answers 403 to this; the status then says what to do about it.
        "" => format!("{client} {LIBRARY}"),
        contact => format!("{client} ({contact}) {LIBRARY}"),
    };
    let bad = || SetupError::BadContact {
        contact: contact.to_owned(),
    };
    if contact.contains(['(', ')']) || !contact.is_ascii() {
        return Err(bad());
    }
    HeaderValue::from_str(&text).map_err(|_| bad())
}

/// Whether a text is a time or an age from which a stream can be read, or nothing.
pub fn is_since(text: &str) -> bool {
    // Every time is past then.
    since(text, Timestamp::MAX).is_ok()
}

fn since(text: &str, now: Timestamp) -> Result<Option<Timestamp>, SetupError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let time = since::parse(text, now);
    time.map(Some).ok_or_else(|| SetupError::BadSince {
        since: text.to_owned(),
    })
}

#[cfg(test)]
mod tests;
