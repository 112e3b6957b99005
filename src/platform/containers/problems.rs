//! What is wrong with containers, each with the next command to type.

use crate::error::Error;
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
