//! What can be wrong with the settings of the feed, and why a connection was not made or ended.

use reqwest::StatusCode;
use std::time::Duration;
use url::Url;
use wikisentry_http::without_secret;

/// Settings that give no feed. Each message names the setting.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("source.contact {contact:?} cannot stand in a header: use an e-mail address or a URL")]
    BadContact { contact: String },
    #[error("source.streams names no stream")]
    NoStreams,
    #[error("source.streams: {name:?} is not a stream name (letters, digits and ._- only)")]
    BadStream { name: String },
    /// Edits would come over the network unprotected, or not by HTTP at all.
    #[error("source.url {} must begin with https:// (http:// only for this machine)", without_secret(.url))]
    BadUrl { url: Url },
    #[error("source.since {since:?} is neither a past RFC 3339 time nor an age such as 6h")]
    BadSince { since: String },
    /// TLS or the resolver could not be set up.
    #[error("cannot make an HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// Why a connection was not made or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// No answer: name, network, TLS, or a server that hangs.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The server answered with something else than 200.
    #[error("the feed answered {status}{}{body}", if .body.is_empty() { "" } else { ": " })]
    Status {
        status: StatusCode,
        /// How long it asked to wait.
        retry_after: Option<Duration>,
        /// Start of the body, in one line.
        body: String,
    },
    /// The answer is for people, or of another service.
    #[error("the feed answered with {0:?} instead of text/event-stream")]
    NotEventStream(String),
    /// Nothing came for the heartbeat timeout.
    #[error("nothing came from the feed for {0:?}")]
    Silent(Duration),
    #[error("the connection to the feed broke: {0}")]
    Broken(String),
    /// The server ended the response; the public service does so every 15 minutes.
    #[error("the feed closed the connection")]
    Closed,
}
