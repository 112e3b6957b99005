//! When a candidate is refused for what it is worth to one user type or one wiki.

use super::promoting::{finding, rule, trial};
use super::*;
use crate::evaluation::promotion::{Decision, Finding, PromotionCheck, PromotionRule, decide};

/// The finding of one of the wikis.
fn of_wiki<'d>(decision: &'d Decision, wiki: &str) -> Option<&'d Finding> {
    let mut findings = decision.findings.iter();
    findings.find(|finding| finding.wiki.as_deref() == Some(wiki))
}

#[test]
fn a_candidate_worse_for_a_large_wiki_is_refused_however_much_better_it_is_overall() {
    let mut feed = Feed::new(7, 12_000, 0.15);
    for (row, wiki) in feed.wikis.iter_mut().enumerate() {
        *wiki = if row % 10 == 0 { "dewiki" } else { "enwiki" };
    }
    let (good, middling, bad) = (feed.model(0.0), feed.model(1.2), feed.model(2.5));
    let candidate: Vec<f64> = (0..good.len())
        .map(|row| match feed.wikis[row] {
            "dewiki" => bad[row],
            _ => good[row],
        })
        .collect();
    let decision = decide(&trial(&feed, &candidate, &middling), &rule(1)).unwrap();
    assert!(finding(&decision, PromotionCheck::Better).passed);
    assert!(of_wiki(&decision, "enwiki").unwrap().passed);
    let german = of_wiki(&decision, "dewiki").unwrap();
    assert!(
        !german.passed && german.text.contains("dewiki, PR-AUC"),
        "{}",
        german.text
    );
    assert!(!decision.promote);
}

#[test]
fn a_loss_within_the_margin_is_no_reason_to_refuse_where_there_are_enough_edits_to_tell() {
    let mut feed = Feed::new(8, 40_000, 0.15);
    for (row, wiki) in feed.wikis.iter_mut().enumerate() {
        *wiki = if row % 2 == 0 { "dewiki" } else { "enwiki" };
    }
    let (champion, good) = (feed.model(0.6), feed.model(0.0));
    let slightly_off: Vec<f64> = champion
        .iter()
        .enumerate()
        .map(|(row, score)| score * if row % 97 < 2 { 0.6 } else { 1.0 })
        .collect();
    let candidate: Vec<f64> = (0..good.len())
        .map(|row| match feed.wikis[row] {
            "dewiki" => slightly_off[row],
            _ => good[row],
        })
        .collect();
    let judged = |margin: f64| {
        let rule = PromotionRule { margin, ..rule(2) };
        decide(&trial(&feed, &candidate, &champion), &rule).unwrap()
    };
    let decision = judged(0.02);
    let german = of_wiki(&decision, "dewiki").unwrap();
    let difference = german.difference.unwrap();
    // Worse beyond noise, and by less than the margin.
    assert!(
        difference.high.unwrap() < 0.0 && difference.low.unwrap() > -0.02,
        "{german:?}"
    );
    assert!(
        german.passed && german.text.contains("by more than 0.02"),
        "{}",
        german.text
    );
    let narrower = judged(difference.value.abs() / 2.0);
    assert!(!of_wiki(&narrower, "dewiki").unwrap().passed);
}

#[test]
fn equal_models_are_rarely_found_inferior_for_a_slice() {
    let (mut judged, mut refused) = (0, 0);
    for seed in 0..100 {
        let mut feed = Feed::new(20_000 + seed, 2_500, 0.12);
        for (row, wiki) in feed.wikis.iter_mut().enumerate() {
            *wiki = ["dewiki", "enwiki", "frwiki"][row % 3];
        }
        let (candidate, champion) = (feed.model(0.8), feed.model(0.8));
        let decision = decide(&trial(&feed, &candidate, &champion), &rule(seed)).unwrap();
        for finding in &decision.findings {
            if matches!(
                finding.check,
                PromotionCheck::UserType | PromotionCheck::Wiki
            ) {
                judged += 1;
                refused += usize::from(!finding.passed);
            }
        }
    }
    // 2.5 % of each are expected.
    assert!(
        judged >= 400 && refused * 20 < judged,
        "{refused} of {judged}"
    );
}

#[test]
fn wikis_with_few_edits_are_not_judged_and_of_the_others_ten_are() {
    let mut feed = Feed::new(9, 12_000, 0.3);
    const WIKIS: [&str; 12] = [
        "awiki", "bwiki", "cwiki", "dwiki", "ewiki", "fwiki", "gwiki", "hwiki", "iwiki", "jwiki",
        "kwiki", "lwiki",
    ];
    for (row, wiki) in feed.wikis.iter_mut().enumerate() {
        *wiki = match row {
            0..40 => "tinywiki",
            _ => WIKIS[row % 12],
        };
    }
    let (candidate, champion) = (feed.model(0.0), feed.model(1.0));
    let decision = decide(&trial(&feed, &candidate, &champion), &rule(3)).unwrap();
    let wikis = decision
        .findings
        .iter()
        .filter_map(|finding| finding.wiki.as_deref());
    assert_eq!(wikis.count(), 10);
    assert!(of_wiki(&decision, "tinywiki").is_none());
}
