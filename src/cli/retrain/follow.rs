//! Shows a retraining: that of this process, or, by its notes, that of another.

use crate::cli::Context;
use crate::learning::{Answer, Attempt, last_attempt};
use crate::report::Stages;
use crate::stage::{Outcome, StageEvent};
use crate::state::StateDir;
use std::path::Path;
use std::time::{Duration, Instant};
use wikisentry_learning::{Phase, RetrainEvent, is_busy};

/// How often the notes of another process are read.
const POLL: Duration = Duration::from_millis(200);

/// The phases as stages on the terminal.
pub(super) struct Shown {
    stages: Stages,
    begun: Option<(Phase, Instant)>,
}

impl Shown {
    pub(super) fn new(context: &Context) -> Self {
        Self {
            stages: context.report.stages(),
            begun: None,
        }
    }

    pub(super) fn on(&mut self, event: RetrainEvent) {
        match event {
            RetrainEvent::Started { phase } => {
                self.begun = Some((phase, Instant::now()));
                self.stages.on(StageEvent::started(phase.name()));
            }
            RetrainEvent::Progress {
                phase,
                done,
                total,
                unit,
                note,
            } => self.stages.on(StageEvent::Progress {
                stage: phase.name().to_owned(),
                unit,
                done,
                total,
                note,
            }),
            RetrainEvent::Finished { summary, .. } => self.end(Outcome::Told(summary)),
        }
    }

    /// The phase at hand failed.
    pub(super) fn failed(&mut self) {
        self.end(Outcome::Failed);
    }

    fn end(&mut self, outcome: Outcome) {
        if let Some((phase, begun)) = self.begun.take() {
            let event = StageEvent::finished(phase.name(), begun.elapsed(), outcome);
            self.stages.on(event);
        }
    }
}

/// What following a retraining came to.
pub(super) enum Followed {
    /// It ended, and this is what it answered.
    Answered(Answer),
    /// The schedule began it, and there was too little that is new for the schedule.
    TooEarly,
    /// It was killed; so far it had come.
    Cut(Attempt),
    /// It had ended before it could be followed.
    Missed,
}

/// Follows the retraining of another process to its end.
pub(super) fn follow(state: &StateDir, models: &Path, context: &Context) -> Followed {
    let mut following = Following::default();
    let mut shown = Shown::new(context);
    loop {
        // Asked before reading: what was noted before it ended is then read.
        let goes_on = is_busy(models);
        let looked = following.look(last_attempt(state), goes_on);
        if looked.begins {
            context
                .report
                .note("a retraining goes on already; Ctrl-C stops following, not it");
        }
        looked.events.into_iter().for_each(|event| shown.on(event));
        if let Some(followed) = looked.end {
            if !matches!(&followed, Followed::Answered(answer) if answer.is_judged()) {
                shown.failed();
            }
            return followed;
        }
        std::thread::sleep(POLL);
    }
}

/// How far a retraining was followed.
#[derive(Default)]
struct Following {
    /// The one that is followed, as it was read last.
    attempt: Option<Attempt>,
    /// One whose end was noted before there was anything to follow.
    before: Option<Attempt>,
    is_first_look_done: bool,
}

/// What a look at the notes has shown.
#[derive(Default)]
struct Looked {
    /// Whether it is followed from here on.
    begins: bool,
    events: Vec<RetrainEvent>,
    end: Option<Followed>,
}

impl Following {
    /// Takes the notes as they are now, which may still be those of the attempt before.
    fn look(&mut self, read: Option<Attempt>, goes_on: bool) -> Looked {
        if !std::mem::replace(&mut self.is_first_look_done, true) {
            self.before = read.clone().filter(|attempt| attempt.ended.is_some());
        }
        let is_before = |read: &Attempt| self.before.as_ref().is_some_and(|it| it.is(read));
        let Some(read) = read.filter(|read| !is_before(read)) else {
            let end = (!goes_on).then_some(Followed::Missed);
            return Looked {
                end,
                ..Looked::default()
            };
        };
        let same = self.attempt.take().filter(|attempt| attempt.is(&read));
        let seen = same.as_ref().map_or(0, |attempt| attempt.events.len());
        let end = match &read.ended {
            Some((_, Answer::TooLittle(_))) if read.scheduled => Some(Followed::TooEarly),
            Some((_, answer)) => Some(Followed::Answered(answer.clone())),
            None if goes_on => None,
            None => Some(Followed::Cut(read.clone())),
        };
        let looked = Looked {
            begins: same.is_none(),
            events: read.events.iter().skip(seen).cloned().collect(),
            end,
        };
        self.attempt = Some(read);
        looked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExpectedError;
    use wikisentry_core::time::EventTime;

    fn attempt(second: i64, events: usize, ended: bool) -> Option<Attempt> {
        let began = EventTime::from_seconds(second).unwrap();
        let event = RetrainEvent::Started {
            phase: Phase::Label,
        };
        let answer = Answer::TooLittle(ExpectedError::preflight("too little"));
        Some(Attempt {
            began,
            pid: 1,
            scheduled: false,
            events: vec![event; events],
            ended: ended.then_some((began, answer)),
        })
    }

    /// The events shown, and whether it has ended and how.
    fn follow(looks: &[(Option<Attempt>, bool)]) -> (usize, Option<&'static str>) {
        let mut following = Following::default();
        let mut shown = 0;
        for (read, goes_on) in looks {
            let looked = following.look(read.clone(), *goes_on);
            shown += looked.events.len();
            let end = looked.end.map(|end| match end {
                Followed::Answered(_) => "answered",
                Followed::TooEarly => "too early",
                Followed::Cut(_) => "cut",
                Followed::Missed => "missed",
            });
            if end.is_some() {
                return (shown, end);
            }
        }
        (shown, None)
    }

    #[test]
    fn the_end_of_an_earlier_retraining_is_not_taken_for_that_of_this_one() {
        let old = || attempt(1, 6, true);
        for (looks, expected) in [
            // It has the lock and has not begun its notes.
            (vec![(old(), true)], (0, None)),
            (vec![(None, true)], (0, None)),
            (vec![(old(), true), (attempt(2, 1, false), true)], (1, None)),
            (
                vec![(old(), true), (attempt(2, 3, true), false)],
                (3, Some("answered")),
            ),
            // It ended while it was looked for: there is nothing to follow.
            (vec![(old(), true), (old(), false)], (0, Some("missed"))),
            (vec![(None, false)], (0, Some("missed"))),
        ] {
            assert_eq!(follow(&looks), expected, "{looks:?}");
        }
    }

    #[test]
    fn every_event_is_shown_once_and_a_killed_retraining_is_seen_to_end() {
        let looks = [
            (attempt(1, 1, false), true),
            (attempt(1, 3, false), true),
            (attempt(1, 3, false), true),
            (attempt(1, 4, false), false),
        ];
        assert_eq!(follow(&looks), (4, Some("cut")));
        // Killed before, and another one began.
        let looks = [
            (attempt(1, 2, false), true),
            (attempt(2, 1, false), true),
            (attempt(2, 5, true), true),
        ];
        assert_eq!(follow(&looks), (2 + 5, Some("answered")));
    }

    #[test]
    fn a_schedule_that_finds_too_little_is_no_answer_to_who_asks_now() {
        let scheduled = |ended| {
            attempt(2, 1, ended).map(|attempt| Attempt {
                scheduled: true,
                ..attempt
            })
        };
        let looks = [(scheduled(false), true), (scheduled(true), true)];
        assert_eq!(follow(&looks), (1, Some("too early")));
    }
}
