//! The evaluation in the form of a card, and older cards.

use super::*;
use crate::evaluation::{
    Estimate, Evaluation, Judged, Outcomes, Partial, Resampling, Rows, evaluate,
};
use crate::model::Card;

const RESAMPLING: Resampling = Resampling {
    resamples: 40,
    seed: 3,
};

fn evaluated() -> (Evaluation, usize) {
    let mut feed = Feed::new(9, 3_000, 0.1);
    let (scores, weaker) = (feed.model(0.5), feed.model(3.0));
    let names: Vec<String> = (0..13).map(|n| format!("w{n:02}wiki")).collect();
    // The first wiki has most rows, the last ones few.
    let wikis: Vec<&str> = (0..3_000)
        .map(|row| names[(row * row / 1_000) % 97 % 13].as_str())
        .collect();
    let rows = Rows {
        outcomes: Outcomes {
            labels: &feed.labels,
            weights: None,
            clusters: None,
        },
        user_types: &feed.user_types,
        wikis: &wikis,
    };
    let damage = feed.labels.iter().filter(|label| **label).count();
    let others = [("edit-risk/1", weaker.as_slice())];
    // One model scored every third edit, another one too few edits for figures.
    let third: Vec<usize> = (0..3_000).step_by(3).collect();
    let third_scores: Vec<f64> = third.iter().map(|row| weaker[*row]).collect();
    let partial = [
        Partial {
            name: "revertrisk",
            rows: &third,
            scores: &third_scores,
        },
        Partial {
            name: "seldom",
            rows: &[7],
            scores: &[0.5],
        },
    ];
    let evaluation = evaluate(&rows, &scores, &others, &partial, RESAMPLING).unwrap();
    (evaluation, damage)
}

#[test]
fn an_evaluation_has_slices_and_baselines_and_is_read_back_as_written() {
    let (evaluation, damage) = evaluated();
    assert_eq!(evaluation.overall.rows, 3_000);
    assert_eq!(evaluation.overall.damage, damage as u64);
    let by_type: u64 = evaluation
        .by_user_type
        .values()
        .map(|slice| slice.rows)
        .sum();
    assert_eq!(by_type, 3_000);
    assert!(!evaluation.by_user_type.contains_key("bot"));
    assert_eq!(evaluation.by_wiki.len(), 10);
    let own = evaluation.overall.figures.clone().unwrap();
    let other = evaluation.baselines["edit-risk/1"].figures.clone().unwrap();
    assert!(own.ranking.pr_auc.low > other.ranking.pr_auc.high);
    let shared = &evaluation.scored_by["revertrisk"];
    assert_eq!((shared.own.rows, shared.baseline.rows), (1_000, 1_000));
    assert_eq!(shared.own.damage, shared.baseline.damage);
    let pr_auc = |judged: &Judged| judged.figures.as_ref().unwrap().ranking.pr_auc.value;
    assert!((pr_auc(&shared.baseline) - other.ranking.pr_auc.value).abs() < 0.1);
    assert!((pr_auc(&shared.own) - own.ranking.pr_auc.value).abs() < 0.1);
    assert!(evaluation.scored_by["seldom"].own.note.is_some());
    let flag = evaluation.baseline_anonymous_flag.clone().unwrap();
    assert!((flag.roc_auc.value - 0.5).abs() < 0.1);
    let text = serde_json::to_string(&evaluation).unwrap();
    assert_eq!(
        serde_json::from_str::<Evaluation>(&text).unwrap(),
        evaluation
    );
    for key in [
        "\"roc_auc\"",
        "\"top_1_percent\"",
        "\"by_user_type\"",
        "\"clustered\":false",
    ] {
        assert!(text.contains(key), "{key} in {text}");
    }
    assert!(!text.contains("accuracy"));
}

#[test]
fn slices_with_too_few_of_a_kind_have_a_note() {
    let mut feed = Feed::new(10, 2_000, 0.1);
    let scores = feed.model(0.5);
    let mut seen = 0;
    let wikis: Vec<&str> = feed
        .labels
        .iter()
        .map(|label| {
            seen += u32::from(*label);
            match (label, seen) {
                (true, ..=19) => "nineteen",
                (true, 20..=39) => "twenty",
                (true, _) => "enwiki",
                (false, n) if n % 3 == 0 => "nineteen",
                (false, n) if n % 3 == 1 => "none",
                (false, _) => "twenty",
            }
        })
        .collect();
    let rows = Rows {
        outcomes: Outcomes {
            labels: &feed.labels,
            weights: None,
            clusters: None,
        },
        user_types: &feed.user_types,
        wikis: &wikis,
    };
    let evaluation = evaluate(&rows, &scores, &[], &[], RESAMPLING).unwrap();
    for (wiki, note) in [
        ("nineteen", "19 of"),
        ("none", "0 of"),
        ("enwiki", "figures need 20"),
    ] {
        let slice = &evaluation.by_wiki[wiki];
        assert_eq!(slice.figures, None, "{wiki}");
        assert!(slice.note.as_ref().unwrap().contains(note), "{slice:?}");
    }
    assert!(evaluation.by_wiki["twenty"].figures.is_some());
}

#[test]
fn the_card_of_the_first_model_reads_as_an_evaluation() {
    let card = Card::from_json(&file("models/edit-risk/versions/1/card.json")).unwrap();
    // Scores of KI-2022, ten bins of equal shares.
    let reference = card.score_reference.as_ref().unwrap();
    assert_eq!(reference.shares(), [0.1; 10]);
    for set in [
        "pan11",
        "pan11_as_temporary_accounts",
        "pan11_folds_by_user",
        "ki2022",
    ] {
        let metrics = card.metrics[set].clone();
        let read: Evaluation = serde_json::from_value(metrics.clone()).unwrap();
        let figures = read.overall.figures.expect(set);
        let pr_auc = serde_json::to_value(figures.ranking.pr_auc).unwrap();
        assert_eq!(pr_auc, metrics["pr_auc"], "{set}");
        let bare = Estimate {
            value: metrics["expected_calibration_error"].as_f64().unwrap(),
            low: None,
            high: None,
        };
        assert_eq!(figures.expected_calibration_error, bare);
        assert_eq!(figures.at_review_budget.len(), 3);
    }
    let read: Evaluation = serde_json::from_value(card.metrics["pan11"].clone()).unwrap();
    assert_eq!(read.by_user_type.len(), 2);
    assert!(read.baseline_anonymous_flag.is_some());
}
