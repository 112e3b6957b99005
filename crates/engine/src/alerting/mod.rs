//! Alerts on their way out: the rules from the settings, the log line, the webhook. What sets an
//! alert off is decided in `wikisentry_core::anomaly`.

mod rules;
mod webhook;
mod worker;

pub use rules::rules;
pub use webhook::{Webhook, WebhookCounts, WebhookError};
pub use worker::{Alerter, AlerterError, CONSUMER};
