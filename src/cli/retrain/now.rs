//! `retrain --now`: the retraining itself, in this process.

use super::follow::{Shown, follow};
use crate::cli::Context;
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use crate::learning::{Ended, Note, Notes, explained};
use crate::runtime::{self, StopSignals};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wikisentry_lake::archive::Lake;
use wikisentry_lake::clock;
use wikisentry_learning::{LearningError, RetrainSettings, Retrained, is_busy, refusal, retrain};

/// Retrains; if another process does, follows it.
pub(super) fn run(is_scheduled: bool, context: &Context) -> Result<ExitStatus> {
    let state = context.state()?;
    let platform = context.platform()?;
    let settings = platform.settings();
    let mut work = platform.retraining()?;
    if is_busy(&work.models) {
        return follow(&state, &work.models, &settings.model.name, context);
    }
    if is_scheduled {
        work.min_new_damage = settings.learning.min_new_labels;
    }
    let notes = Notes::begin(&state)?;
    let retrained = yielding(work, &notes, context);
    notes.add(&Note::Ended {
        time: clock::now(),
        outcome: match &retrained {
            Ok(done) if done.decision.promote => Ended::Promoted {
                version: done.version,
            },
            Ok(done) => Ended::Kept {
                version: done.version,
                reason: refusal(&done.decision).to_owned(),
            },
            Err(error) => Ended::Failed {
                reason: error.to_string(),
            },
        },
    });
    match retrained {
        Ok(done) => conclude(&done, &settings.model.name, context),
        // A schedule that comes too early has nothing to complain about.
        Err(LearningError::TooLittle { .. }) if is_scheduled => Ok(ExitStatus::Fine),
        Err(error) => Err(explained(error)),
    }
}

/// Does the work on a thread of its own, behind everything else that wants a processor, and ends
/// it when asked to.
fn yielding(
    work: RetrainSettings,
    notes: &Notes,
    context: &Context,
) -> std::result::Result<Retrained, LearningError> {
    // Where it is not allowed, it goes on as it is.
    _ = rustix::process::nice(19);
    let stop = Arc::new(AtomicBool::new(false));
    listen(stop.clone());
    let mut shown = Shown::new(context);
    let lake = Lake::new(&work.lake);
    loop {
        let retrained = retrain(&work, &mut |event| {
            notes.add(&Note::Went {
                event: event.clone(),
            });
            shown.on(event);
            match stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        // Without the file that nobody can read the rest is learnt from.
        if let Err(LearningError::Lake(error)) = &retrained
            && let Ok(Some(aside)) = lake.set_aside(error)
        {
            let aside = aside.display();
            context
                .report
                .warn(format_args!("{error}; it was set aside as {aside}"));
            continue;
        }
        return retrained.inspect_err(|_| shown.failed());
    }
}

/// Sets the flag at the first signal; without a listener, signals end the process as ever.
fn listen(stop: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        if let Ok(runtime) = runtime::single() {
            runtime.block_on(async {
                if let Ok(mut signals) = StopSignals::listen() {
                    signals.received().await;
                    stop.store(true, Ordering::Relaxed);
                }
            });
        }
    });
}

fn conclude(done: &Retrained, model: &str, context: &Context) -> Result<ExitStatus> {
    let report = &context.report;
    report.retrained(done, model)?;
    if done.decision.promote {
        report.note(format_args!(
            "the card: {}\n`wikisentry models rollback` goes back to {}",
            done.card.display(),
            done.champion
        ));
        return Ok(ExitStatus::Fine);
    }
    Err(refused(done, model))
}

fn refused(done: &Retrained, model: &str) -> Error {
    let what = format!(
        "{model}/{} is no better than {}",
        done.version, done.champion
    );
    let findings = done.decision.findings.iter();
    let against = findings.filter(|finding| !finding.passed);
    against
        .fold(ExpectedError::refused(what), |error, one| {
            error.because(&one.text)
        })
        .help(format!(
            "{} stays the champion; `wikisentry models compare champion {}` shows both, `wikisentry \
             models promote {} --force` takes it anyway",
            done.champion, done.version, done.version
        ))
        .into()
}
