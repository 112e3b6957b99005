//! `GET /metrics`: the status as Prometheus text, exposition format 0.0.4.

use super::state::ApiState;
use crate::status::{Health, Status};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::fmt::Write;

pub(super) async fn metrics(State(state): State<ApiState>) -> Response {
    let text = render(&(state.status)());
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
        .into_response()
}

/// One metric family at a time.
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let written = writeln!(
            self.0,
            "# HELP wikisentry_{name} {help}\n# TYPE wikisentry_{name} {kind}"
        );
        written.expect("writing into memory does not fail");
    }

    fn sample(&mut self, name: &str, label: Option<(&str, &str)>, value: f64) {
        let written = match label {
            Some((label, of)) => {
                let of = of
                    .replace('\\', "\\\\")
                    .replace('"', "\\\"")
                    .replace('\n', "\\n");
                writeln!(self.0, "wikisentry_{name}{{{label}=\"{of}\"}} {value}")
            }
            None => writeln!(self.0, "wikisentry_{name} {value}"),
        };
        written.expect("writing into memory does not fail");
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Into<Option<u64>>) {
        let Some(value) = value.into() else { return };
        self.family(name, "counter", help);
        self.sample(name, None, value as f64);
    }

    fn gauge(&mut self, name: &str, help: &str, value: Option<f64>) {
        let Some(value) = value else { return };
        self.family(name, "gauge", help);
        self.sample(name, None, value);
    }
}

/// The status in Prometheus's text format 0.0.4.
pub(super) fn render(status: &Status) -> String {
    let mut out = Exposition(String::with_capacity(8 * 1024));
    out.counter(
        "events_received_total",
        "Events received.",
        status.flow.received,
    );
    out.counter(
        "events_duplicate_total",
        "Events dropped as seen before.",
        status.flow.duplicates,
    );
    out.counter(
        "events_canary_total",
        "Test events of the event platform.",
        status.flow.canaries,
    );
    out.counter(
        "feed_gaps_total",
        "Holes in the source's offsets.",
        status.flow.gaps,
    );
    out.counter(
        "events_deadletter_total",
        "Payloads that could not be read.",
        status.flow.deadletter,
    );
    out.counter("edits_scored_total", "Edits scored.", status.flow.scored);
    out.counter(
        "edits_archived_total",
        "Edits in the lake.",
        status.flow.archived,
    );
    out.family("alerts_total", "counter", "Alerts raised, by kind.");
    for (kind, count) in status.flow.alerts_by_kind.iter().flatten() {
        out.sample("alerts_total", Some(("kind", kind)), *count as f64);
    }
    out.family("topic_records", "gauge", "Records kept, by topic.");
    for topic in &status.topics {
        let label = Some(("topic", topic.name.as_str()));
        out.sample("topic_records", label, topic.records as f64);
    }
    out.family("topic_bytes", "gauge", "Bytes as stored, by topic.");
    for topic in &status.topics {
        let label = Some(("topic", topic.name.as_str()));
        out.sample("topic_bytes", label, topic.bytes.unwrap_or(0) as f64);
    }
    out.family(
        "consumer_lag_records",
        "gauge",
        "Records that wait, by consumer.",
    );
    for consumer in &status.consumers {
        let label = Some(("consumer", consumer.name.as_str()));
        out.sample("consumer_lag_records", label, consumer.lag as f64);
    }
    if let Some(webhook) = &status.webhook {
        out.counter(
            "webhook_sent_total",
            "Alerts delivered to the webhook.",
            webhook.sent,
        );
        out.counter(
            "webhook_failed_total",
            "Alerts the webhook did not take.",
            webhook.failed,
        );
        out.counter(
            "webhook_dropped_total",
            "Alerts dropped before the webhook.",
            webhook.dropped,
        );
    }
    let connected = status
        .feed
        .as_ref()
        .map(|feed| f64::from(u8::from(feed.state == "connected")));
    out.gauge(
        "feed_connected",
        "Whether the feed is connected.",
        connected,
    );
    let lag = status.feed.as_ref().and_then(|feed| feed.lag_seconds);
    out.gauge("feed_lag_seconds", "Age of the last event on arrival.", lag);
    out.gauge(
        "bookmark_age_seconds",
        "Age of the bookmark.",
        status
            .flow
            .bookmark
            .as_ref()
            .and_then(|bookmark| bookmark.age_seconds),
    );
    let model_age = status.flow.model.as_ref().map(|model| model.age_seconds);
    out.gauge("model_age_seconds", "Age of the model.", model_age);
    if let Some(model) = &status.flow.model {
        out.family("model_info", "gauge", "The model in use.");
        out.sample("model_info", Some(("version", &model.version)), 1.0);
    }
    drift(&mut out, status);
    if let Some(disk) = &status.disk {
        for (name, help, amount) in [
            ("lake_bytes", "Bytes in the lake.", disk.lake_bytes),
            ("lake_files", "Files in the lake.", disk.lake_files),
            ("log_bytes", "Bytes of the log.", disk.log_bytes),
        ] {
            out.gauge(name, help, Some(amount as f64));
        }
    }
    let memory = status
        .process
        .as_ref()
        .and_then(|process| process.memory_bytes);
    out.gauge(
        "resident_memory_bytes",
        "Resident memory.",
        memory.map(|bytes| bytes as f64),
    );
    let healthy = f64::from(u8::from(status.health == Health::Healthy));
    out.gauge("healthy", "Whether nothing is wrong.", Some(healthy));
    out.0
}

/// How far edits are from those of training, once that is known.
fn drift(out: &mut Exposition, status: &Status) {
    let Some(drift) = status
        .flow
        .model
        .as_ref()
        .and_then(|model| model.drift.as_ref())
    else {
        return;
    };
    out.gauge(
        "drift_rows",
        "Edits compared with those of training.",
        Some(drift.rows as f64),
    );
    out.gauge(
        "score_drift_psi",
        "Population stability index of the scores against training.",
        Some(drift.score_psi),
    );
    out.family(
        "feature_drift_psi",
        "gauge",
        "Population stability index of the most changed features.",
    );
    for feature in &drift.features {
        out.sample(
            "feature_drift_psi",
            Some(("feature", &feature.name)),
            feature.psi,
        );
    }
}
