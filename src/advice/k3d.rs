//! What to do about failures of the k3d cluster.

use crate::error::{Error, ExitStatus, ExpectedError};
use crate::text::harmless;
use wikisentry_driver::k3d::{K3dError, OLDEST};

/// How k3d comes onto this system.
fn installation() -> String {
    let command = match std::env::consts::OS {
        "macos" => "brew install k3d",
        _ => "go install github.com/k3d-io/k3d/v5@v5.8.3",
    };
    format!(
        "install k3d {OLDEST} or later (https://k3d.io): `{command}`; or go without the cluster: \
         `wikisentry up --profile k3d --until data-layer`, or without Docker: `wikisentry up --profile \
         embedded`"
    )
}

/// A failure of k3d or of its node as the user sees it.
pub fn of(error: K3dError) -> Error {
    let what = harmless(&error.to_string());
    let preflight = || ExpectedError::preflight(what.clone());
    let said = |failed: ExpectedError, lines: &[String]| match lines {
        [] => failed,
        lines => {
            let lines: Vec<String> = lines.iter().map(|line| harmless(line)).collect();
            failed.because(format!("the last lines of the node:\n{}", lines.join("\n")))
        }
    };
    let longer = "on a slow machine give it longer: `--set docker.deadline=10m`";
    match &error {
        K3dError::NotInstalled { .. } | K3dError::TooOld { .. } | K3dError::Unusable { .. } => {
            preflight().help(installation())
        }
        K3dError::BadSpec { .. } => {
            ExpectedError::usage(what).help("see the section `cluster` of `wikisentry config show`")
        }
        K3dError::Foreign { name } => ExpectedError::refused(what.clone()).help(format!(
            "take another name: `--set cluster.name=NAME`; or delete that one: `k3d cluster delete \
             {name}`"
        )),
        K3dError::Exists { .. } => ExpectedError::refused(what)
            .help("something else made it meanwhile: `wikisentry up` goes on with it"),
        K3dError::Failed { node_lines, .. } => said(preflight(), node_lines)
            .help("`wikisentry doctor` says what the engine lacks; then `wikisentry up` goes on"),
        K3dError::Deadline { node_lines, .. } | K3dError::NoAnswer { node_lines, .. } => {
            said(ExpectedError::new(ExitStatus::TimedOut, what), node_lines).help(longer)
        }
        K3dError::LimitNotApplied { .. } => preflight()
            .help("this engine cannot keep to the limits; `wikisentry doctor` says what it lacks"),
        K3dError::NodeNotRunning { .. } => {
            ExpectedError::not_running(what).help("start it: `wikisentry up`")
        }
        K3dError::NotOnEngine { .. } => preflight()
            .help("build them with `wikisentry images build`, or `wikisentry images load FILE`"),
        K3dError::InNode { output, .. } => {
            let failed = said(preflight(), output);
            match output.iter().any(|line| line.contains("no space left")) {
                true => failed.help(
                    "free space on Docker's disk: `docker system df` says what takes it; then \
                     `wikisentry up` goes on",
                ),
                false => failed.help("`wikisentry up` tries it again"),
            }
        }
        K3dError::NotVerified { .. } => preflight().help("`wikisentry up` imports it again"),
        K3dError::Engine { source, .. } => preflight()
            .because(harmless(&source.to_string()))
            .help("see what is wrong with the engine: `wikisentry doctor`"),
        K3dError::File(source) => preflight()
            .because(source.to_string())
            .help("make the folder for temporary files writable, or make room on its disk"),
    }
    .into()
}
