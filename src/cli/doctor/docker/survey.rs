//! Asks the engine and the tools beside it. Every question has a deadline; nothing is judged here.

use super::engine::closing_rule;
use crate::components;
use crate::config::Settings;
use crate::error::Error;
use crate::plan::Budget;
use crate::platform::containers::Containers;
use jiff::Timestamp;
use std::net::IpAddr;
use std::time::Duration;
use tokio::process::Command;
use wikisentry_driver::docker::{Engine, EngineError, EngineInfo, ProjectResources};
use wikisentry_driver::images::{self, ImageListing, ImageSet};

/// An engine that is well answers within a second.
const DEADLINE: Duration = Duration::from_secs(5);

/// What was learnt. A question that was not answered keeps the reason.
pub(super) struct Survey {
    pub info: EngineInfo,
    /// The time here before and after the engine told its own.
    pub asked: (Timestamp, Timestamp),
    /// What the plan says of the room there is; not asked where nothing is to be planned.
    pub budget: Option<Result<Budget, String>>,
    pub belongings: Result<ProjectResources, String>,
    pub images: Result<ImageListing, String>,
    pub gateway: Option<IpAddr>,
    /// What `k3d version` says, if it can be run.
    pub k3d: Option<String>,
    /// The rule that [`closing_rule`] tells is in place; only root can see that.
    pub neighbours_are_kept_out: bool,
}

/// Asks everything.
///
/// # Errors
/// If no engine answers.
pub(super) async fn of(
    settings: &Settings,
    planned: Option<&Containers>,
) -> Result<Survey, EngineError> {
    let engine = Engine::connect().await?;
    let before = Timestamp::now();
    let info = match tokio::time::timeout(DEADLINE, engine.info()).await {
        Ok(info) => info?,
        Err(_) => {
            let problem = format!("it answers, but tells nothing in {} s", DEADLINE.as_secs());
            let address = engine.address().to_owned();
            let tried = vec![wikisentry_driver::docker::Attempt { address, problem }];
            return Err(EngineError::Unreachable { tried });
        }
    };
    let asked = (before, Timestamp::now());
    let rule = closing_rule(&settings.docker.subnet);
    let rule = rule.replace("-I DOCKER-USER", "-C DOCKER-USER");
    let images = async {
        let set = ImageSet::resolve(&components::images(), &settings.image_replacements());
        let set = set.map_err(|error| error.to_string())?;
        within(images::list(engine.client(), &set), ToString::to_string).await
    };
    let budget = async {
        match planned {
            Some(planned) => Some(within(planned.budget(&engine), Error::in_one_line).await),
            None => None,
        }
    };
    let (budget, belongings, images, gateway, k3d, rule) = tokio::join!(
        budget,
        within(
            engine.project_resources(&settings.docker.project),
            ToString::to_string
        ),
        images,
        within(engine.host_gateway(), ToString::to_string),
        run("k3d version"),
        run(&rule),
    );
    Ok(Survey {
        info,
        asked,
        budget,
        belongings,
        images,
        gateway: gateway.ok().flatten(),
        k3d,
        neighbours_are_kept_out: rule.is_some(),
    })
}

async fn within<T, E>(
    question: impl Future<Output = Result<T, E>>,
    words: impl FnOnce(&E) -> String,
) -> Result<T, String> {
    match tokio::time::timeout(DEADLINE, question).await {
        Ok(answer) => answer.map_err(|error| words(&error)),
        Err(_) => Err(format!("no answer in {} s", DEADLINE.as_secs())),
    }
}

/// What a program says, if it is there, ends well and in time.
async fn run(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next()?);
    let command = command.args(words).kill_on_drop(true);
    let command = command.stdin(std::process::Stdio::null());
    let output = tokio::time::timeout(DEADLINE, command.output()).await;
    let output = output.ok()?.ok()?;
    let success = output.status.success();
    success.then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_program_that_ends_well_says_something() {
        for (line, said) in [
            ("echo k3d version v5", Some("k3d version v5\n")),
            ("false", None),
            ("/nowhere/k3d version", None),
        ] {
            assert_eq!(run(line).await.as_deref(), said, "{line}");
        }
    }
}
