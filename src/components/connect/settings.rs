//! Section `connect` of the settings; `defaults.toml` says what each is for.

use crate::config::{CONTAINER_HOST, Invalid, Profile, Settings};
use serde::Deserialize;
use wikisentry_engine::sse::is_loopback;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectSettings {
    pub port: u16,
    /// Limit of the container.
    memory_mib: u64,
    heap_mib: u64,
}

impl ConnectSettings {
    /// Those that were checked.
    pub fn of(settings: &Settings) -> Self {
        settings.section("connect")
    }
}

/// What is wrong with them.
pub(super) fn check(settings: &Settings) -> Vec<Invalid> {
    let own = settings.read_section::<ConnectSettings>("connect");
    let is_chosen = settings.profile == Profile::K3d;
    let source = unreachable(settings).filter(|_| is_chosen);
    own.err().into_iter().chain(source).collect()
}

/// A source that a container cannot reach. Only where containers are sure to read it is that wrong.
pub(super) fn unreachable(settings: &Settings) -> Option<Invalid> {
    let url = &settings.source.url;
    if !is_loopback(url) {
        return None;
    }
    let mut other = url.clone();
    _ = other.set_host(Some(CONTAINER_HOST));
    Some(Invalid {
        key: "source.url".to_owned(),
        why: format!(
            "for a container that is the container itself; name this machine {CONTAINER_HOST}, as \
             in {other}; the server there must listen on more than 127.0.0.1, as `wikisentry replay \
             --listen docker` does"
        ),
    })
}
