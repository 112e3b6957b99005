//! What is wrong with containers, each with the next command to type.

use crate::components;
use crate::error::Error;
use wikisentry_driver::converge::{Change, Verb};
use wikisentry_engine::status::{ComponentStatus, Problem};

/// An explained failure as a problem of one part.
pub(super) fn of_failure(component: &str, error: &Error) -> Problem {
    let help = match error {
        Error::Expected(error) => error.help.clone().unwrap_or_default(),
        Error::Bug { .. } => "please report it".to_owned(),
        Error::PipeClosed => "try again".to_owned(),
    };
    Problem::new(component, error.in_one_line(), help)
}

/// What is wrong with a container; one that ends for want of memory says so first.
pub(super) fn of_container(container: &ComponentStatus) -> Option<Problem> {
    let service = container.name.as_str();
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

/// What is wrong with the pods of a workload.
pub(super) fn of_pods(pods: &ComponentStatus) -> Option<Problem> {
    let name = pods.name.as_str();
    let of = components::of_workload(name);
    let component = of.map_or(name, |(component, _)| component.name);
    let said = format!("see why: `wikisentry logs {component}`");
    let (message, help) = match pods.state.as_str() {
        _ if pods.out_of_memory => {
            let key = of.map_or("memory_mib", |(_, workload)| workload.memory);
            (
                "a process in it was killed for want of memory".to_owned(),
                format!("give it more: `wikisentry up --set {component}.{key}=…`"),
            )
        }
        _ if pods.is_ready => return None,
        "missing" => (
            "it has no pod".to_owned(),
            "make it: `wikisentry up`".to_owned(),
        ),
        "starting" | "Pending" | "ContainerCreating" => (
            "it is still starting".to_owned(),
            format!("wait a little: `wikisentry status --watch`; {said}"),
        ),
        state => (format!("it is {state}"), said),
    };
    Some(Problem::new(name, message, help))
}

/// What differs from the settings. A halted connector is the probe's to report.
pub(super) fn of_changes(component: &str, changes: &[Change]) -> Option<Problem> {
    let words = |change: &Change| {
        let (kind, name, detail) = (change.kind, &change.name, &change.detail);
        match change.verb {
            Verb::Keep | Verb::Start => None,
            Verb::Create => Some(format!("{kind} {name} is missing")),
            _ if detail.is_empty() => Some(format!("{kind} {name}")),
            _ => Some(format!("{kind} {name} ({detail})")),
        }
    };
    let differ: Vec<String> = changes.iter().filter_map(words).collect();
    if differ.is_empty() {
        return None;
    }
    let message = format!("not as the settings have it: {}", differ.join(", "));
    let help = "see the difference: `wikisentry plan`; set it right: `wikisentry up`";
    Some(Problem::new(component, message, help))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_the_settings_is_named_and_what_is_paused_is_not() {
        let change = |verb, name: &str| Change::new(verb, "topic", name);
        let found = of_changes(
            "kafka",
            &[
                change(Verb::Keep, "a"),
                change(Verb::Create, "b"),
                change(Verb::Change, "c").because("retention.ms 1 → 2"),
            ],
        );
        let found = found.unwrap();
        let differ = "topic b is missing, topic c (retention.ms 1 → 2)";
        assert_eq!(
            found.message,
            format!("not as the settings have it: {differ}")
        );
        assert!(found.help.contains("`wikisentry up`"));
        let halted = [change(Verb::Keep, "a"), change(Verb::Start, "b")];
        assert_eq!(of_changes("kafka", &halted), None);
    }

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
            let found = of_container(&ComponentStatus {
                name: "kafka".into(),
                state: state.into(),
                is_ready,
                out_of_memory,
                ..ComponentStatus::default()
            });
            match (help, found) {
                (None, found) => assert_eq!(found, None),
                (Some(help), found) => assert!(found.unwrap().help.contains(help), "{state}"),
            }
        }
    }
}
