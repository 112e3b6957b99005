//! What is learnt from labelled edits, judged on later ones.

use super::*;
use crate::text::Text;
use crate::time::EventTime;
use serde::Deserialize;
use std::io::Read;

const PAN_11: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/labelled/pan11_en.jsonl.gz"
);

#[derive(Deserialize)]
struct Labelled {
    title: String,
    user: Option<String>,
    comment: Option<String>,
    timestamp: EventTime,
    label: u8,
}

impl Labelled {
    fn n_grams(&self) -> NGrams {
        NGrams::of(&self.edit())
    }

    fn edit(&self) -> Edit<'_> {
        Edit {
            page_title: Text::from(&*self.title),
            user: self.user.as_deref().map(Text::from),
            comment: self.comment.as_deref().map(Text::from),
            ..Edit::blank()
        }
    }
}

/// PAN-11 in the order of time.
fn labelled() -> Vec<Labelled> {
    let mut lines = String::new();
    let packed = std::fs::File::open(PAN_11).unwrap();
    let mut unpacked = flate2::read::GzDecoder::new(packed);
    unpacked.read_to_string(&mut lines).unwrap();
    let mut edits: Vec<Labelled> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    edits.sort_by_key(|edit| edit.timestamp);
    edits
}

/// The same rarities, and no weights.
fn nothing() -> TextWeights {
    TextWeights::of_program().with(|_| 0.0)
}

/// The share of pairs of damage and another edit in which the damage has the higher risk.
fn roc_auc(edits: &[Labelled], risk: impl Fn(&Labelled) -> f32) -> f64 {
    let of = |label| -> Vec<f32> {
        let edits = edits.iter().filter(|edit| edit.label == label);
        edits.map(&risk).collect()
    };
    let (damage, others) = (of(1), of(0));
    let pairs = damage
        .iter()
        .flat_map(|of_damage| others.iter().map(move |of_other| of_damage > of_other));
    pairs.filter(|is_right| *is_right).count() as f64 / (damage.len() * others.len()) as f64
}

#[test]
fn what_is_learnt_from_earlier_edits_ranks_later_ones() {
    let edits = labelled();
    let (early, late) = edits.split_at(edits.len() * 7 / 10);
    let mut learner = TextLearner::new(&nothing());
    for edit in early {
        learner.learn(&edit.n_grams(), edit.label == 1);
    }
    let weights = learner.weights();
    let found = roc_auc(late, |edit| weights.risk(&edit.edit()).unwrap());
    // The weights of the program have seen these edits and their labels.
    let seen = roc_auc(late, |edit| {
        TextWeights::of_program().risk(&edit.edit()).unwrap()
    });
    println!(
        "ROC-AUC {found:.4} on edits that were not learnt from; {seen:.4} by weights that were fitted to them"
    );
    assert!(found > 0.8, "{found}");
}

#[test]
fn weights_give_what_the_learner_gave() {
    let edits = labelled();
    let mut learner = TextLearner::new(TextWeights::of_program());
    for edit in &edits[..2_000] {
        learner.learn(&edit.n_grams(), edit.label == 0);
    }
    let weights = learner.weights();
    for edit in edits.iter().step_by(50) {
        let by_learner = learner.risk(&edit.n_grams()).unwrap();
        let by_weights = weights.risk(&edit.edit()).unwrap();
        let at_first = TextWeights::of_program().risk(&edit.edit()).unwrap();
        assert!(
            (by_learner - by_weights).abs() < 0.02,
            "{by_learner} and {by_weights}"
        );
        assert_ne!(by_weights, at_first);
    }
}

#[test]
fn little_data_moves_the_weights_little() {
    let edits = labelled();
    let mut learner = TextLearner::new(TextWeights::of_program());
    for edit in &edits[..20] {
        learner.learn(&edit.n_grams(), edit.label == 1);
    }
    let (before, after) = (TextWeights::of_program(), learner.weights());
    for edit in edits.iter().step_by(50) {
        let [before, after] = [before, &after].map(|weights| weights.risk(&edit.edit()).unwrap());
        assert!((before - after).abs() < 0.3, "{before} became {after}");
    }
}

#[test]
fn an_edit_of_which_nothing_is_known_changes_nothing() {
    let mut learner = TextLearner::new(&nothing());
    assert_eq!(learner.risk(&NGrams::default()), None);
    learner.learn(&NGrams::default(), true);
    assert_eq!(learner.weights(), nothing());
}
