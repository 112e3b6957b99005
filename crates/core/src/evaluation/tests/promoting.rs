//! When a candidate is promoted, when it is refused, and how rarely chance alone promotes one.

use super::*;
use crate::evaluation::promotion::{
    Decision, Finding, Period, PromotionCheck, PromotionRule, Trial, decide,
};
use crate::evaluation::{Outcomes, Resampling};
use crate::model::Provenance;
use crate::model::provenance::{CALIBRATION, Seen, SeenRange, SeenSet, TEXT_RISK, TREES};
use jiff::Timestamp;
use std::sync::LazyLock;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// What a model has seen whose parts have seen edits up to these times, from a day before.
fn seen(parts: &[(&str, &str)]) -> Provenance {
    let seen = |to: &str| Seen {
        ranges: vec![SeenRange {
            from: at(to) - jiff::SignedDuration::from_hours(24),
            to: at(to),
        }],
        sets: Vec::new(),
    };
    let parts = parts.iter();
    Provenance {
        parts: parts
            .map(|(name, to)| ((*name).to_owned(), seen(to)))
            .collect(),
    }
}

static CANDIDATE: LazyLock<Provenance> = LazyLock::new(|| seen(&[(TREES, "2026-02-01T00:00:00Z")]));
static CHAMPION: LazyLock<Provenance> = LazyLock::new(|| seen(&[(TREES, "2026-01-01T00:00:00Z")]));

fn period() -> Period<'static> {
    Period {
        candidate: &CANDIDATE,
        champion: &CHAMPION,
        simulated: 0,
        from: at("2026-02-01T00:00:01Z"),
        to: at("2026-02-08T00:00:00Z"),
        matured_to: at("2026-02-08T00:00:00Z"),
    }
}

pub(super) fn rule(seed: u64) -> PromotionRule {
    PromotionRule {
        resampling: Resampling {
            resamples: 200,
            seed,
        },
        ..PromotionRule::default()
    }
}

pub(super) fn trial<'a>(feed: &'a Feed, candidate: &'a [f64], champion: &'a [f64]) -> Trial<'a> {
    Trial {
        outcomes: Outcomes {
            labels: &feed.labels,
            weights: None,
            clusters: None,
        },
        user_types: &feed.user_types,
        wikis: &feed.wikis,
        candidate,
        champion,
        period: period(),
    }
}

pub(super) fn finding(decision: &Decision, check: PromotionCheck) -> &Finding {
    decision.findings.iter().find(|f| f.check == check).unwrap()
}

#[test]
fn a_clearly_better_candidate_is_promoted_with_its_numbers() {
    for seed in 0..20 {
        let mut feed = Feed::new(seed, 4_000, 0.1);
        let (candidate, champion) = (feed.model(0.2), feed.model(2.0));
        // Both well calibrated, so that the ranking alone decides.
        let champion: Vec<f64> = champion.iter().map(|p| p * 0.4).collect();
        let decision = decide(&trial(&feed, &candidate, &champion), &rule(seed)).unwrap();
        assert!(decision.promote, "seed {seed}: {decision:#?}");
        let better = finding(&decision, PromotionCheck::Better);
        assert!(better.candidate > better.champion);
        assert!(
            better.text.contains("better beyond noise"),
            "{}",
            better.text
        );
        let text = serde_json::to_string(&decision).unwrap();
        assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
    }
}

#[test]
fn a_candidate_equal_to_the_champion_is_refused() {
    let mut feed = Feed::new(2, 4_000, 0.1);
    let scores = feed.model(0.5);
    let decision = decide(&trial(&feed, &scores, &scores), &rule(1)).unwrap();
    assert!(!decision.promote);
    let better = finding(&decision, PromotionCheck::Better);
    assert_eq!(better.difference.unwrap().high, Some(0.0));
    assert!(
        better.text.contains("no better than noise"),
        "{}",
        better.text
    );
    assert!(finding(&decision, PromotionCheck::Calibration).passed);
}

#[test]
fn a_candidate_with_shuffled_scores_is_refused() {
    use rand::seq::SliceRandom;
    for seed in 0..20 {
        let mut feed = Feed::new(seed, 4_000, 0.1);
        let champion = feed.model(0.5);
        let mut candidate = champion.clone();
        candidate.shuffle(&mut feed.rng);
        let decision = decide(&trial(&feed, &candidate, &champion), &rule(seed)).unwrap();
        assert!(!decision.promote, "seed {seed}");
        let better = finding(&decision, PromotionCheck::Better);
        assert!(
            better.text.contains("worse beyond noise"),
            "{}",
            better.text
        );
    }
}

#[test]
fn chance_alone_promotes_less_than_one_in_twenty() {
    let mut promoted = Vec::new();
    for seed in 0..200 {
        let mut feed = Feed::new(10_000 + seed, 2_500, 0.08);
        // Equally good models that are wrong about different edits.
        let (candidate, champion) = (feed.model(0.8), feed.model(0.8));
        let trial = trial(&feed, &candidate, &champion);
        if decide(&trial, &rule(seed)).unwrap().promote {
            promoted.push(seed);
        }
    }
    // With so few resamples 3 % are expected, six of 200; seven hundred seeds gave 3.7 %.
    assert!(
        promoted.len() < 10,
        "promoted by chance: seeds {promoted:?}"
    );
}

