//! `retrain --now`: the retraining itself, in this process.

use super::follow::{Followed, Shown, follow};
use crate::cli::Context;
use crate::error::{Error, ExitStatus, ExpectedError, Result};
use crate::learning::{Answer, Attempt, Note, Notes, advise};
use crate::runtime::{self, StopSignals};
use crate::state::StateDir;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wikisentry_lake::archive::Lake;
use wikisentry_lake::clock;
use wikisentry_learning::{LearningError, Phase, RetrainLock, RetrainSettings, Retrained, retrain};

/// How long it waits before it asks again for what another process has just let go of.
const RETRY: Duration = Duration::from_millis(50);

/// Retrains; if another process does, follows it, and answers what that answers.
pub(super) fn run(is_scheduled: bool, context: &Context) -> Result<ExitStatus> {
    let state = context.state()?;
    let platform = context.platform()?;
    context.note_recording()?;
    let settings = platform.settings();
    let mut work = platform.retraining()?;
    if is_scheduled {
        work.min_new_damage = settings.learning.min_new_labels;
    }
    let answer = loop {
        // Each time: a purge may have ended what was waited for.
        state.claim()?;
        let busy = match RetrainLock::take(&work.models) {
            // Held until the answer is noted.
            Ok(lock) => break begin(&lock, work, is_scheduled, &state, context)?,
            Err(busy @ LearningError::Busy { .. }) => busy,
            Err(error) => return Err(advise(&error).into()),
        };
        match follow(&state, &work.models, context) {
            Followed::Answered(answer) => break answer,
            Followed::Cut(attempt) => return Err(cut(&attempt)),
            Followed::TooEarly if is_scheduled => return Err(advise(&busy).into()),
            Followed::TooEarly | Followed::Missed => std::thread::sleep(RETRY),
        }
    };
    match answer {
        Answer::Judged(done) => conclude(&done, &settings.model.name, context),
        // A schedule that comes too early has nothing to complain about.
        Answer::TooLittle(_) if is_scheduled => Ok(ExitStatus::Fine),
        Answer::TooLittle(error) | Answer::Failed(error) => error.fail(),
    }
}

/// Retrains in this process, and notes what comes of it.
fn begin(
    lock: &RetrainLock,
    work: RetrainSettings,
    is_scheduled: bool,
    state: &StateDir,
    context: &Context,
) -> Result<Answer> {
    let notes = Notes::begin(state, is_scheduled)?;
    let done = yielding(lock, work, &notes, context);
    let is_interrupted = matches!(&done, Err(LearningError::Cancelled));
    let answer = match done {
        Ok(done) => Answer::Judged(Box::new(done)),
        Err(error @ LearningError::TooLittle { .. }) => Answer::TooLittle(advise(&error)),
        Err(error) => Answer::Failed(advise(&error)),
    };
    notes.add(&Note::Ended {
        time: clock::now(),
        answer: answer.clone(),
    });
    Ok(match answer {
        // Who follows it was not interrupted: to them it was stopped.
        Answer::Failed(mut error) if is_interrupted => {
            error.exit_code = ExitStatus::Interrupted;
            Answer::Failed(error)
        }
        answer => answer,
    })
}

fn cut(attempt: &Attempt) -> Error {
    let at = attempt.phase().map_or("its beginning", Phase::name);
    ExpectedError::refused("the retraining was interrupted; the champion is what it was")
        .because(format!("its process {} ended at `{at}`", attempt.pid))
        .help("`wikisentry retrain --now` starts again")
        .into()
}

/// Does the work on a thread of its own, behind everything else that wants a processor, and ends
/// it when asked to.
fn yielding(
    lock: &RetrainLock,
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
        let retrained = retrain(lock, &work, &mut |event| {
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
    Err(refused(done, model, report.is_json()))
}

/// The reasons stand in the view that people have seen; scripts get them here.
fn refused(done: &Retrained, model: &str, with_reasons: bool) -> Error {
    let version = done.version;
    let against = done.decision.findings.iter();
    let against: Vec<_> = against.filter(|finding| !finding.passed).collect();
    let is_better = against.iter().all(|finding| finding.check.is_ruling());
    let (what, promote) = match is_better {
        true => (
            format!(
                "{model}/{version} is better than {}, and is not promoted",
                done.champion
            ),
            format!("`wikisentry models promote {version}` takes it into use"),
        ),
        false => (
            format!("{model}/{version} is kept, not used"),
            format!("`wikisentry models promote {version} --force` takes it anyway"),
        ),
    };
    let reasons = against.iter().filter(|_| with_reasons);
    ExpectedError::refused(what)
        .because_each(reasons.map(|finding| &finding.text))
        .help(format!(
            "{} stays the champion; `wikisentry models compare champion {version}` shows both, \
             {promote}",
            done.champion
        ))
        .into()
}
