//! `down` on the data layer in Docker: containers and network, with `--purge` volumes and
//! credentials. Nothing that lacks the project's label is touched.

use crate::cli::Context;
use crate::data_layer::{DataLayer, Workspace, explain};
use crate::error::Result;
use crate::report::Stages;
use crate::stage::{Outcome, StageEvent};
use crate::state::StateDir;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use wikisentry_driver::docker::{Engine, Kind, Progress, Step};

/// Takes the data layer down.
pub(super) fn down(
    layer: &DataLayer,
    state: &StateDir,
    purge: bool,
    context: &Context,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let begun = Instant::now();
    let work = Mutex::new(Work::new(context.report.stages()));
    let done = runtime.block_on(async {
        let engine = Engine::connect().await?;
        let watcher = |progress: Progress| {
            let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
            work.on(&progress);
        };
        engine.down(&layer.project, purge, &watcher).await
    });
    let mut work = work.into_inner().unwrap_or_else(PoisonError::into_inner);
    work.stages.close();
    done.map_err(explain::engine)?;
    // Not before: what is still up must stay known.
    let workspace = Workspace::of(state);
    match purge {
        true => workspace.purge()?,
        false => workspace.leave()?,
    }
    let seconds = begun.elapsed().as_secs_f64();
    let report = &context.report;
    match (work.removed, purge) {
        (0, _) => report.note("the data layer does not run; nothing to stop"),
        (_, false) => report.note(format_args!(
            "stopped after {seconds:.1} s; the volumes keep every record: `wikisentry up` goes on"
        )),
        (_, true) => report.note(format_args!(
            "removed after {seconds:.1} s, volumes included"
        )),
    }
    Ok(())
}

/// What is shown of it: a stage for each container, a line for what goes at once.
struct Work {
    stages: Stages,
    since: HashMap<String, Instant>,
    removed: usize,
}

impl Work {
    fn new(stages: Stages) -> Self {
        Self {
            stages,
            since: HashMap::new(),
            removed: 0,
        }
    }

    fn on(&mut self, progress: &Progress) {
        let subject = &progress.subject;
        let stage = match subject.kind {
            Kind::Container => format!("stop {}", subject.name),
            Kind::Network | Kind::Volume => format!("remove the {} {}", subject.kind, subject.name),
        };
        match &progress.step {
            Step::Stopping => {
                self.since.insert(stage.clone(), Instant::now());
                self.stages.on(StageEvent::Started { stage });
            }
            Step::Removed => {
                self.removed += 1;
                let since = self.since.remove(&stage);
                self.finish(stage, since.map_or(Duration::ZERO, |since| since.elapsed()));
            }
            Step::LeftInUse(users) => self.stages.on(StageEvent::Waiting {
                stage,
                why: format!("left, because it is used by {}", users.join(", ")),
            }),
            _ => {}
        }
    }

    fn finish(&mut self, stage: String, elapsed: Duration) {
        self.stages.on(StageEvent::Finished {
            stage,
            elapsed,
            outcome: Outcome::Done,
        });
    }
}
