//! What to do about what went wrong with the engine, images, Kafka, Kafka Connect or the store:
//! the one place where their errors get an exit code and a way out.

mod images;

pub use images::explain as images;

use crate::components;
use crate::error::{Error, ExitStatus, ExpectedError};
use crate::report::harmless;
use wikisentry_driver::connect::ConnectError;
use wikisentry_driver::docker::{Attempt, EngineError, Outcome, ServiceFailure};
use wikisentry_driver::kafka::KafkaError;
use wikisentry_driver::s3::S3Error;

/// A failure of the Docker engine as the user sees it.
pub fn engine(error: EngineError) -> Error {
    let what = harmless(&error.to_string());
    let preflight = || ExpectedError::new(ExitStatus::Preflight, what.clone());
    match &error {
        EngineError::Unreachable { tried } => {
            let refused = preflight_of("no Docker engine answers");
            tried
                .iter()
                .fold(refused, |refused, attempt| {
                    refused.because(harmless(&attempt.to_string()))
                })
                .help(way_to_the_engine(tried))
        }
        EngineError::Address { .. } => ExpectedError::usage(what.clone())
            .help("set DOCKER_HOST to an engine's socket, such as unix:///var/run/docker.sock"),
        EngineError::Refused(refusals) => {
            let refused = preflight_of("something else is in the way; nothing was changed");
            // Each says its own way out.
            refusals
                .iter()
                .fold(refused, |refused, refusal| {
                    refused.because(harmless(&refusal.to_string()))
                })
                .help(
                    "do so, or choose other names or addresses: `--set docker.project=NAME`, \
                     `--set docker.subnet=172.30.78.0/24`",
                )
        }
        EngineError::ImagesMissing(_) => preflight()
            .help("build them with `wikisentry images build`, or `wikisentry images load FILE`"),
        EngineError::PortTaken { service, port, .. } => preflight().help(port_help(service, *port)),
        EngineError::LimitNotApplied { .. } => preflight()
            .help("this engine cannot keep to the limits; `wikisentry doctor` says what it lacks"),
        EngineError::NotReady(failure) => not_ready(failure),
        EngineError::Engine { action, source } => {
            let said = harmless(&source.to_string());
            let failed = preflight_of(format!("Docker could not {}", harmless(action)));
            let failed = failed.because(said.clone());
            match said.contains("no space left") {
                true => failed.help(
                    "free space on Docker's disk: `wikisentry images list` shows what is not \
                     needed any more, `docker system df` what others use",
                ),
                false => failed.help("see what is wrong with the engine: `wikisentry doctor`"),
            }
        }
    }
    .into()
}

/// A failure of Kafka as the user sees it.
pub fn kafka(error: KafkaError) -> Error {
    let what = harmless(&error.to_string());
    match &error {
        KafkaError::Unreachable { bootstrap, reason } => {
            ExpectedError::new(ExitStatus::NotRunning, "Kafka does not answer")
                .because(format!("{bootstrap}: {}", harmless(reason)))
                .help(START)
        }
        KafkaError::NoTopic { .. } => ExpectedError::new(ExitStatus::NotRunning, what)
            .help("`wikisentry up` makes the topics; `wikisentry status` shows which are there"),
        KafkaError::TimedOut { .. } => ExpectedError::new(ExitStatus::TimedOut, what)
            .help("see how it does: `wikisentry status`, `wikisentry logs kafka`"),
        KafkaError::Refused { .. } | KafkaError::Protocol { .. } => {
            preflight_of(what).help("see what it says about it: `wikisentry logs kafka`")
        }
    }
    .into()
}

/// A failure of Kafka Connect as the user sees it.
pub fn connect(error: ConnectError) -> Error {
    let what = harmless(&error.to_string());
    match &error {
        ConnectError::Unreachable { url, reason } => {
            ExpectedError::new(ExitStatus::NotRunning, "Kafka Connect does not answer")
                .because(format!("{url}: {}", harmless(reason)))
                .help(START)
        }
        ConnectError::NoConnector { .. } => {
            ExpectedError::new(ExitStatus::NotRunning, what).help("deploy it with `wikisentry up`")
        }
        ConnectError::Refused { .. } | ConnectError::Answer { .. } => {
            preflight_of(what).help("see what it says about it: `wikisentry logs connect`")
        }
    }
    .into()
}

/// A failure of the object store as the user sees it.
pub fn store(error: S3Error) -> Error {
    let what = harmless(&error.to_string());
    match &error {
        S3Error::Unreachable { endpoint, reason } => {
            ExpectedError::new(ExitStatus::NotRunning, "the object store does not answer")
                .because(format!("{endpoint}: {}", harmless(reason)))
                .help(START)
        }
        S3Error::Credentials { .. } => preflight_of(what).help(
            "it runs with other credentials than those kept here: `wikisentry up` starts it with \
             ours; `wikisentry credentials` shows them",
        ),
        S3Error::Refused { .. } | S3Error::Answer { .. } => {
            preflight_of(what).help("see what it says about it: `wikisentry logs minio`")
        }
    }
    .into()
}

const START: &str = "see which containers run: `wikisentry status`; start them: `wikisentry up`";

fn preflight_of(what: impl Into<String>) -> ExpectedError {
    ExpectedError::new(ExitStatus::Preflight, what)
}

