//! One pass over the edits of a data set: the part that each is in, or why it is in none, and its row.
//! Who calls it reads the edits and writes the rows; the rules are here.

use super::row::Row;
use super::sampling::{Kept, TEXT_SEED};
use super::sides::Sides;
use super::split::{Part, Split};
use super::text::{MOST_LEARNT, TextPass};
use super::{LeftOut, PartSummary};
use rustc_hash::FxHashSet;
use serde::Serialize;
use std::collections::BTreeMap;
use wikisentry_core::edit::Edit;
use wikisentry_core::features::{self, TextWeights};
use wikisentry_core::labels::{LabelKind, MaturityCurve, MaturitySummary};
use wikisentry_core::simulated::is_simulated;
use wikisentry_core::time::EventTime;
use wikisentry_lake::archive::Partition;
use wikisentry_lake::label_table::{KnownLabel, RevisionKey, revision_key};

/// How a pass goes.
#[derive(Debug, Clone)]
pub struct PassOptions {
    /// Where the parts begin and end.
    pub split: Split,
    /// Damage after this is new: the champion has learnt from edits up to here.
    pub test_after: Option<EventTime>,
    /// Labels count once so much of the stream's time has passed since the edit, in milliseconds.
    pub maturity_ms: i64,
    /// The champion's weights of `text_risk`.
    pub champion_text: TextWeights,
    /// Upper bound of the rows: of more than a million, texts are learnt from a share.
    pub rows: u64,
    /// Seed of what is left out at random.
    pub seed: u64,
}

/// What became of the edits, with the names of `dataset.json`.
#[derive(Debug, Clone, Serialize)]
pub struct PassReport {
    /// What each part holds.
    pub parts: BTreeMap<Part, PartSummary>,
    /// What is in none.
    pub left_out: LeftOut,
    /// Damage newer than all that the champion had learnt from.
    pub new_damage: u64,
    /// Damage by the source of its label.
    pub damage_by_source: BTreeMap<String, u64>,
}

/// What a row would be, for the choice of rows where there are too many.
pub(super) struct Choice {
    pub(super) part: Part,
    pub(super) key: RevisionKey,
    pub(super) is_damage: bool,
    /// Rows that its part has already.
    pub(super) rows: u64,
}

/// The pass; edits come by hours, and those before a boundary of parts before those after it.
pub struct DatasetPass {
    options: PassOptions,
    learnt: Kept,
    text: TextPass,
    sides: Sides,
    /// Revisions of the hour at hand.
    seen: (i64, FxHashSet<RevisionKey>),
    curve: MaturityCurve,
    report: PassReport,
    features: Vec<f32>,
}

impl DatasetPass {
    /// Before the first edit.
    pub fn new(options: PassOptions) -> Self {
        Self {
            learnt: Kept::alike(options.rows, MOST_LEARNT),
            text: TextPass::new(options.maturity_ms, options.champion_text.clone()),
            sides: Sides::of(&options.split),
            seen: (i64::MIN, FxHashSet::default()),
            curve: MaturityCurve::default(),
            report: PassReport {
                parts: Part::ALL.map(|part| (part, PartSummary::default())).into(),
                left_out: LeftOut::default(),
                new_damage: 0,
                damage_by_source: BTreeMap::new(),
            },
            features: vec![f32::NAN; features::COUNT],
            options,
        }
    }

    /// The next edit, from the folder of an hour of the lake, which begins at `hour_ms`; gives its row,
    /// unless it is in no part. Edits by bots are the caller's to leave out.
    pub fn next(
        &mut self,
        edit: &Edit<'_>,
        hour_ms: i64,
        label: Option<KnownLabel>,
    ) -> Option<Row<'_>> {
        self.next_of(edit, hour_ms, |_| label, |_| true)
    }

    /// The same, where labels are looked up and rows are left out at random.
    pub(super) fn next_of(
        &mut self,
        edit: &Edit<'_>,
        hour_ms: i64,
        label_of: impl FnOnce(RevisionKey) -> Option<KnownLabel>,
        is_kept: impl FnOnce(Choice) -> bool,
    ) -> Option<Row<'_>> {
        let left_out = &mut self.report.left_out;
        if Partition::of(edit.user_type, edit.event_time).start_millis() != hour_ms {
            left_out.ahead += 1;
            return None;
        }
        if self.seen.0 != hour_ms {
            self.seen = (hour_ms, FxHashSet::default());
        }
        let Some(rev_id) = edit.rev_id else {
            left_out.unnamed += 1;
            return None;
        };
        let split = &self.options.split;
        let Some(part) = split.part(edit.event_time) else {
            match edit.event_time < split.train_from {
                true => left_out.old += 1,
                false => left_out.young += 1,
            }
            return None;
        };
        let key = revision_key(&edit.wiki, rev_id);
        if !self.seen.1.insert(key) {
            left_out.duplicates += 1;
            return None;
        }
        let (wiki, title) = (&edit.wiki, &edit.page_title);
        if self.sides.is_torn(wiki, title, edit.event_time) {
            left_out.same_war += 1;
            return None;
        }
        let label = label_of(key);
        let is_damage = match label.map(|label| label.kind) {
            None | Some(LabelKind::Restored) => false,
            Some(LabelKind::Damage) => true,
            Some(_) => {
                left_out.undecided += 1;
                return None;
            }
        };
        // Also what is left out below is known to be damage.
        let is_new = is_damage && Some(edit.event_time) > self.options.test_after;
        self.report.new_damage += u64::from(is_new);
        let summary = self.report.parts.entry(part).or_default();
        let rows = summary.rows;
        let choice = Choice {
            part,
            key,
            is_damage,
            rows,
        };
        if !is_kept(choice) {
            left_out.sampled += 1;
            return None;
        }
        summary.add(edit, is_damage);
        if let Some(label) = label.filter(|_| is_damage) {
            self.curve.add(label.delay_seconds);
            let source = label.source.name().to_owned();
            *self.report.damage_by_source.entry(source).or_default() += 1;
        }
        features::extract_all_but_text(edit, &mut self.features);
        let seed = self.options.seed.wrapping_add(TEXT_SEED);
        let is_learnt = self.learnt.keeps(key, is_damage, seed);
        let text = self.text.next(edit, part, is_learnt.then_some(is_damage));
        self.features[features::TEXT_RISK] = text.trial;
        Some(Row {
            part,
            rev_id,
            is_damage,
            features: &self.features,
            text_of_refit: text.refit,
            text_of_champion: text.champion,
        })
    }

    /// What became of the edits so far.
    pub fn report(&self) -> &PassReport {
        &self.report
    }

    /// For edits that are left out by whole files.
    pub(super) fn left_out(&mut self) -> &mut LeftOut {
        &mut self.report.left_out
    }

    /// How soon the damage was reverted.
    pub fn maturity(&self) -> MaturitySummary {
        self.curve.summary()
    }

    /// The weights of `text_risk` of the trial and those of the refit.
    pub fn text_weights(&self) -> [TextWeights; 2] {
        self.text.finish()
    }
}

impl PartSummary {
    fn add(&mut self, edit: &Edit<'_>, is_damage: bool) {
        self.rows += 1;
        self.damage += u64::from(is_damage);
        self.simulated += u64::from(is_simulated(&edit.meta_id));
        let from = self.from.unwrap_or(edit.event_time);
        self.from = Some(from.min(edit.event_time));
        self.to = self.to.max(Some(edit.event_time));
    }
}
