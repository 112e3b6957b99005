//! Plays the simulation: a queue of what happens when. Each edit is made on the page as it then
//! is, and what follows from it is put into the queue.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

use super::action::{Action, Purpose, Words};
use super::cast::Draft;
use super::event::EditFacts;
use super::options::{DAY_MS, SimulationOptions};
use super::pages::{Made, Pages};
use super::truth::{ExpectedLabel, RevertEvidence, Reverted, Truth};
use super::{delays, people, summaries};

/// Time between quiet edits, on average.
const QUIET_EVERY_MS: i64 = 1_800_000;

struct Run<'a> {
    options: &'a SimulationOptions,
    dice: ChaCha8Rng,
    drafts: Vec<Draft>,
    /// The page of each draft.
    page_of: Vec<usize>,
    pages: Pages,
    truth: Vec<Truth>,
    /// By time, then by the order of asking.
    queue: BTreeMap<(i64, u64), Action>,
    asked: u64,
    events: Vec<u8>,
}

/// Gives the events, one a line, and the truth.
pub(super) fn run(
    drafts: Vec<Draft>,
    options: &SimulationOptions,
    dice: ChaCha8Rng,
) -> (Vec<u8>, Vec<Truth>) {
    let (pages, page_of) = Pages::of(&drafts);
    let mut run = Run {
        options,
        dice,
        drafts,
        page_of,
        pages,
        truth: Vec::new(),
        queue: BTreeMap::new(),
        asked: 0,
        events: Vec::new(),
    };
    for draft in 0..run.drafts.len() {
        run.ask(run.drafts[draft].time_ms, Action::Publish { draft });
    }
    run.ask_for_quiet_days();
    while let Some(((now_ms, _), action)) = run.queue.pop_first() {
        run.act(now_ms, action);
    }
    (run.events, run.truth)
}

