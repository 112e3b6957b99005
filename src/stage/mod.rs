//! Brings the data layer up, stage by stage. Each stage makes what is there equal to what is
//! wanted, so that after an interruption at any point the same command goes on and ends the same.

mod image_step;
mod journal;
mod steps;

pub use image_step::image_step;
pub use journal::{Entry, Journal, Phase};

use crate::config::Settings;
use crate::data_layer::{DataLayer, explain};
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use crate::plan::{Budget, Plan, StageName};
use crate::report::{Outcome, Report, StageEvent, Stages, byte_count};
use crate::state::StateDir;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wikisentry_driver::docker::Engine;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// Edits in the topics.
    pub edits: u64,
    /// Whether edits came during this run; else they may still come.
    pub flows: bool,
}

/// One run of the stages.
pub struct Run<'a> {
    layer: &'a DataLayer,
    settings: &'a Settings,
    engine: Engine,
    journal: Journal,
    stages: Mutex<Stages>,
    report: &'a Report,
    force: bool,
    /// How long to wait for edits.
    patience: Duration,
}

impl<'a> Run<'a> {
    /// Connects to the engine.
    ///
    /// # Errors
    /// If there is none, or the journal cannot be written.
    pub async fn new(
        layer: &'a DataLayer,
        settings: &'a Settings,
        state: &StateDir,
        report: &'a Report,
        force: bool,
        patience: Duration,
    ) -> Result<Self> {
        Ok(Self {
            layer,
            settings,
            engine: Engine::connect().await.map_err(explain::engine)?,
            journal: Journal::open(state, layer.fingerprint())?,
            stages: Mutex::new(report.stages()),
            report,
            force,
            patience,
        })
    }

    /// Runs all stages.
    ///
    /// # Errors
    /// The first failure, with what is kept and how to go on.
    pub async fn all(&self) -> Result<Arrived> {
        // A configuration that cannot work is refused before anything is made.
        self.layer.connector()?;
        self.stage(StageName::Preflight, async { Ok(((), Outcome::Done)) })
            .await?;
        self.stage(StageName::Images, self.images()).await?;
        self.stage(StageName::DataLayer, self.containers()).await?;
        let before = self.edits().await.unwrap_or_default();
        self.stage(StageName::Provisioning, self.provision())
            .await?;
        self.stage(StageName::DataFlow, self.flow(before)).await
    }

    /// One stage: its budget, its work, its deadline, its lines in the journal.
    async fn stage<T>(
        &self,
        name: StageName,
        work: impl Future<Output = Result<(T, Outcome)>>,
    ) -> Result<T> {
        let begun = Instant::now();
        let title = name.title().to_owned();
        self.on(StageEvent::Started {
            stage: title.clone(),
        });
        self.journal.write(name, Phase::Started, self.force)?;
        let done = match self.check_budget(name).await {
            Ok(()) => work.await,
            Err(error) => Err(error),
        };
        let (outcome, phase) = match &done {
            Ok((_, outcome)) => (outcome.clone(), Phase::Finished),
            Err(error) => (Outcome::Failed, Phase::failed(error)),
        };
        self.on(StageEvent::Finished {
            stage: title,
            elapsed: begun.elapsed(),
            outcome,
        });
        self.journal.write(name, phase, self.force)?;
        done.map(|(value, _)| value)
            .map_err(|error| kept(error, name))
    }

    async fn check_budget(&self, name: StageName) -> Result<()> {
        // The stages after this one start no container and take no port.
        if matches!(name, StageName::Provisioning | StageName::DataFlow) {
            return Ok(());
        }
        let budget = Plan::budget(&self.engine, self.layer, self.settings).await?;
        if budget.fits() {
            return Ok(());
        }
        if self.force {
            self.report.warn(format_args!(
                "{}; going on because of --force",
                shortfalls(&budget).join("; ")
            ));
            return Ok(());
        }
        Err(too_little(&budget).into())
    }

    fn on(&self, event: StageEvent) {
        self.stages().on(event);
    }

    fn stages(&self) -> MutexGuard<'_, Stages> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every row that does not fit, in words.
fn shortfalls(budget: &Budget) -> Vec<String> {
    use crate::plan::Resource;
    let short = budget.rows.iter().filter(|row| !row.fits);
    short
        .map(|row| match row.resource {
            Resource::Port => format!("port {} for {}: {}", row.needed, row.what, row.detail),
            Resource::Cpu => format!("cores: {} needed, {} there", row.needed, row.available),
            Resource::Memory | Resource::Disk => format!(
                "{:?}: {} needed ({}), {} {}",
                row.resource,
                byte_count(row.needed),
                row.what,
                byte_count(row.available),
                row.detail
            )
            .to_lowercase(),
        })
        .collect()
}

fn too_little(budget: &Budget) -> ExpectedError {
    let mut error = ExpectedError::new(
        ExitStatus::Preflight,
        "there is no room for the data layer; nothing was changed",
    );
    for line in shortfalls(budget) {
        error = error.because(line);
    }
    let short_of_memory = budget
        .rows
        .iter()
        .any(|row| !row.fits && row.resource == crate::plan::Resource::Memory);
    if short_of_memory {
        let users = budget.memory_users.iter();
        let users = users.map(|user| format!("{} {}", user.name, byte_count(user.memory_bytes)));
        let users: Vec<String> = users.collect();
        error = error.because(format!("who uses most memory: {}", users.join(", ")));
    }
    let rows = budget.rows.iter();
    let helps = rows.filter_map(|row| row.help.as_deref());
    let helps: Vec<&str> = helps.collect();
    error.help(format!(
        "{}; `--force` goes on all the same",
        helps.join("; ")
    ))
}

/// Says what stays of what was done, and how to go on.
fn kept(error: Error, name: StageName) -> Error {
    match error {
        Error::Expected(mut error) => {
            if !matches!(name, StageName::Preflight) {
                let go_on = "what was done is kept: the same command goes on from here";
                error.help = Some(match error.help {
                    Some(help) => format!("{help}\n{go_on}"),
                    None => go_on.to_owned(),
                });
            }
            Error::Expected(error)
        }
        error => error,
    }
}
