//! The state of the data layer as a view for people: what is wrong first, with what to do about it.

use crate::text::harmless;
use super::layout;
use crate::amounts;
use crate::data_layer::status::{Connector, Container, DataLayerStatus};
use owo_colors::OwoColorize;
use std::fmt::Write;
use wikisentry_engine::status::Health;

/// The whole view, lines ended.
pub(super) fn view(status: &DataLayerStatus) -> String {
    let health = match status.health {
        Health::Healthy => "healthy".green().bold().to_string(),
        Health::Degraded => "degraded".yellow().bold().to_string(),
        Health::NotRunning => {
            "not running".red().bold().to_string() + "; start it with `wikisentry up`"
        }
    };
    let mut text = format!(
        "wikisentry {}, profile {}: {health}\n",
        status.version, status.profile
    );
    // That nothing runs was said; a line for each container would say it again.
    let is_up = status.health != Health::NotRunning;
    let is_worth_saying = |component: &str| is_up || component == "docker";
    for problem in &status.problems {
        if !is_worth_saying(&problem.component) {
            continue;
        }
        let (mark, message) = ("✗".red().bold().to_string(), harmless(&problem.message));
        _ = writeln!(text, "  {mark} {}: {message}", problem.component);
        if !problem.help.is_empty() {
            _ = writeln!(text, "    {}", harmless(&problem.help).bold());
        }
    }
    if is_up {
        tables(status, &mut text);
    }
    text
}

fn tables(status: &DataLayerStatus, text: &mut String) {
    if !status.containers.is_empty() {
        let rows: Vec<_> = status.containers.iter().map(container).collect();
        let header = ["container", "state", "restarts", "memory"];
        text.push('\n');
        text.push_str(&layout::table(header, &rows));
    }
    if !status.topics.is_empty() {
        let rows: Vec<_> = status
            .topics
            .iter()
            .map(|topic| {
                let rate = topic.rate.map(|rate| format!("{rate:.1}/s"));
                [
                    harmless(&topic.name),
                    format!("{:>12}", amounts::count(topic.records)),
                    format!("{:>12}", rate.unwrap_or_default()),
                    format!(
                        "{:>10}",
                        topic.bytes.map(amounts::bytes).unwrap_or_default()
                    ),
                ]
            })
            .collect();
        text.push('\n');
        let header = ["topic", "     records", "        rate", "      size"];
        text.push_str(&layout::table(header, &rows));
    }
    let mut facts = Vec::new();
    if let Some(shown) = &status.connector {
        facts.push(("connector", connector(shown)));
        if let (Some(time), Some(age)) = (shown.bookmark.time, shown.bookmark.age_seconds) {
            facts.push(("bookmark", format!("{time}, {} old", amounts::span(age))));
        }
    }
    for one in &status.consumers {
        let waiting = amounts::count(one.lag);
        let shown = format!(
            "{}: {waiting} records wait; {}, {} members",
            harmless(&one.group),
            one.state.to_lowercase(),
            one.members
        );
        facts.push(("consumer", shown));
    }
    for one in &status.buckets {
        let about = if one.exact { "" } else { "at least " };
        let (objects, bytes) = (amounts::count(one.objects), amounts::bytes(one.bytes));
        let shown = format!("{}: {about}{objects} objects, {bytes}", harmless(&one.name));
        facts.push(("bucket", shown));
    }
    if !facts.is_empty() {
        text.push('\n');
        text.push_str(&layout::pairs(&facts));
    }
}

fn container(container: &Container) -> [String; 4] {
    let memory = match (container.memory_bytes, container.memory_limit_bytes) {
        (Some(used), Some(limit)) => {
            format!("{} of {}", amounts::bytes(used), amounts::bytes(limit))
        }
        _ => String::new(),
    };
    [
        container.service.clone(),
        container.state.clone(),
        format!("{:>8}", container.restarts),
        memory,
    ]
}

fn connector(connector: &Connector) -> String {
    let running = connector
        .tasks
        .iter()
        .filter(|task| task.state == "running");
    let gaps = match connector.gaps {
        0 => "no gaps".to_owned(),
        1 => "1 gap".to_owned(),
        several => format!("{} gaps", amounts::count(several)),
    };
    format!(
        "{} {}, {} of {} tasks running, {gaps}",
        harmless(&connector.name),
        connector.state,
        running.count(),
        connector.tasks.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;
    use serde_json::{Value, json};

    fn shown(status: Value) -> String {
        let status: DataLayerStatus = serde_json::from_value(status).unwrap();
        strip_str(&view(&status)).to_string()
    }

    fn degraded() -> Value {
        let container = |service: &str, state: &str, memory: u64| {
            json!({"service": service, "state": state, "is_ready": state == "healthy",
                   "restarts": 1, "out_of_memory": false, "started_at": "2026-09-17T03:00:00Z",
                   "memory_bytes": memory, "memory_limit_bytes": 640 << 20})
        };
        json!({
            "health": "degraded", "profile": "k3d", "version": "0.1.0",
            "at": "2026-09-17T03:42:33Z",
            "containers": [container("connect", "unhealthy", 300 << 20),
                           container("kafka", "healthy", 400_000_000)],
            "topics": [{"name": "edits.registered", "partitions": 4, "records": 51_000,
                        "rate": 30.25, "bytes": 7_000_000},
                       {"name": "alerts", "partitions": 1, "records": 0, "rate": 0.0,
                        "bytes": null}],
            "consumers": [{"group": "flink", "state": "Stable", "members": 2, "lag": 1_234}],
            "connector": {"name": "eventstreams", "state": "running",
                          "tasks": [{"id": 0, "state": "failed", "error": "Oh"}], "gaps": 2,
                          "bookmark": {"positions": {"eqiad.mediawiki.recentchange/0": 7},
                                       "time": "2026-09-17T03:42:29Z", "age_seconds": 4.0}},
            "buckets": [{"name": "wikisentry", "objects": 12_000, "bytes": 5_000_000,
                         "exact": false}],
            "problems": [{"component": "connect", "message": "task 0 is failed: \u{1b}[2JOh",
                          "help": "see more: `wikisentry logs connect`"}],
        })
    }

    #[test]
    fn what_is_wrong_comes_first_with_the_way_out() {
        insta::assert_snapshot!(shown(degraded()), @r#"
        wikisentry 0.1.0, profile k3d: degraded
          ✗ connect: task 0 is failed: �[2JOh
            see more: `wikisentry logs connect`

        container  state      restarts  memory
        connect    unhealthy         1  300 MiB of 640 MiB
        kafka      healthy           1  381 MiB of 640 MiB

        topic                  records          rate        size
        edits.registered        51,000        30.2/s     6.7 MiB
        alerts                       0         0.0/s

        connector  eventstreams running, 0 of 1 tasks running, 2 gaps
        bookmark   2026-09-17T03:42:29.000Z, 4.0 s old
        consumer   flink: 1,234 records wait; stable, 2 members
        bucket     wikisentry: at least 12,000 objects, 4.8 MiB
        "#);
    }

    #[test]
    fn a_data_layer_that_is_down_says_only_how_to_start_it() {
        let mut status = degraded();
        status["health"] = json!("not_running");
        insta::assert_snapshot!(
            shown(status),
            @"wikisentry 0.1.0, profile k3d: not running; start it with `wikisentry up`"
        );
    }
}
