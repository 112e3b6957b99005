//! The work of each stage.

use super::{Arrived, Run, image_step};
use crate::data_layer::{CONNECTOR, explain};
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::plan::StageName;
use crate::report::{Outcome, StageEvent};
use std::time::{Duration, Instant};
use wikisentry_core::topic::Topic;
use wikisentry_driver::connect::{ConnectError, ConnectorAction, ConnectorState};
use wikisentry_driver::docker::{Progress, Step};
use wikisentry_driver::images::{self, ImageEvent, ImageOutcome};
use wikisentry_driver::kafka::TopicAction;
use wikisentry_driver::s3::S3Action;

/// How often what is waited for is asked.
const POLL: Duration = Duration::from_millis(200);

impl Run<'_> {
    /// Builds or pulls what is missing.
    pub(super) async fn images(&self) -> Result<((), Outcome)> {
        let on_event = |event: ImageEvent| {
            if let Some((step, line)) = image_step(&event) {
                self.on(StageEvent::Working {
                    stage: StageName::Images.title().to_owned(),
                    step: format!("{} {step}", event.image()),
                    line,
                });
            }
        };
        let made = images::ensure(self.engine.client(), &self.layer.images, &on_event)
            .await
            .map_err(explain::images)?;
        let present = |outcome: &ImageOutcome| *outcome == ImageOutcome::Present;
        Ok(((), unchanged(made.values().all(present))))
    }

    /// Network, volumes, containers; waits until they are healthy.
    pub(super) async fn containers(&self) -> Result<((), Outcome)> {
        let deadline = self.settings.docker.deadline;
        let watcher = |progress: Progress| {
            let message = match progress.step {
                Step::Kept | Step::Created | Step::Removed | Step::Started | Step::Ready => return,
                Step::Creating => "creating".to_owned(),
                Step::Recreating(_) => "replacing".to_owned(),
                Step::Stopping => "stopping".to_owned(),
                Step::WaitingFor(other) => format!("waits for {other}"),
                Step::State(state) => state,
                Step::LeftInUse(users) => format!("left, {} uses it", users.join(", ")),
            };
            self.on(StageEvent::Working {
                stage: StageName::DataLayer.title().to_owned(),
                step: format!("{} {message}", progress.subject.name),
                line: None,
            });
        };
        let engine = &self.engine;
        let plan = engine.apply(&self.layer.project, deadline, &watcher).await;
        let plan = plan.map_err(explain::engine)?;
        engine
            .wait_ready(&self.layer.project, deadline, &watcher)
            .await
            .map_err(explain::engine)?;
        Ok(((), unchanged(plan.is_settled())))
    }

    /// Topics, bucket and users, connector.
    pub(super) async fn provision(&self) -> Result<((), Outcome)> {
        let doing = |step: &str| {
            self.on(StageEvent::Working {
                stage: StageName::Provisioning.title().to_owned(),
                step: step.to_owned(),
                line: None,
            });
        };
        doing("topics");
        let topics = self.layer.kafka().ensure_topics(&self.layer.topics()).await;
        let topics = topics.map_err(explain::kafka)?;
        doing("bucket and users");
        let store = self.layer.store()?;
        let buckets = store.ensure_buckets(&self.layer.buckets()).await;
        let buckets = buckets.map_err(explain::store)?;
        let users = store.ensure_users(&self.layer.users()).await;
        let users = users.map_err(explain::store)?;
        doing("connector");
        let connector = self.connector().await?;
        let settled = topics.iter().all(|plan| plan.action == TopicAction::Keep)
            && buckets.iter().all(|plan| plan.action == S3Action::Keep)
            && users.iter().all(|plan| plan.action == S3Action::Keep)
            && connector == ConnectorAction::Keep;
        Ok(((), unchanged(settled)))
    }

    /// Sets the connector and waits until its tasks run.
    async fn connector(&self) -> Result<ConnectorAction> {
        let connect = self.layer.connect()?;
        let config = self.layer.connector()?;
        let problems = connect.validate(CONNECTOR, &config).await;
        let problems = problems.map_err(explain::connect)?;
        if !problems.is_empty() {
            let mut error = ExpectedError::usage("the connector does not accept its settings");
            for problem in problems {
                let why = problem.errors.join("; ");
                error = error.because(format!("{}: {why}", problem.name));
            }
            return Err(error
                .help("mend them in section source of the settings")
                .into());
        }
        let action = connect.ensure(CONNECTOR, &config).await;
        let action = action.map_err(explain::connect)?;
        let begun = Instant::now();
        let mut restarted = false;
        loop {
            let trouble = match connect.status(CONNECTOR).await {
                Ok(status) if status.is_running() => return Ok(action),
                Ok(status) => {
                    let failed = status.state == ConnectorState::Failed
                        || status
                            .tasks
                            .iter()
                            .any(|t| t.state == ConnectorState::Failed);
                    // It may have failed long ago, of what is mended now.
                    if failed && !restarted {
                        restarted = true;
                        connect
                            .restart_failed(CONNECTOR)
                            .await
                            .map_err(explain::connect)?;
                    }
                    status.errors().join("; ")
                }
                Err(ConnectError::NoConnector { .. }) => String::new(),
                Err(error) => error.to_string(),
            };
            if begun.elapsed() > self.settings.docker.deadline {
                let mut error =
                    ExpectedError::new(ExitStatus::TimedOut, "the connector does not run");
                if !trouble.is_empty() {
                    error = error.because(trouble);
                }
                return Err(error.help("look at `wikisentry logs connect`").into());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until edits come; that they do not is no failure.
    pub(super) async fn flow(&self, before: u64) -> Result<(Arrived, Outcome)> {
        let begun = Instant::now();
        loop {
            let edits = self.edits().await?;
            let flows = edits > before;
            if flows || begun.elapsed() > self.patience {
                return Ok((Arrived { edits, flows }, Outcome::Done));
            }
            let status = self.layer.connect()?.status(CONNECTOR).await;
            let why = match status {
                Ok(status) if !status.errors().is_empty() => status.errors().join("; "),
                _ => format!("the first edit from {}", self.settings.source.url),
            };
            self.on(StageEvent::Waiting {
                stage: StageName::DataFlow.title().to_owned(),
                why,
            });
            tokio::time::sleep(POLL).await;
        }
    }

    /// Ends of the topics of edits, which only grow.
    pub(super) async fn edits(&self) -> Result<u64> {
        let topics = [
            Topic::EditsRegistered,
            Topic::EditsAnonymous,
            Topic::EditsBot,
        ];
        let names = topics.map(|topic| self.layer.topic_name(topic));
        let found = self.layer.kafka().topics(&names).await;
        let found = found.map_err(explain::kafka)?;
        let ends = found.iter().map(|topic| topic.end());
        Ok(u64::try_from(ends.sum::<i64>()).unwrap_or_default())
    }
}

fn unchanged(settled: bool) -> Outcome {
    if settled {
        Outcome::Unchanged
    } else {
        Outcome::Done
    }
}