fn way_to_the_engine(tried: &[Attempt]) -> &'static str {
    match tried
        .iter()
        .any(|attempt| attempt.problem.contains("denied"))
    {
        true => {
            "you may not use it: `sudo usermod -aG docker $USER`, then log in anew; or set \
             DOCKER_HOST to an engine that you may use"
        }
        false => "start Docker; `docker version` says whether it runs. DOCKER_HOST names another",
    }
}

/// A taken port is moved by the component's own settings.
fn port_help(service: &str, port: u16) -> String {
    let ports = components::find(service).map_or(&[][..], |component| component.ports);
    let settings: Vec<&str> = ports.iter().map(|port| port.setting).collect();
    let free = format!("see who holds it (`ss -ltnp sport = :{port}`)");
    match settings.as_slice() {
        [] => free,
        [setting] => format!(
            "{free}, or move ours: `--set {setting}={}`",
            port.wrapping_add(100)
        ),
        several => format!(
            "{free}, or move ours with `--set` of {}",
            several.join(" or ")
        ),
    }
}

fn not_ready(failure: &ServiceFailure) -> ExpectedError {
    let service = &failure.service;
    let exit_code = match failure.outcome {
        Outcome::DeadlinePassed(_) => ExitStatus::TimedOut,
        Outcome::Exited | Outcome::KeepsExiting | Outcome::Missing => ExitStatus::Preflight,
    };
    let mut failed = ExpectedError::new(exit_code, harmless(&failure.to_string()));
    if !failure.last_lines.is_empty() {
        let lines: Vec<String> = failure
            .last_lines
            .iter()
            .map(|line| harmless(line))
            .collect();
        failed = failed.because(format!("its last lines:\n{}", lines.join("\n")));
    }
    let kept = "what was made stays: `wikisentry up` goes on from there";
    failed.help(match failure.outcome {
        _ if failure.out_of_memory => format!(
            "give it more memory: `wikisentry up --set {service}.memory_mib=…`, or a larger \
             `--size`; {kept}"
        ),
        Outcome::Missing => "somebody removed it; make it anew: `wikisentry up`".to_owned(),
        Outcome::DeadlinePassed(_) => format!(
            "it may still come: `wikisentry status`; on a slow machine give it longer: `--set \
             docker.deadline=10m`; all it wrote: `wikisentry logs {service}`"
        ),
        Outcome::Exited | Outcome::KeepsExiting => {
            format!("all it wrote: `wikisentry logs {service}`; {kept}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn expected(error: Error) -> ExpectedError {
        match error {
            Error::Expected(error) => *error,
            other => panic!("not expected: {other:?}"),
        }
    }

    fn failure(outcome: Outcome, out_of_memory: bool) -> EngineError {
        EngineError::NotReady(Box::new(ServiceFailure {
            service: "kafka".into(),
            container: "wikisentry-kafka-1".into(),
            outcome,
            state: "exited".into(),
            exit_code: Some(137),
            out_of_memory,
            restarts: 0,
            health_output: None,
            error: None,
            last_lines: vec!["\u{1b}[2Jbye".into()],
        }))
    }

    #[test]
    fn every_failure_of_the_engine_has_an_exit_code_and_a_way_out() {
        let attempt = |problem: &str| EngineError::Unreachable {
            tried: vec![Attempt {
                address: "unix:///var/run/docker.sock".into(),
                problem: problem.into(),
            }],
        };
        let taken = |service: &str| EngineError::PortTaken {
            service: service.into(),
            port: 9000,
            holder: None,
        };
        for (error, exit_code, help) in [
            (
                attempt("permission denied"),
                ExitStatus::Preflight,
                "usermod",
            ),
            (
                attempt("nothing listens there"),
                ExitStatus::Preflight,
                "start Docker",
            ),
            (taken("kafka"), ExitStatus::Preflight, "kafka.port=9100"),
            (
                taken("minio"),
                ExitStatus::Preflight,
                "minio.port or minio.console_port",
            ),
            (
                failure(Outcome::Exited, true),
                ExitStatus::Preflight,
                "kafka.memory_mib",
            ),
            (
                failure(Outcome::KeepsExiting, false),
                ExitStatus::Preflight,
                "logs kafka",
            ),
            (
                failure(Outcome::DeadlinePassed(Duration::from_secs(9)), false),
                ExitStatus::TimedOut,
                "docker.deadline",
            ),
        ] {
            let shown = format!("{error}");
            let error = expected(engine(error));
            assert_eq!(error.exit_code, exit_code, "{shown}");
            let found = error.help.unwrap();
            assert!(found.contains(help), "{shown}: {found}");
        }
    }

    #[test]
    fn what_containers_wrote_reaches_the_terminal_harmless() {
        let error = expected(engine(failure(Outcome::Exited, false)));
        assert!(
            error.why.iter().all(|why| !why.contains('\u{1b}')),
            "{:?}",
            error.why
        );
    }

    #[test]
    fn a_silent_broker_means_that_the_platform_does_not_run() {
        let silent = KafkaError::Unreachable {
            bootstrap: "127.0.0.1:9092".into(),
            reason: "refused".into(),
        };
        assert_eq!(kafka(silent).exit_status(), ExitStatus::NotRunning);
    }
}