#[test]
fn a_badly_calibrated_candidate_is_refused_however_well_it_ranks() {
    let mut feed = Feed::new(3, 6_000, 0.1);
    let (mut candidate, champion) = (feed.model(0.0), feed.model(1.0));
    for score in &mut candidate {
        *score = score.sqrt();
    }
    let decision = decide(&trial(&feed, &candidate, &champion), &rule(1)).unwrap();
    assert!(!decision.promote);
    assert!(finding(&decision, PromotionCheck::Better).passed);
    let calibration = finding(&decision, PromotionCheck::Calibration);
    assert!(!calibration.passed, "{}", calibration.text);
}

#[test]
fn a_candidate_worse_for_a_user_type_is_refused() {
    let mut feed = Feed::new(4, 8_000, 0.15);
    let (good, middling, bad) = (feed.model(0.0), feed.model(1.2), feed.model(3.0));
    let candidate: Vec<f64> = (0..good.len())
        .map(|row| match feed.user_types[row] {
            UserType::Registered => good[row],
            _ => bad[row] * 0.5,
        })
        .collect();
    let decision = decide(&trial(&feed, &candidate, &middling), &rule(1)).unwrap();
    assert!(!decision.promote);
    let of = |kind| {
        let of_kind = |f: &&Finding| f.user_type == Some(kind);
        decision.findings.iter().find(of_kind).unwrap()
    };
    assert!(of(UserType::Registered).passed);
    assert!(!of(UserType::Anonymous).passed);
    assert!(of(UserType::Anonymous).text.contains("anonymous users"));
}

#[test]
fn seen_immature_or_too_few_labels_refuse_before_models_are_compared() {
    let mut feed = Feed::new(5, 500, 0.15);
    let (candidate, champion) = (feed.model(0.0), feed.model(2.0));
    let refused = |period: Period<'_>, min_damage: usize, check: PromotionCheck, expected: &str| {
        let trial = Trial {
            period,
            ..trial(&feed, &candidate, &champion)
        };
        let rule = PromotionRule {
            min_damage,
            ..rule(1)
        };
        let decision = decide(&trial, &rule).unwrap();
        assert!(!decision.promote);
        assert_eq!(decision.findings.len(), 2);
        let finding = finding(&decision, check);
        assert!(finding.text.contains(expected), "{}", finding.text);
    };
    // Whichever part has seen them, of whichever model.
    for part in [TREES, CALIBRATION, TEXT_RISK] {
        let old = [TREES, CALIBRATION, TEXT_RISK].map(|part| (part, "2020-01-01T00:00:00Z"));
        let parts = old.map(|(name, to)| match name == part {
            true => (name, "2026-02-03T00:00:00Z"),
            false => (name, to),
        });
        let seen = seen(&parts);
        for (period, whose) in [
            (
                Period {
                    candidate: &seen,
                    ..period()
                },
                "candidate",
            ),
            (
                Period {
                    champion: &seen,
                    ..period()
                },
                "champion",
            ),
        ] {
            let expected = format!("`{part}` of the {whose} has seen edits up to 2026-02-03");
            refused(period, 10, PromotionCheck::UnseenLabels, &expected);
        }
    }
    let mut of_rows = seen(&[(TREES, "2022-01-01T00:00:00Z")]);
    let set = SeenSet {
        name: "PAN".to_owned(),
        sha256: "0".repeat(64),
        rows: 9,
    };
    let text_risk = of_rows.parts.entry(TEXT_RISK.to_owned()).or_default();
    text_risk.sets.push(set);
    let simulated = Period {
        champion: &of_rows,
        simulated: 3,
        ..period()
    };
    refused(
        simulated,
        10,
        PromotionCheck::UnseenLabels,
        "3 of 500 edits are simulated, of labelled rows that the models have seen (PAN)",
    );
    let immature = Period {
        matured_to: at("2026-02-07T00:00:00Z"),
        ..period()
    };
    refused(
        immature,
        10,
        PromotionCheck::UnseenLabels,
        "final up to 2026-02-07",
    );
    refused(period(), 400, PromotionCheck::EnoughEdits, "too few");
}

#[test]
fn a_user_type_with_few_edits_is_not_judged_by_itself() {
    let mut feed = Feed::new(6, 3_000, 0.1);
    for (row, kind) in feed.user_types.iter_mut().enumerate() {
        *kind = if row < 60 {
            UserType::Bot
        } else {
            UserType::Registered
        };
    }
    let (candidate, champion) = (feed.model(0.0), feed.model(1.0));
    let decision = decide(&trial(&feed, &candidate, &champion), &rule(1)).unwrap();
    let of_bots = |f: &&Finding| f.user_type == Some(UserType::Bot);
    let bots = decision.findings.iter().find(of_bots).unwrap();
    assert!(bots.passed && bots.difference.is_none());
    assert!(
        bots.text.contains("not judged by themselves"),
        "{}",
        bots.text
    );
}
