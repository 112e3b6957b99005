//! What is wrong with what was found, each with the next command to type.

use super::{Connector, Container, Problem};
use crate::error::Error;
use wikisentry_driver::kafka::{TopicSpec, TopicStatus};

impl Problem {
    pub(super) fn new(
        component: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            component: component.to_owned(),
            message: message.into(),
            help: help.into(),
        }
    }

    /// An explained failure as a problem of one part.
    pub(super) fn of(component: &str, error: &Error) -> Self {
        match error {
            Error::Expected(error) => {
                let mut message = error.what.clone();
                for why in &error.why {
                    message.push_str(&format!(": {why}"));
                }
                let help = error.help.clone().unwrap_or_default();
                Self::new(component, message, help)
            }
            Error::Bug { what, .. } => Self::new(component, what, "please report it"),
            Error::PipeClosed => Self::new(component, "the connection was closed", "try again"),
        }
    }
}

/// What is wrong with a container; one that ends for want of memory says so first.
pub(super) fn of_container(container: &Container) -> Option<Problem> {
    let service = container.service.as_str();
    let said = format!("see why: `wikisentry logs {service}`");
    let (message, help) = match container.state.as_str() {
        _ if container.out_of_memory => (
            "a process in it was killed for want of memory".to_owned(),
            format!("give it more: `wikisentry up --set {service}.memory_mib=…`"),
        ),
        _ if container.is_ready => return None,
        "missing" => (
            "it has no container".to_owned(),
            "make it: `wikisentry up`".to_owned(),
        ),
        "starting" => (
            "it is still starting".to_owned(),
            format!("wait a little: `wikisentry status --watch`; {said}"),
        ),
        state @ ("exited" | "created" | "dead") => (
            format!("it does not run ({state})"),
            format!("start it: `wikisentry up`; {said}"),
        ),
        state => (format!("it is {state}"), said),
    };
    Some(Problem::new(service, message, help))
}

/// A container that does not run because its disk is full.
pub(super) fn full_disk(service: &str) -> Problem {
    Problem::new(
        service,
        "its disk is full",
        "free space on Docker's disk: `wikisentry images list` shows what is not needed any more, \
         `docker system df` what others use; then `wikisentry up`. What came stays, and the feed \
         is read on from there",
    )
}

/// Topics that are missing, or that nobody leads.
pub(super) fn of_topics(wanted: &[TopicSpec], found: &[TopicStatus]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let has = |name: &str| found.iter().any(|topic| topic.name == name);
    let missing = wanted.iter().filter(|topic| !has(&topic.name));
    let missing: Vec<&str> = missing.map(|topic| topic.name.as_str()).collect();
    if !missing.is_empty() {
        let message = format!("topics are missing: {}", missing.join(", "));
        problems.push(Problem::new("kafka", message, "make them: `wikisentry up`"));
    }
    for topic in found {
        let dark = topic.partitions.iter().filter(|partition| !partition.led);
        let dark: Vec<String> = dark.map(|one| one.partition.to_string()).collect();
        if !dark.is_empty() {
            let message = format!(
                "{} has no leader of partition {}",
                topic.name,
                dark.join(", ")
            );
            let help = "see what the broker says: `wikisentry logs kafka`";
            problems.push(Problem::new("kafka", message, help));
        }
    }
    problems
}

/// A connector that does not run, or not all of it.
pub(super) fn of_connector(connector: &Connector) -> Vec<Problem> {
    let is_running = |state: &str| state == "running";
    let mut problems = Vec::new();
    if connector.state == "paused" || connector.state == "stopped" {
        let message = format!("the connector is {}", connector.state);
        problems.push(Problem::new(
            "connect",
            message,
            "let it run: `wikisentry up`",
        ));
    } else if !is_running(&connector.state) || connector.tasks.is_empty() {
        let message = match connector.tasks.is_empty() {
            true => "the connector has no task yet".to_owned(),
            false => format!("the connector is {}", connector.state),
        };
        let help = "see why: `wikisentry logs connect`; deploy it anew: `wikisentry up`";
        problems.push(Problem::new("connect", message, help));
    }
    for task in connector
        .tasks
        .iter()
        .filter(|task| !is_running(&task.state))
    {
        let why = task.error.as_deref().unwrap_or("it does not say why");
        let message = format!("task {} is {}: {why}", task.id, task.state);
        let help = "see more: `wikisentry logs connect`; start it again: `wikisentry up`";
        if task.state != "paused" {
            problems.push(Problem::new("connect", message, help));
        }
    }
    if problems.is_empty() && connector.bookmark.positions.is_empty() {
        let message = "no event has come yet: the connector waits for the feed";
        let help = "see what it says: `wikisentry logs connect`; is source.url right?";
        problems.push(Problem::new("connect", message, help));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_layer::status::Task;
    use wikisentry_engine::status::BookmarkStatus;

    #[test]
    fn a_container_says_what_to_type() {
        for (state, is_ready, out_of_memory, help) in [
            ("healthy", true, false, None),
            ("healthy", true, true, Some("kafka.memory_mib")),
            ("missing", false, false, Some("wikisentry up")),
            ("starting", false, false, Some("--watch")),
            ("exited", false, false, Some("wikisentry up")),
            ("unhealthy", false, false, Some("wikisentry logs kafka")),
        ] {
            let found = of_container(&Container {
                service: "kafka".into(),
                state: state.into(),
                is_ready,
                restarts: 0,
                out_of_memory,
                started_at: None,
                memory_bytes: None,
                memory_limit_bytes: None,
            });
            match (help, found) {
                (None, found) => assert_eq!(found, None),
                (Some(help), found) => assert!(found.unwrap().help.contains(help), "{state}"),
            }
        }
    }

    #[test]
    fn a_failed_task_shows_its_first_line() {
        let connector = |state: &str, error: Option<&str>| Connector {
            name: "eventstreams".into(),
            state: "running".into(),
            tasks: vec![Task {
                id: 0,
                state: state.into(),
                error: error.map(str::to_owned),
            }],
            bookmark: BookmarkStatus {
                positions: [("a/0".to_owned(), 1)].into(),
                ..BookmarkStatus::default()
            },
            gaps: 0,
        };
        assert_eq!(of_connector(&connector("running", None)), []);
        let waiting = Connector {
            bookmark: BookmarkStatus::default(),
            ..connector("running", None)
        };
        let found = of_connector(&waiting);
        assert!(found[0].help.contains("wikisentry logs connect"));
        let found = of_connector(&connector("failed", Some("Oh")));
        assert_eq!(found[0].message, "task 0 is failed: Oh");
    }
}