impl Run<'_> {
    fn ask(&mut self, at_ms: i64, action: Action) {
        self.queue.insert((at_ms, self.asked), action);
        self.asked += 1;
    }

    /// The last of them is at the very end, so that the stream's clock gets there.
    fn ask_for_quiet_days(&mut self) {
        let begin_ms = self.options.start.as_millis() + (self.options.days * DAY_MS) as i64;
        let end_ms = begin_ms + (self.options.trailing_days * DAY_MS) as i64;
        let mut at_ms = begin_ms;
        while at_ms < end_ms {
            let step_ms = self.dice.random_range(1..2 * QUIET_EVERY_MS);
            at_ms = (at_ms + step_ms).min(end_ms);
            let draft = self.dice.random_range(0..self.drafts.len());
            let page = self.pages.invent(&self.drafts[draft].wiki);
            let comment = self.choose(&summaries::QUIET).to_owned();
            self.ask(at_ms, Action::Touch { page, comment });
        }
    }

    fn choose(&mut self, texts: &[&'static str]) -> &'static str {
        let text = texts.choose(&mut self.dice);
        text.copied().expect("there are texts of each kind")
    }

    fn act(&mut self, now_ms: i64, action: Action) {
        match action {
            Action::Publish { draft } => self.publish(now_ms, draft),
            Action::Touch { page, comment } => {
                let before = self.pages.last_user(page).unwrap_or_default();
                let user = people::someone_but(before, &mut self.dice);
                self.make(now_ms, page, &Words::of(&user, &comment));
            }
            Action::Revert { target, purpose } => self.revert(now_ms, target, purpose),
            Action::Send(event) => self.send(&event),
        }
    }

    fn publish(&mut self, now_ms: i64, number: usize) {
        let draft = self.drafts[number].clone();
        let page = self.page_of[number];
        if summaries::may_revert(&draft.comment) {
            for edit in &self.pages.page(page).edits {
                self.truth[*edit].unclear = true;
            }
        }
        let words = Words {
            length: draft.length,
            ..Words::of(&draft.user, &draft.comment)
        };
        let edit = self.make(now_ms, page, &words);
        self.truth[edit].row = Some(draft.row);
        self.truth[edit].label = Some(draft.label);
        self.plan(now_ms, edit, draft.label, self.pages.page(page).drafts == 1);
    }

    /// Decides what will become of an edit. All is drawn whatever comes of it, so that one share
    /// more or less leaves the others' delays alone.
    fn plan(&mut self, now_ms: i64, target: usize, is_damage: bool, is_alone: bool) {
        let delay_ms = delays::draw(&mut self.dice);
        let prompt_ms = delays::draw_prompt(&mut self.dice);
        let evidence = self.dice.random::<f64>();
        let noise = self.dice.random::<f64>();
        let mention = self.choose(&summaries::MENTIONS);
        let purpose = if is_damage {
            Purpose::Damage(self.evidence(evidence))
        } else if is_alone {
            match pick(noise, self.options.noise.all()) {
                Some(0) => Purpose::SelfRevert,
                Some(1) => Purpose::Bot,
                Some(2) => {
                    let made = self.pages.made(target);
                    let comment = summaries::fill(mention, &[("{user}", &made.user)]);
                    let page = made.page;
                    return self.ask(now_ms + prompt_ms, Action::Touch { page, comment });
                }
                Some(_) => Purpose::OpenWar,
                None => return,
            }
        } else {
            return;
        };
        let after_ms = match purpose {
            Purpose::OpenWar => prompt_ms,
            _ => delay_ms,
        };
        self.ask(now_ms + after_ms, Action::Revert { target, purpose });
    }

    fn evidence(&self, drawn: f64) -> RevertEvidence {
        let shares = self.options.reverts.all();
        let sum: f64 = shares.iter().sum();
        match pick(drawn * sum, shares) {
            Some(0) => RevertEvidence::Undo,
            Some(1) => RevertEvidence::Rollback,
            Some(2) => RevertEvidence::Tag,
            _ => RevertEvidence::PageChange,
        }
    }

    fn revert(&mut self, now_ms: i64, target: usize, purpose: Purpose) {
        if self.truth[target].reverted.is_some() {
            // A rollback of its author's later edits took it along.
            return;
        }
        let author = self.pages.made(target).user.clone();
        let someone = people::someone_but(&author, &mut self.dice);
        match purpose {
            Purpose::Damage(RevertEvidence::Undo) => {
                self.undo(now_ms, target, &someone, ExpectedLabel::Damage);
            }
            Purpose::Damage(RevertEvidence::Rollback) => self.roll_back(now_ms, target, &someone),
            Purpose::Damage(RevertEvidence::Tag) => self.revert_with_tag(now_ms, target, &someone),
            Purpose::Damage(RevertEvidence::PageChange) => {
                self.revert_with_fact(now_ms, target, &someone);
            }
            Purpose::SelfRevert => {
                self.undo(now_ms, target, &author, ExpectedLabel::SelfRevert);
            }
            Purpose::Bot => {
                self.undo(now_ms, target, people::BOT, ExpectedLabel::BotRevert);
            }
            Purpose::OpenWar => {
                let revert = self.undo(now_ms, target, &someone, ExpectedLabel::Damage);
                let answer = Action::Revert {
                    target: revert,
                    purpose: Purpose::AnswerWar { good: target },
                };
                let after_ms = delays::draw_prompt(&mut self.dice);
                self.ask(now_ms + after_ms, answer);
            }
            Purpose::AnswerWar { good } => {
                let author = self.pages.made(good).user.clone();
                self.undo(now_ms, target, &author, ExpectedLabel::RevertOfRevert);
                if let Some(reverted) = &mut self.truth[good].reverted {
                    reverted.expected = ExpectedLabel::Restored;
                }
            }
        }
    }

    fn undo(&mut self, now_ms: i64, target: usize, by: &str, expected: ExpectedLabel) -> usize {
        let made = self.pages.made(target);
        let page = made.page;
        let comment = summaries::undo(
            self.pages.wiki(page),
            made.rev_id,
            &made.user,
            people::is_anonymous(&made.user),
        );
        let words = Words {
            is_bot: expected == ExpectedLabel::BotRevert,
            ..Words::of(by, &comment)
        };
        let revert = self.make(now_ms, page, &words);
        self.note(target, revert, expected, RevertEvidence::Undo);
        revert
    }

    /// Rolls back the author's latest edits on the page, if all of them are damage that stands;
    /// else undoes the one.
    fn roll_back(&mut self, now_ms: i64, target: usize, by: &str) {
        let made = self.pages.made(target);
        let page = made.page;
        let (run, before) = self.pages.latest_run(page);
        let is_whole = run.contains(&target)
            && run.iter().all(|edit| {
                let truth = &self.truth[*edit];
                truth.label == Some(true) && truth.reverted.is_none()
            });
        if !is_whole {
            self.undo(now_ms, target, by, ExpectedLabel::Damage);
            return;
        }
        let to = match before {
            Some(edit) => self.pages.made(edit).user.clone(),
            None => people::someone_but(&made.user, &mut self.dice),
        };
        let comment = summaries::rollback(
            self.pages.wiki(page),
            &made.user,
            people::is_anonymous(&made.user),
            &to,
        );
        let revert = self.make(now_ms, page, &Words::of(by, &comment));
        for edit in run {
            self.note(
                edit,
                revert,
                ExpectedLabel::Damage,
                RevertEvidence::Rollback,
            );
        }
    }

    fn revert_with_tag(&mut self, now_ms: i64, target: usize, by: &str) {
        let is_latest = self.pages.is_latest(target);
        let comment = self.choose(&summaries::SILENT);
        let revert = self.silent(now_ms, target, by, comment, RevertEvidence::Tag);
        let tagged_ms = now_ms + self.dice.random_range(1_000..5_000);
        // The tag of the reverting edit tells which edit it reverted only if that is the one before.
        if is_latest {
            let event = self
                .facts(revert, "")
                .tags_change("mw-manual-revert", now_ms);
            self.ask(now_ms, Action::Send(event));
        }
        let event = self.facts(target, "").tags_change("mw-reverted", tagged_ms);
        self.ask(tagged_ms, Action::Send(event));
    }

    fn revert_with_fact(&mut self, now_ms: i64, target: usize, by: &str) {
        let is_latest = self.pages.is_latest(target);
        let reverted = self.pages.made(target).rev_id;
        let comment = self.choose(&summaries::SILENT);
        let revert = self.silent(now_ms, target, by, comment, RevertEvidence::PageChange);
        // Sent with the edit's own time: any later and it would be out of order by its `dt`.
        let event = self.facts(revert, comment).page_change(reverted, is_latest);
        self.send(&event);
    }

    /// Reverts by hand: the summary does not say so.
    fn silent(
        &mut self,
        now_ms: i64,
        target: usize,
        by: &str,
        comment: &str,
        evidence: RevertEvidence,
    ) -> usize {
        let page = self.pages.made(target).page;
        let revert = self.make(now_ms, page, &Words::of(by, comment));
        self.note(target, revert, ExpectedLabel::Damage, evidence);
        revert
    }

    fn note(
        &mut self,
        target: usize,
        revert: usize,
        expected: ExpectedLabel,
        evidence: RevertEvidence,
    ) {
        let (edit, by) = (self.pages.made(target), self.pages.made(revert));
        self.truth[target].reverted = Some(Reverted {
            expected,
            evidence,
            rev_id: by.rev_id,
            delay_ms: by.time_ms - edit.time_ms,
        });
    }

    /// Makes an edit on a page and sends its event.
    fn make(&mut self, now_ms: i64, page: usize, words: &Words<'_>) -> usize {
        let edit = self
            .pages
            .make(page, words.user, words.is_bot, now_ms, &mut self.dice);
        let facts = EditFacts {
            length: words.length,
            ..self.facts(edit, words.comment)
        };
        let event = facts.recentchange();
        let made = self.pages.made(edit);
        self.truth.push(Truth {
            wiki: self.pages.wiki(page).to_owned(),
            rev_id: made.rev_id,
            time: super::event::time(now_ms),
            row: None,
            label: None,
            reverted: None,
            unclear: false,
        });
        self.send(&event);
        edit
    }

    fn facts<'a>(&'a self, edit: usize, comment: &'a str) -> EditFacts<'a> {
        let made: &Made = self.pages.made(edit);
        let page = self.pages.page(made.page);
        EditFacts {
            seed: self.options.seed,
            wiki: self.pages.wiki(made.page),
            title: &page.title,
            page_id: page.page_id,
            user: &made.user,
            is_bot: made.is_bot,
            comment,
            rev_id: made.rev_id,
            parent: made.parent,
            length: None,
            time_ms: made.time_ms,
        }
    }

    fn send(&mut self, event: &str) {
        self.events.extend_from_slice(event.as_bytes());
        self.events.push(b'\n');
    }
}

/// The share in which a number lies, counted from 0; `None` beyond the last.
fn pick(drawn: f64, shares: [f64; 4]) -> Option<usize> {
    let mut end = 0.0;
    shares.iter().position(|share| {
        end += share;
        drawn < end
    })
}
