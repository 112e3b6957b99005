//! How the feed is doing, for `status`, metrics and alerts. It decides nothing.

use wikisentry_core::time::EventTime;

/// What is known of the feed. Changes of `state` are signalled; the counters only grow meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedStatus {
    /// What the client is doing.
    pub state: FeedState,
    /// When the first of the failures since the last sign of life happened; `None` while the feed
    /// answers.
    pub unreachable_since: Option<EventTime>,
    /// The last failure. The server's regular closing of connections is none.
    pub last_error: Option<String>,
    /// Connections the server accepted.
    pub connections: u64,
    /// Attempts that failed, and connections that brought nothing.
    pub failures: u64,
    /// How often the server refused the bookmark, so that it was asked in another way.
    pub bookmark_fallbacks: u64,
    /// Bytes received, after decompression.
    pub bytes: u64,
}

/// What the client is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FeedState {
    /// Asking where to resume, or waiting for the server's answer.
    #[default]
    Connecting,
    /// The server accepted the subscription.
    Connected {
        /// The URL asked for, without a password.
        url: String,
    },
    /// Waiting to connect again.
    Waiting {
        /// Why the last connection ended.
        reason: String,
        /// Failures in a row; 0 after a connection that worked.
        attempt: u32,
    },
    /// The server answered 403: it wants a contact in the User-Agent, or does not want this
    /// client. Retried slowly.
    Forbidden {
        /// Start of its answer, in one line.
        body: String,
    },
    /// The server will not serve this subscription, e.g. 404 for an unknown stream. Retried slowly.
    Rejected {
        /// Start of its answer, in one line.
        reason: String,
    },
    /// The client was asked to stop, or nobody takes its messages.
    Stopped,
}
