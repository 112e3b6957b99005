//! `retrain` without `--now`: when it was last, how it ended, when it is next.

use crate::cli::Context;
use crate::error::{ExitStatus, Result};
use crate::learning::{Schedule, last_attempt};
use crate::platform::embedded::Instance;
use crate::report::pairs;
use crate::text::harmless;
use serde_json::json;
use wikisentry_core::time::EventTime;
use wikisentry_lake::clock;
use wikisentry_learning::is_busy;

pub(super) fn run(context: &Context) -> Result<ExitStatus> {
    let state = context.state()?;
    let platform = context.platform()?;
    platform.retraining()?;
    let settings = platform.settings();
    let every = settings.learning.every;
    let goes_on = is_busy(&state.models());
    let last = last_attempt(&state);
    let is_up = Instance::find(&state)?.is_some();
    let due = (!every.is_zero())
        .then(|| Schedule::due(&state, every, clock::now()))
        .flatten();
    let ruling = platform.models()?.ruling().ok();
    let hold = ruling.and_then(|ruling| ruling.hold);
    let data = json!({
        "running": goes_on,
        "last": last.as_ref().map(|attempt| attempt.to_json(goes_on)),
        "next": due,
        "hold": hold,
    });
    let last = last.map_or_else(
        || "never".to_owned(),
        |attempt| attempt.told(goes_on, &settings.model.name),
    );
    let next = match goes_on {
        true => "it goes on right now; follow it: `wikisentry retrain --now`".to_owned(),
        false if every.is_zero() => {
            "only when asked: learning.every is 0s; `wikisentry retrain --now`".to_owned()
        }
        false => next(due, is_up),
    };
    let mut facts = vec![("last", last), ("next", next)];
    facts.extend(hold.map(|hold| {
        (
            "held",
            format!("the champion, {}", harmless(&hold.to_string())),
        )
    }));
    let report = &context.report;
    report.data(&data, || pairs(&facts, report.view_width()))?;
    Ok(ExitStatus::Fine)
}

fn next(due: Option<EventTime>, is_up: bool) -> String {
    match (due, is_up) {
        (Some(due), true) => format!("{due}; now: `wikisentry retrain --now`"),
        (Some(due), false) => {
            format!(
                "{due}, or when the platform is started after that; now: `wikisentry retrain --now`"
            )
        }
        (None, _) => {
            "once the platform has run for a while; now: `wikisentry retrain --now`".to_owned()
        }
    }
}
