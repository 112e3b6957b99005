//! `text_risk` of the rows of a data set, and the weights that a version keeps. They go on from the
//! program's, in the order of time, and each edit's value is by weights that have not learnt from it:
//! one that had would tell the trees more than it can of edits to come.

use super::split::Part;
use std::collections::VecDeque;
use wikisentry_core::edit::Edit;
use wikisentry_core::features::{NGrams, TextLearner, TextWeights};
use wikisentry_core::time::EventTime;

pub(super) const TEXT_OF_REFIT: &str = "text_risk_of_refit";
pub(super) const TEXT_OF_CHAMPION: &str = "text_risk_of_champion";

/// Edits that wait to be learnt from, some 600 bytes each; beyond, the oldest is learnt from early.
const WAITING: usize = 100_000;

/// Edits that are learnt from, by chance where there are more: some thirty for each weight, and what
/// ten times as many would still move is not worth their time, which is three times that of all the
/// rest of a row.
pub(super) const MOST_LEARNT: u64 = 1_000_000;

/// Which weights `text_risk` is computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextOf {
    /// Of what is judged: they end with the first part.
    Trial,
    /// Of what is used: they go on through all parts.
    Refit,
    /// Of the model in use when the data set was made.
    Champion,
}

/// `text_risk` of one edit, NaN where nothing is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextRisks {
    pub(super) trial: f32,
    pub(super) refit: f32,
    pub(super) champion: f32,
}

/// One pass over the edits of a data set.
pub(super) struct TextPass {
    /// Learns from all parts.
    refit: TextLearner,
    /// What was learnt from the first part, once a later one has begun.
    trial: Option<TextLearner>,
    /// Edits whose labels had not matured yet at the time of the latest edit.
    waiting: VecDeque<Waiting>,
    maturity_ms: i64,
    champion: TextWeights,
    /// Of the edit at hand.
    texts: NGrams,
}

struct Waiting {
    time: EventTime,
    texts: NGrams,
    is_damage: bool,
}

impl TextPass {
    pub(super) fn new(maturity_ms: i64, champion: TextWeights) -> Self {
        Self {
            refit: TextLearner::new(TextWeights::of_program()),
            trial: None,
            waiting: VecDeque::new(),
            maturity_ms,
            champion,
            texts: NGrams::default(),
        }
    }

    /// The next edit. With a label it is learnt from, once that would have been known.
    pub(super) fn next(&mut self, edit: &Edit<'_>, part: Part, label: Option<bool>) -> TextRisks {
        let known_from = edit.event_time.as_millis().saturating_sub(self.maturity_ms);
        while self.waiting.front().is_some_and(|first| {
            first.time.as_millis() <= known_from || self.waiting.len() >= WAITING
        }) {
            let first = self.waiting.pop_front();
            first.iter().for_each(|first| learn(&mut self.refit, first));
        }
        if part != Part::Train && self.trial.is_none() {
            self.trial = Some(self.of_all_so_far());
        }
        self.texts.become_those_of(edit);
        let refit = self.refit.risk(&self.texts);
        let trial = match &self.trial {
            Some(trial) => trial.risk(&self.texts),
            None => refit,
        };
        if let Some(is_damage) = label {
            self.waiting.push_back(Waiting {
                time: edit.event_time,
                texts: self.texts.clone(),
                is_damage,
            });
        }
        let champion = self.champion.risk_of(&self.texts);
        let [trial, refit, champion] =
            [trial, refit, champion].map(|risk| risk.unwrap_or(f32::NAN));
        TextRisks {
            trial,
            refit,
            champion,
        }
    }

    /// The weights of the trial and those of the refit.
    pub(super) fn finish(&self) -> [TextWeights; 2] {
        let refit = self.of_all_so_far().weights();
        let trial = self.trial.as_ref().map(TextLearner::weights);
        [trial.unwrap_or_else(|| refit.clone()), refit]
    }

    fn of_all_so_far(&self) -> TextLearner {
        let mut all = self.refit.clone();
        self.waiting.iter().for_each(|edit| learn(&mut all, edit));
        all
    }
}

fn learn(learner: &mut TextLearner, edit: &Waiting) {
    learner.learn(&edit.texts, edit.is_damage);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wikisentry_core::event::{Body, Event};

    const HOUR_MS: i64 = 3_600_000;
    const MATURITY_MS: i64 = 48 * HOUR_MS;

    /// Shows an edit by a user at an hour.
    fn show(pass: &mut TextPass, hour: i64, user: &str, part: Part, is_damage: bool) -> TextRisks {
        let time = EventTime::from_millis(1_800_000_000_000 + hour * HOUR_MS).unwrap();
        let payload = serde_json::json!({
            "meta": {"id": "00000000-0000-0000-0000-000000000000", "dt": time}, "type": "edit",
            "wiki": "enwiki", "title": "A page", "namespace": 0, "user": user, "comment": "",
            "timestamp": time.as_millis() / 1000, "revision": {"new": 2, "old": 1},
        });
        let payload = payload.to_string();
        let Body::Edit(edit) = Event::parse(payload.as_bytes()).unwrap().body else {
            panic!("no edit")
        };
        pass.next(&edit, part, Some(is_damage))
    }

    fn pass() -> TextPass {
        TextPass::new(MATURITY_MS, TextWeights::of_program().clone())
    }

    #[test]
    fn an_edit_is_learnt_from_once_its_label_would_have_been_known() {
        let mut pass = pass();
        let first = show(&mut pass, 0, "Zxqwv", Part::Train, true);
        for hour in 1..48 {
            let risk = show(&mut pass, hour, "Zxqwv", Part::Train, true);
            assert_eq!(risk.trial, first.trial, "{hour}");
        }
        let known = show(&mut pass, 48, "Zxqwv", Part::Train, true);
        assert!(known.trial > first.trial, "{known:?}");
    }

    #[test]
    fn the_trial_learns_from_the_first_part_alone_and_from_all_of_it() {
        let mut pass = pass();
        let before = show(&mut pass, 0, "Zxqwv", Part::Train, true);
        let after = show(&mut pass, 1, "Zxqwv", Part::Calibrate, true);
        assert!(
            after.trial > before.trial && after.refit == before.refit,
            "{after:?}"
        );
        for hour in 2..200 {
            show(&mut pass, hour, "Zxqwv", Part::Test, true);
        }
        let late = show(&mut pass, 200, "Zxqwv", Part::Test, false);
        assert_eq!(late.trial, after.trial);
        assert!(late.refit > late.trial, "{late:?}");
        let [trial, refit] = pass.finish();
        assert_ne!(trial, refit);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut pass = pass();
        let first = show(&mut pass, 0, "Zxqwv", Part::Train, true);
        for _ in 0..=WAITING {
            show(&mut pass, 0, "Zxqwv", Part::Train, true);
        }
        assert_eq!(pass.waiting.len(), WAITING);
        let risk = show(&mut pass, 0, "Zxqwv", Part::Train, true);
        assert!(risk.trial > first.trial);
    }
}
