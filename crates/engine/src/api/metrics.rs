//! `GET /metrics`: the status as Prometheus text, exposition format 0.0.4.

use super::ApiState;
use super::error::NoQuery;
use super::health::current;
use crate::status::{Health, Status};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::fmt::Write;

pub(super) async fn metrics(_: NoQuery, State(state): State<ApiState>) -> Response {
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    let text = render(&current(&state).await);
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Name, kind and help of each family.
const FAMILIES: &str = "\
events_received_total counter Events received.
events_duplicate_total counter Events dropped as seen before.
events_canary_total counter Test events of the event platform.
feed_gaps_total counter Holes in the source's offsets.
events_ahead_total counter Events dated more than an hour after they came.
events_hiding_total counter Events that hide names or summaries of edits made before.
events_deadletter_total counter Payloads that could not be read.
edits_scored_total counter Edits scored.
edits_archived_total counter Edits in the lake.
alerts_total counter Alerts raised, by kind.
topic_records gauge Records kept, by topic.
topic_bytes gauge Bytes as stored, by topic.
consumer_lag_records gauge Records that wait, by consumer.
webhook_sent_total counter Alerts delivered to the webhook.
webhook_failed_total counter Alerts the webhook did not take.
webhook_dropped_total counter Alerts dropped before the webhook.
feed_connected gauge Whether the feed is connected.
feed_lag_seconds gauge Age of the last event on arrival.
bookmark_age_seconds gauge Age of the bookmark.
model_age_seconds gauge Age of the model.
model_info gauge The model in use.
drift_rows gauge Edits compared with those of training.
score_drift_psi gauge Population stability index of the scores against training.
feature_drift_psi gauge Population stability index of the most changed features.
lake_bytes gauge Bytes in the lake.
lake_files gauge Files in the lake.
log_bytes gauge Bytes of the log.
resident_memory_bytes gauge Resident memory.
healthy gauge Whether nothing is wrong.
";

/// One metric family at a time.
struct Exposition(String);

impl Exposition {
    fn family(&mut self, name: &str) {
        let mut families = FAMILIES.lines().filter_map(|line| line.split_once(' '));
        let (_, told) = families
            .find(|(of, _)| *of == name)
            .expect("every family is in the list");
        let (kind, help) = told.split_once(' ').expect("a kind and its help");
        let written = writeln!(
            self.0,
            "# HELP wikisentry_{name} {help}\n# TYPE wikisentry_{name} {kind}"
        );
        written.expect("writing into memory does not fail");
    }

    fn sample(&mut self, name: &str, label: &str, value: f64) {
        let written = writeln!(self.0, "wikisentry_{name}{label} {value}");
        written.expect("writing into memory does not fail");
    }

    /// A family of one sample; nothing where the value is not known.
    fn gauge(&mut self, name: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.family(name);
            self.sample(name, "", value);
        }
    }

    fn count(&mut self, name: &str, value: Option<u64>) {
        self.gauge(name, value.map(|value| value as f64));
    }

    /// A family with a sample for each value of a label.
    fn labelled<'a>(
        &mut self,
        name: &str,
        label: &str,
        samples: impl Iterator<Item = (&'a String, f64)>,
    ) {
        self.family(name);
        for (of, value) in samples {
            let of = of
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            self.sample(name, &format!("{{{label}=\"{of}\"}}"), value);
        }
    }
}

