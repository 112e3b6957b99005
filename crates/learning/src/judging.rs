//! Candidate and champion on the same newer edits, of which neither has learnt: the figures for
//! the card, and the verdict. Beside them, where it is known, what Wikimedia's own models said.

use crate::dataset::{Dataset, Part, TextOf};
use crate::error::LearningError;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use wikisentry_core::evaluation::promotion::{Decision, Period, PromotionRule, Trial, decide};
use wikisentry_core::evaluation::{Evaluation, Outcomes, Partial, Resampling, Rows, evaluate};
use wikisentry_core::model::{Provenance, Scorer};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::label_facts::StoredFacts;
use wikisentry_lake::label_table::{RevisionKey, revision_key};

/// The scores of two models on the test part.
#[derive(Default)]
pub(crate) struct TestRows {
    labels: Vec<bool>,
    user_types: Vec<UserType>,
    users: Vec<u64>,
    wikis: Vec<u32>,
    wiki_names: Vec<String>,
    candidate: Vec<f64>,
    champion: Vec<f64>,
    wikimedia: BTreeMap<String, Elsewhere>,
}

/// What a model of Wikimedia's said of some rows.
struct Elsewhere {
    rows: Vec<usize>,
    scores: Vec<f64>,
}

impl TestRows {
    /// Scores the test part with both, and looks up what Wikimedia said of it.
    pub(crate) fn score(
        facts: &StoredFacts,
        dataset: &Dataset,
        candidate: &Scorer,
        champion: &Scorer,
    ) -> Result<Self, LearningError> {
        let mut rows = Self::default();
        let mut revisions: Vec<RevisionKey> = Vec::new();
        let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
        for block in dataset.blocks(Part::Test)? {
            let mut block = block?;
            for (scorer, text, scores) in [
                (candidate, TextOf::Trial, &mut rows.candidate),
                (champion, TextOf::Champion, &mut rows.champion),
            ] {
                block = block.with_text(text);
                let mut of_block = Vec::with_capacity(block.labels.len());
                scorer.score_batch(&block.rows, &mut of_block);
                scores.extend(of_block.iter().map(|score| score.score));
            }
            let named = block.wikis.iter().zip(&block.rev_ids);
            revisions.extend(named.map(|(wiki, rev_id)| revision_key(wiki, *rev_id)));
            for wiki in block.wikis {
                let number = *numbers.entry(wiki).or_insert_with_key(|wiki| {
                    rows.wiki_names.push(wiki.clone());
                    rows.wiki_names.len() as u32 - 1
                });
                rows.wikis.push(number);
            }
            rows.labels.extend(block.labels);
            rows.user_types.extend(block.user_types);
            rows.users.extend(block.users);
        }
        let test = dataset.part(Part::Test);
        if let (Some(from), Some(to)) = (test.from, test.to) {
            rows.wikimedia = wikimedia(facts, &revisions, from, to)?;
        }
        Ok(rows)
    }

    /// Evaluates the candidate beside the champion and decides.
    pub(crate) fn judge(
        &self,
        champion: &Scorer,
        period: Period<'_>,
    ) -> Result<(Evaluation, Decision), LearningError> {
        let names = self.wikis.iter();
        let wikis: Vec<&str> = names
            .map(|at| self.wiki_names[*at as usize].as_str())
            .collect();
        let outcomes = Outcomes {
            labels: &self.labels,
            weights: None,
            clusters: Some(&self.users),
        };
        let trial = Trial {
            outcomes,
            user_types: &self.user_types,
            wikis: &wikis,
            candidate: &self.candidate,
            champion: &self.champion,
            period,
        };
        let decision = decide(&trial, &PromotionRule::default())?;
        let rows = Rows {
            outcomes,
            user_types: &self.user_types,
            wikis: &wikis,
        };
        let beside = [(champion.version(), self.champion.as_slice())];
        let partial: Vec<Partial<'_>> = self
            .wikimedia
            .iter()
            .map(|(name, said)| Partial {
                name,
                rows: &said.rows,
                scores: &said.scores,
            })
            .collect();
        let resampling = Resampling::default();
        let evaluation = evaluate(&rows, &self.candidate, &beside, &partial, resampling)?;
        Ok((evaluation, decision))
    }
}

/// What Wikimedia's models said of these revisions, made between two times, by model.
fn wikimedia(
    facts: &StoredFacts,
    revisions: &[RevisionKey],
    from: EventTime,
    to: EventTime,
) -> Result<BTreeMap<String, Elsewhere>, LearningError> {
    let rows = revisions.iter().enumerate().map(|(row, key)| (*key, row));
    let rows: FxHashMap<RevisionKey, usize> = rows.collect();
    // A score given twice, as after an outage of theirs, counts as it was given last.
    let mut said: BTreeMap<String, BTreeMap<usize, f64>> = BTreeMap::new();
    // The streams date an edit some seconds apart: that may be the day before.
    let mut day = from.utc().date();
    day = day.yesterday().unwrap_or(day);
    while day <= to.utc().date() {
        facts.risks_of_day(day, &mut |risk| {
            if let Some(row) = rows.get(&revision_key(&risk.wiki, risk.rev_id)) {
                let of_model = said.entry(risk.model.to_string()).or_default();
                of_model.insert(*row, risk.probability);
            }
        })?;
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    let columns = said.into_iter().map(|(model, scores)| {
        let (rows, scores) = scores.into_iter().unzip();
        (model, Elsewhere { rows, scores })
    });
    Ok(columns.collect())
}

/// What shows whether the labels may decide.
pub(crate) fn period<'a>(
    dataset: &Dataset,
    candidate: &'a Provenance,
    champion: &'a Provenance,
) -> Period<'a> {
    let test = dataset.part(Part::Test);
    let timestamp = |time: Option<EventTime>| time.unwrap_or_default().timestamp();
    Period {
        candidate,
        champion,
        simulated: test.simulated,
        from: timestamp(test.from),
        to: timestamp(test.to),
        matured_to: timestamp(Some(dataset.manifest.split.young_from)),
    }
}
