//! When to connect again, and how, after a connection ended. It neither waits nor connects.

use super::error::ConnectionError;
use rand::{Rng, RngExt};
use reqwest::StatusCode;
use std::time::Duration;
use wikisentry_core::bookmark::ResumeBy;

/// A connection that lived this long is replaced at once.
const LONG_LIVED: Duration = Duration::from_secs(10);

/// The longest wait a server can ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// How a connection, or the attempt to make one, ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub error: ConnectionError,
    /// Where to resume had been sent.
    pub resumed: bool,
    /// Time since the server accepted it; zero if it did not.
    pub lived: Duration,
    pub alive: bool,
    pub delivered: bool,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    /// How long to wait first.
    pub wait: Duration,
    /// What to make of how the connection ended.
    pub kind: EndKind,
}

/// What to make of how a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndKind {
    /// The connection did its work.
    Worked,
    /// It failed; trying again may help.
    Failed,
    /// The server refuses the client.
    Forbidden,
    /// The server refuses the subscription.
    Rejected,
    /// The server refuses the bookmark: resume in another way.
    BookmarkRefused,
}

/// The policy, with what it must remember from one connection to the next.
#[derive(Debug)]
pub(super) struct Reconnect {
    min: Duration,
    max: Duration,
    /// Failures in a row.
    pub failures: u32,
    /// How to resume, as the server refused the ways before.
    pub by: ResumeBy,
    /// The server's `retry:`, the shortest wait.
    pub retry: Duration,
}

impl Reconnect {
    /// Waits double from `min` to at most `max`.
    pub fn new(min: Duration, max: Duration) -> Self {
        Self {
            min,
            max: max.max(min),
            failures: 0,
            by: ResumeBy::default(),
            retry: Duration::ZERO,
        }
    }

    /// Records how a connection ended. The random part keeps clients from coming back all
    /// at once.
    pub fn after(&mut self, ended: &Ended, rng: &mut impl Rng) -> Next {
        let kind = self.judge(ended);
        if kind == EndKind::Worked {
            self.failures = 0;
            self.by = ResumeBy::default();
        } else {
            self.failures = self.failures.saturating_add(1);
        }
        let wait = match kind {
            EndKind::Worked if ended.lived >= LONG_LIVED => Duration::ZERO,
            EndKind::Worked => rng.random_range(Duration::ZERO..=self.min),
            EndKind::Failed => rng.random_range(self.min..=self.ceiling()),
            EndKind::Forbidden | EndKind::Rejected => rng.random_range(self.max / 2..=self.max),
            EndKind::BookmarkRefused => {
                self.by = self.next_way(ended);
                rng.random_range(Duration::ZERO..=self.min)
            }
        };
        let asked = match ended.error {
            ConnectionError::Status { retry_after, .. } => retry_after.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let wait = wait.max(asked.max(self.retry).min(LONGEST_ASKED));
        Next { wait, kind }
    }

    fn judge(&self, ended: &Ended) -> EndKind {
        let ConnectionError::Status { status, .. } = ended.error else {
            let worked = ended.alive && (ended.delivered || ended.lived >= LONG_LIVED);
            return if worked {
                EndKind::Worked
            } else {
                EndKind::Failed
            };
        };
        match status {
            StatusCode::FORBIDDEN => EndKind::Forbidden,
            // What was not sent cannot be what is refused.
            StatusCode::BAD_REQUEST | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
                if ended.resumed =>
            {
                EndKind::BookmarkRefused
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => EndKind::Failed,
            status if status.is_server_error() => EndKind::Failed,
            _ => EndKind::Rejected,
        }
    }

    /// How to resume where the bookmark was refused. By times it is as large; some servers say 400 to
    /// what is too large as well.
    fn next_way(&self, ended: &Ended) -> ResumeBy {
        match ended.error {
            ConnectionError::Status {
                status: StatusCode::BAD_REQUEST,
                ..
            } if self.by == ResumeBy::Offsets => ResumeBy::Times,
            _ => ResumeBy::Since,
        }
    }

    /// Twice `min` after the first failure, doubled at each further one.
    fn ceiling(&self) -> Duration {
        let factor = 2u32.saturating_pow(self.failures);
        self.min.saturating_mul(factor).clamp(self.min, self.max)
    }
}

#[cfg(test)]
mod tests;
