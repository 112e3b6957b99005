//! The connector that reads the feed: deployed, validated, running.

use super::{CONNECTOR, advice, client, config};
use crate::components::Site;
use crate::error::{Error, ExpectedError, Result};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use wikisentry_driver::connect::{Connect, ConnectError, ConnectorState};
use wikisentry_driver::converge::{Change, Converge, OnWork, Verb, Work};

/// How often it is asked while it starts.
const POLL: Duration = Duration::from_millis(200);

/// The connector, to be brought to its wanted state.
pub(super) struct Connector<'a> {
    pub(super) site: &'a Site,
}

impl Converge for Connector<'_> {
    type Error = Error;

    fn key(&self) -> &'static str {
        "connector"
    }

    fn needs(&self) -> Vec<&'static str> {
        vec!["connect"]
    }

    fn check(&self) -> Result<()> {
        config::of(self.site).map(drop)
    }

    fn deadline(&self) -> Option<Duration> {
        Some(self.site.settings.docker.deadline)
    }

    fn plan(&self, has_needs: bool) -> BoxFuture<'_, Result<Vec<Change>>> {
        Box::pin(async move {
            let config = match config::of(self.site) {
                Ok(config) => config,
                Err(Error::Expected(error)) => return Ok(vec![refused(*error)]),
                Err(error) => return Err(error),
            };
            let change = match has_needs {
                true => client(self.site)?.diff(CONNECTOR, &config).await,
                false => Ok(Change::new(Verb::Create, "connector", CONNECTOR)),
            };
            Ok(vec![change.map_err(advice::of)?])
        })
    }

    fn apply<'a>(&'a self, on_work: OnWork<'a>) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move {
            on_work(Work::step("connector"));
            let connect = client(self.site)?;
            let config = config::of(self.site)?;
            validate(&connect, &config).await?;
            let done = connect.ensure(CONNECTOR, &config).await;
            let done = done.map_err(advice::of)?;
            self.wait_until_it_runs(&connect).await?;
            Ok(vec![done])
        })
    }
}

/// What has failed in it, the first line of each failure.
pub(super) async fn obstacle(site: &Site) -> Result<Option<String>> {
    let status = client(site)?.status(CONNECTOR).await;
    let status = status.map_err(advice::of)?;
    let errors = status.errors();
    Ok((!errors.is_empty()).then(|| errors.join("; ")))
}

impl Connector<'_> {
    async fn wait_until_it_runs(&self, connect: &Connect) -> Result<()> {
        let began = Instant::now();
        let mut restarted = false;
        loop {
            let trouble = match connect.status(CONNECTOR).await {
                Ok(status) if status.is_running() => return Ok(()),
                Ok(status) => {
                    let is_failed = |state| state == ConnectorState::Failed;
                    let mut tasks = status.tasks.iter();
                    let failed = is_failed(status.connector.state)
                        || tasks.any(|task| is_failed(task.state));
                    // It may have failed long ago, of what is fixed now.
                    if failed && !restarted {
                        restarted = true;
                        let restart = connect.restart_failed(CONNECTOR).await;
                        restart.map_err(advice::of)?;
                    }
                    status.errors().join("; ")
                }
                Err(ConnectError::NoConnector { .. }) => String::new(),
                Err(error) => error.to_string(),
            };
            if began.elapsed() > self.site.settings.docker.deadline {
                return ExpectedError::timed_out("the connector does not run")
                    .because_each(Some(trouble).filter(|trouble| !trouble.is_empty()))
                    .help("look at `wikisentry logs connect`")
                    .fail();
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Lets the connector itself look at its settings.
async fn validate(connect: &Connect, config: &BTreeMap<String, String>) -> Result<()> {
    let problems = connect.validate(CONNECTOR, config).await;
    let problems = problems.map_err(advice::of)?;
    if problems.is_empty() {
        return Ok(());
    }
    let problems = problems.iter();
    let problems = problems.map(|one| format!("{}: {}", one.name, one.errors.join("; ")));
    ExpectedError::usage("the connector does not accept its settings")
        .because_each(problems)
        .help("correct them in section source of the settings")
        .fail()
}

fn refused(error: ExpectedError) -> Change {
    let detail = [&[error.what][..], &error.why, error.help.as_slice()].concat();
    Change::new(Verb::Refuse, "connector", CONNECTOR).because(detail.join(": "))
}
