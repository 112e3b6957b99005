//! What became of alerts: counted while they are delivered, shown at any time.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became of the alerts handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WebhookCounts {
    /// Waiting, the one being sent included.
    pub queued: u64,
    /// Accepted by the receiver.
    pub sent: u64,
    /// Given up: refused, or out of attempts.
    pub failed: u64,
    /// Attempts after the first.
    pub retried: u64,
    /// Never sent: the queue was full, or the process ended first.
    pub dropped: u64,
}

#[derive(Debug, Default)]
pub(super) struct DeliveryCounters {
    pub(super) queued: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) retried: AtomicU64,
    pub(super) dropped: AtomicU64,
}

impl DeliveryCounters {
    pub(super) fn counts(&self) -> WebhookCounts {
        WebhookCounts {
            queued: self.queued.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            retried: self.retried.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }
}