/// The status in Prometheus's text format 0.0.4.
pub(super) fn render(status: &Status) -> String {
    let mut out = Exposition(String::with_capacity(8 * 1024));
    let flow = &status.flow;
    out.count("events_received_total", flow.received);
    out.count("events_duplicate_total", flow.duplicates);
    out.count("events_canary_total", flow.canaries);
    out.count("feed_gaps_total", flow.gaps);
    out.count("events_ahead_total", flow.ahead);
    out.count("events_hiding_total", flow.hidden);
    out.count("events_deadletter_total", flow.deadletter);
    out.count("edits_scored_total", flow.scored);
    out.count("edits_archived_total", flow.archived);
    let alerts = flow.alerts_by_kind.iter().flatten();
    let alerts = alerts.map(|(kind, count)| (kind, *count as f64));
    out.labelled("alerts_total", "kind", alerts);
    let topics = status.topics.iter();
    let records = topics.clone().map(|one| (&one.name, one.records as f64));
    out.labelled("topic_records", "topic", records);
    let bytes = topics.map(|one| (&one.name, one.bytes.unwrap_or(0) as f64));
    out.labelled("topic_bytes", "topic", bytes);
    let consumers = status.consumers.iter();
    let lags = consumers.map(|one| (&one.name, one.lag as f64));
    out.labelled("consumer_lag_records", "consumer", lags);
    if let Some(webhook) = &status.webhook {
        out.count("webhook_sent_total", Some(webhook.sent));
        out.count("webhook_failed_total", Some(webhook.failed));
        out.count("webhook_dropped_total", Some(webhook.dropped));
    }
    if let Some(feed) = &status.feed {
        let connected = u64::from(feed.state == "connected");
        out.count("feed_connected", Some(connected));
        out.gauge("feed_lag_seconds", feed.lag_seconds);
    }
    let bookmark = flow.bookmark.as_ref();
    out.gauge(
        "bookmark_age_seconds",
        bookmark.and_then(|bookmark| bookmark.age_seconds),
    );
    if let Some(model) = &flow.model {
        out.gauge("model_age_seconds", Some(model.age_seconds));
        let version = std::iter::once((&model.version, 1.0));
        out.labelled("model_info", "version", version);
        if let Some(drift) = &model.drift {
            out.count("drift_rows", Some(drift.rows));
            out.gauge("score_drift_psi", Some(drift.score_psi));
            let features = drift.features.iter().map(|one| (&one.name, one.psi));
            out.labelled("feature_drift_psi", "feature", features);
        }
    }
    if let Some(disk) = &status.disk {
        out.count("lake_bytes", Some(disk.lake_bytes));
        out.count("lake_files", Some(disk.lake_files));
        out.count("log_bytes", Some(disk.log_bytes));
    }
    let process = status.process.as_ref();
    let memory = process.and_then(|process| process.memory_bytes);
    out.count("resident_memory_bytes", memory);
    let healthy = u64::from(status.health == Health::Healthy);
    out.count("healthy", Some(healthy));
    out.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_family_is_told_once_with_its_kind_and_samples() {
        let one = json!([{ "name": "a\"b", "records": 3, "bytes": 4, "lag": 5, "psi": 0.5,
            "by_chance": 0.1, "missing": 0.0, "missing_in_training": 0.0 }]);
        let status = json!({
            "schema": 2, "health": "healthy", "profile": "embedded", "version": "1",
            "at": "2026-01-01T00:00:00Z", "received": 1, "duplicates": 2, "canaries": 3,
            "gaps": 4, "ahead": 4, "hidden": 4, "scored": 5, "archived": 6, "deadletter": 7, "alerts_by_kind": { "x": 8 },
            "bookmark": { "positions": {}, "time": null, "age_seconds": 1.5 },
            "model": { "version": "edit-risk/1", "created": "2026", "age_seconds": 2.5,
                "drift": { "rows": 9, "score_psi": 0.2, "score_by_chance": 0.1, "features": one } },
            "process": { "pid": 1, "started_at": "2026-01-01T00:00:00Z", "api": "",
                "memory_bytes": 10 },
            "feed": { "source": "s", "state": "connected", "detail": null,
                "unreachable_since": null, "last_event_at": null, "lag_seconds": 0.5,
                "connections": 1 },
            "topics": one, "consumers": one, "problems": [],
            "webhook": { "sent": 11, "failed": 12, "dropped": 13 },
            "disk": { "log_bytes": 14, "lake_bytes": 15, "lake_files": 16, "free_bytes": null },
        });
        let text = render(&serde_json::from_value(status).unwrap());
        for (name, told) in FAMILIES.lines().filter_map(|line| line.split_once(' ')) {
            let (kind, help) = told.split_once(' ').unwrap();
            let head =
                format!("# HELP wikisentry_{name} {help}\n# TYPE wikisentry_{name} {kind}\n");
            assert_eq!(text.matches(&head).count(), 1, "{name}: {text}");
            assert!(text.contains(&format!("{head}wikisentry_{name}")), "{name}");
        }
        for sample in [
            "\nwikisentry_edits_archived_total 6\n",
            "\nwikisentry_alerts_total{kind=\"x\"} 8\n",
            "\nwikisentry_topic_bytes{topic=\"a\\\"b\"} 4\n",
            "\nwikisentry_feed_connected 1\n",
            "\nwikisentry_feature_drift_psi{feature=\"a\\\"b\"} 0.5\n",
        ] {
            assert!(text.contains(sample), "{sample}: {text}");
        }
    }
}
