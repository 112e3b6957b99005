//! Carries out the stages of a profile. Each makes what is there equal to what is wanted, so that
//! after an interruption at any point the same command goes on and ends the same.

mod event;
mod journal;
mod shortfall;

pub use event::{OnStage, Outcome, StageEvent};
pub use journal::{Journal, Phase, lock_containers};

use crate::error::{Error, ExpectedError, Result};
use crate::plan::{Graph, Host, Stage, StageName};
use shortfall::{shortfalls, too_little};
use std::time::Instant;
use wikisentry_driver::converge::{Change, Demand, Work, is_settled};

/// One run of the stages.
pub struct Run<'a> {
    pub graph: &'a Graph<'a>,
    pub host: &'a Host,
    pub journal: Journal,
    pub on_stage: OnStage<'a>,
    /// Go on though there is too little room.
    pub force: bool,
}

impl Run<'_> {
    /// Refuses what cannot be, and what there is no room for, before anything is made or built.
    ///
    /// # Errors
    /// What is refused, with every figure.
    pub async fn preflight(&self) -> Result<()> {
        self.graph.check()?;
        self.stage(StageName::PREFLIGHT, self.check_all()).await
    }

    /// Brings everything of a stage to its wanted state. `before` is what the stages before it
    /// did.
    ///
    /// # Errors
    /// The first failure, with what is kept and how to go on.
    pub async fn carry_out(&self, stage: &Stage<'_>, before: &[Change]) -> Result<Vec<Change>> {
        self.stage(stage.name, self.work(stage, before)).await
    }

    /// One stage of the given work: its lines in the journal, its events.
    ///
    /// # Errors
    /// That of the work, with what is kept and how to go on.
    pub async fn stage<T>(
        &self,
        name: StageName,
        work: impl Future<Output = Result<(T, Outcome)>>,
    ) -> Result<T> {
        let began = Instant::now();
        (self.on_stage)(StageEvent::started(name.title));
        self.journal.write(name, Phase::Started, self.force)?;
        let done = work.await;
        let (outcome, phase) = match &done {
            Ok((_, outcome)) => (outcome.clone(), Phase::Finished),
            Err(error) => (Outcome::Failed, Phase::Failed(error.in_one_line())),
        };
        let elapsed = began.elapsed();
        (self.on_stage)(StageEvent::finished(name.title, elapsed, outcome));
        let written = self.journal.write(name, phase, self.force);
        let (value, _) = done.map_err(|error| kept(error, name))?;
        written.map(|()| value)
    }

    /// The budget of everything, so that nothing is built for which there is no room later.
    async fn check_all(&self) -> Result<((), Outcome)> {
        let all = self.graph.plan_of_room().await?;
        let demand = self.graph.demand();
        self.check_budget("the platform", &demand, &Demand::default(), &all)
            .await?;
        Ok(((), Outcome::Done))
    }

    /// One item after the other.
    async fn work(&self, stage: &Stage<'_>, before: &[Change]) -> Result<(Vec<Change>, Outcome)> {
        if stage.takes_room() {
            let demand = stage.demand();
            let changes = stage.plan(before).await?;
            let others = self.graph.demand_without(stage.name);
            self.check_budget(stage.name.title, &demand, &others, &changes)
                .await?;
        }
        let title = stage.name.title;
        let on_work = |work: Work| (self.on_stage)(StageEvent::working(title.to_owned(), work));
        let mut done = Vec::new();
        for item in &stage.items {
            let work = item.apply(&on_work);
            let changes = match item.deadline() {
                // An item ends by its own deadline and says why; this is for one that hangs.
                Some(deadline) => match tokio::time::timeout(2 * deadline, work).await {
                    Ok(done) => done?,
                    Err(_) => return Err(hangs(item.key(), 2 * deadline).into()),
                },
                None => work.await?,
            };
            done.extend(changes);
        }
        let outcome = match is_settled(&done) {
            true => Outcome::Unchanged,
            false => Outcome::Done,
        };
        Ok((done, outcome))
    }

    async fn check_budget(
        &self,
        of_what: &str,
        demand: &Demand,
        others: &Demand,
        changes: &[Change],
    ) -> Result<()> {
        let budget = self.host.budget(demand, others, changes).await?;
        if budget.fits() {
            return Ok(());
        }
        if !self.force {
            return Err(too_little(of_what, &budget).into());
        }
        (self.on_stage)(StageEvent::Warning {
            what: format!(
                "{}; going on because of --force",
                shortfalls(&budget).join("; ")
            ),
        });
        Ok(())
    }
}

fn hangs(key: &str, after: std::time::Duration) -> ExpectedError {
    let seconds = after.as_secs();
    ExpectedError::timed_out(format!("{key}: not done in {seconds} s"))
        .help("see what it waits for: `wikisentry status`, `wikisentry logs`")
}

/// Says what stays of what was done, and how to go on.
fn kept(error: Error, name: StageName) -> Error {
    match error {
        Error::Expected(mut error) if name != StageName::PREFLIGHT => {
            let go_on = "what was done is kept: the same command goes on from here";
            let help = error.help.map(|help| format!("{help}\n{go_on}"));
            error.help = Some(help.unwrap_or_else(|| go_on.to_owned()));
            Error::Expected(error)
        }
        error => error,
    }
}
