//! Whether the feed can be reached, and would let us in.

use super::Check;
use crate::config::{CONTAINER_HOST, NO_CONTACT, is_here};
use crate::error::Result;
use crate::runtime;
use reqwest::StatusCode;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use wikisentry_engine::settings::SourceSettings;
use wikisentry_http::{client_builder_for, root_cause, without_secret};

/// A feed that is up answers within a second.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Wikimedia wants to know whom to write to.
pub(super) fn contact(source: &SourceSettings, has_file: bool) -> Check {
    if !source.contact.is_empty() {
        return Check::ok(source.contact.clone());
    }
    if is_here(source) {
        return Check::ok("not needed for a feed on this machine");
    }
    Check::warn(
        format!("source.contact is empty; {NO_CONTACT}"),
        set_contact(has_file),
    )
}

/// The command that sets a contact. `init` replaces a settings file only by force.
fn set_contact(has_file: bool) -> &'static str {
    match has_file {
        true => "`wikisentry init --force --contact YOU@EXAMPLE.ORG`",
        false => "`wikisentry init --contact YOU@EXAMPLE.ORG`",
    }
}

/// The feed answers. `gateway` is where what containers send to this machine arrives, if that is
/// not the loopback address.
pub(super) fn reachable(
    source: &SourceSettings,
    gateway: Option<IpAddr>,
    has_file: bool,
) -> Result<Check> {
    let runtime = runtime::single()?;
    let mut url = source.url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(&source.streams.join(","));
    }
    let contact = match source.contact.as_str() {
        "" => String::new(),
        contact => format!(" ({contact})"),
    };
    let agent = concat!("wikisentry/", env!("CARGO_PKG_VERSION"));
    let mut builder = client_builder_for(&url)
        .user_agent(format!("{agent}{contact} reqwest/0.13"))
        .timeout(TIMEOUT);
    if is_here(source) {
        // The name is known in containers alone; the port is that of the URL.
        let gateway = gateway.unwrap_or(Ipv4Addr::LOCALHOST.into());
        builder = builder
            .no_proxy()
            .resolve(CONTAINER_HOST, SocketAddr::new(gateway, 0));
    }
    let client = builder.build()?;
    // The answer begins at once and never ends: its head is enough.
    let answer = runtime.block_on(async { client.get(url).send().await });
    Ok(judge(
        source,
        answer.map(|answer| answer.status()),
        has_file,
    ))
}

fn judge(source: &SourceSettings, answer: reqwest::Result<StatusCode>, has_file: bool) -> Check {
    let url = without_secret(&source.url);
    match answer {
        Ok(status) if status.is_success() => Check::ok(format!("{url} answers")),
        Ok(StatusCode::FORBIDDEN) => Check::fail(
            format!("{url} answers 403: it does not let us in"),
            format!("set a contact: {}", set_contact(has_file)),
        ),
        Ok(status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)) => {
            let remedy = "wait; the platform tries again by itself";
            Check::warn(format!("{url} answers {status}"), remedy)
        }
        Ok(status) => Check::fail(
            format!("{url} answers {status}"),
            "check source.url and source.streams",
        ),
        Err(error) => Check::fail(
            format!("{url} cannot be reached: {}", root_cause(error)),
            "check the network; without it: `wikisentry demo`",
        ),
    }
}
