//! `retrain` without `--now`: when it was last, how it ended, when it is next.

use crate::cli::Context;
use crate::error::{ExitStatus, Result};
use crate::learning::{Ended, Schedule, last_ended};
use crate::platform::embedded::Instance;
use serde_json::json;
use wikisentry_learning::is_busy;

pub(super) fn run(context: &Context) -> Result<ExitStatus> {
    let state = context.state()?;
    let platform = context.platform()?;
    platform.retraining()?;
    let settings = platform.settings();
    let every = settings.learning.every;
    let busy = state.models().exists() && is_busy(&state.models());
    let last = last_ended(&state);
    let running = Instance::find(&state)?;
    let due = running
        .filter(|_| !every.is_zero())
        .map(|instance| Schedule::due(&state, every, instance.started_at));
    let data = json!({
        "running": busy,
        "last": last.as_ref().map(|(time, ended)| json!({"time": time, "ended": ended})),
        "next": due,
    });
    let model = &settings.model.name;
    let last = match last {
        None => "never".to_owned(),
        Some((time, Ended::Promoted { version })) => {
            format!("{time}: {model}/{version} became the champion")
        }
        Some((time, Ended::Kept { version, reason })) => {
            format!("{time}: {model}/{version} was kept, not used: {reason}")
        }
        Some((time, Ended::Failed { reason })) => format!("{time}: failed: {reason}"),
    };
    let next = match (busy, due) {
        (true, _) => "it goes on right now; follow it: `wikisentry retrain --now`".to_owned(),
        (false, Some(due)) => due.to_string(),
        (false, None) if every.is_zero() => {
            "only when asked: learning.every is 0s; `wikisentry retrain --now`".to_owned()
        }
        (false, None) => "once the platform runs; or now: `wikisentry retrain --now`".to_owned(),
    };
    let text = || format!("last  {last}\nnext  {next}\n");
    context.report.data(&data, text)?;
    Ok(ExitStatus::Fine)
}
