//! What to do about failures of the Docker engine.

use crate::components;
use crate::error::{Error, ExitStatus, ExpectedError};
use crate::text::harmless;
use wikisentry_driver::docker::{Attempt, ContextError, EngineError, ServiceFailure, WaitOutcome};

/// A failure of the Docker engine as the user sees it.
pub fn of(error: EngineError) -> Error {
    let what = harmless(&error.to_string());
    let preflight = || ExpectedError::preflight(what.clone());
    match &error {
        EngineError::Unreachable { tried } => {
            let problems = tried.iter().map(|attempt| harmless(&attempt.to_string()));
            ExpectedError::preflight("no Docker engine answers")
                .because_each(problems)
                .help(way_to_the_engine(tried))
        }
        EngineError::Context(error) => preflight()
            .because("no engine was asked: another than the one that is meant might answer")
            .help(way_to_the_choice(error)),
        EngineError::Address { .. } => preflight()
            .help("set DOCKER_HOST to an engine's socket, such as unix:///var/run/docker.sock"),
        EngineError::Refused(refusals) => {
            // Each says its own way out.
            let refusals = refusals.iter().map(|one| harmless(one));
            ExpectedError::preflight("something else is in the way; nothing was changed")
                .because_each(refusals)
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
            let failed = ExpectedError::preflight(format!("Docker could not {}", harmless(action)));
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

fn way_to_the_engine(tried: &[Attempt]) -> &'static str {
    match tried
        .iter()
        .any(|attempt| attempt.problem.contains("denied"))
    {
        true => {
            "you may not use it: `sudo usermod -aG docker $USER`, then log in again; or set \
             DOCKER_HOST to an engine that you may use"
        }
        false => "start Docker; `docker version` says whether it runs. DOCKER_HOST names another",
    }
}

/// How to choose an engine so that it is known which one is meant.
pub fn way_to_the_choice(error: &ContextError) -> String {
    let by_name = "or name the engine: `export DOCKER_HOST=unix:///var/run/docker.sock`";
    match error {
        ContextError::Unreadable { .. } => format!("correct or remove that file, {by_name}"),
        ContextError::Missing { by, .. } if by == "DOCKER_CONTEXT" => format!(
            "`docker context ls` shows those there are, `unset DOCKER_CONTEXT` chooses none; \
             {by_name}"
        ),
        ContextError::Missing { .. } => format!(
            "`docker context ls` shows those there are, `docker context use default` chooses \
             none; {by_name}"
        ),
        ContextError::NoEndpoint { .. } => {
            format!("choose another: `docker context use default`, {by_name}")
        }
        ContextError::Tls { .. } => "bring the engine's socket here and name it: `ssh -nNT -L \
             /tmp/docker.sock:/var/run/docker.sock USER@HOST`, then `export \
             DOCKER_HOST=unix:///tmp/docker.sock`"
            .to_owned(),
    }
}

/// A taken port is moved by the component's own settings.
fn port_help(service: &str, port: u16) -> String {
    let component = components::find(service);
    let keys = component.into_iter().flat_map(|component| component.ports);
    let settings: Vec<String> = keys.map(|port| format!("{service}.{}", port.key)).collect();
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
        WaitOutcome::DeadlinePassed(_) => ExitStatus::TimedOut,
        WaitOutcome::Exited | WaitOutcome::KeepsExiting | WaitOutcome::Missing => {
            ExitStatus::Preflight
        }
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
        WaitOutcome::Missing => "somebody removed it; make it again: `wikisentry up`".to_owned(),
        WaitOutcome::DeadlinePassed(_) => format!(
            "it may still come: `wikisentry status`; on a slow machine give it longer: `--set \
             docker.deadline=10m`; all it wrote: `wikisentry logs {service}`"
        ),
        WaitOutcome::Exited | WaitOutcome::KeepsExiting => {
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

    fn failure(outcome: WaitOutcome, out_of_memory: bool) -> EngineError {
        EngineError::NotReady(Box::new(ServiceFailure {
            service: "kafka".into(),
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
        let context = |name: &str, by: &str| {
            EngineError::Context(ContextError::Missing {
                name: name.into(),
                by: by.into(),
            })
        };
        for (error, exit_code, help) in [
            (
                context("gone", "DOCKER_CONTEXT"),
                ExitStatus::Preflight,
                "unset DOCKER_CONTEXT",
            ),
            (
                context("gone", "/h/a/.docker/config.json"),
                ExitStatus::Preflight,
                "docker context use default",
            ),
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
            (taken("connect"), ExitStatus::Preflight, "connect.port=9100"),
            (
                taken("kafka"),
                ExitStatus::Preflight,
                "kafka.port or kafka.sasl_port",
            ),
            (
                taken("minio"),
                ExitStatus::Preflight,
                "minio.port or minio.console_port",
            ),
            (
                failure(WaitOutcome::Exited, true),
                ExitStatus::Preflight,
                "kafka.memory_mib",
            ),
            (
                failure(WaitOutcome::KeepsExiting, false),
                ExitStatus::Preflight,
                "logs kafka",
            ),
            (
                failure(WaitOutcome::DeadlinePassed(Duration::from_secs(9)), false),
                ExitStatus::TimedOut,
                "docker.deadline",
            ),
        ] {
            let shown = format!("{error}");
            let error = expected(of(error));
            assert_eq!(error.exit_code, exit_code, "{shown}");
            let found = error.help.unwrap();
            assert!(found.contains(help), "{shown}: {found}");
        }
    }

    #[test]
    fn what_containers_wrote_reaches_the_terminal_harmless() {
        let error = expected(of(failure(WaitOutcome::Exited, false)));
        assert!(
            error.why.iter().all(|why| !why.contains('\u{1b}')),
            "{:?}",
            error.why
        );
    }
}
