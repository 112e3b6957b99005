//! What the cards of models say, in the form in which people ask: which data, how good, what was
//! decided. It reads cards as they are, older forms too, and judges nothing.

mod comparison;
mod figures;

pub use comparison::{
    Comparison, Difference, Fact, calibration, classes, compare, features, scalar,
};
pub use figures::{OWN_TEST, Slice, headline, slices, title};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wikisentry_core::evaluation::Estimate;
use wikisentry_core::evaluation::promotion::PromotionCheck;
use wikisentry_core::model::Card;
use wikisentry_lake::registry::{Aliases, Hold, RolledBack, Ruling, Version, is_bootstrap};

/// What the card says was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "reason", rename_all = "lowercase")]
pub enum Verdict {
    /// It was better than the champion at the time.
    Promoted,
    /// It was not, for this reason.
    Kept(String),
}

/// One line of the list of versions.
#[derive(Debug, Serialize)]
pub struct Listed {
    pub version: u32,
    /// `champion`, `previous` or both.
    pub aliases: Vec<&'static str>,
    pub created: Option<jiff::Timestamp>,
    /// Times of the first and the last edit it was trained on, as the card writes them.
    pub trained_on: Option<[String; 2]>,
    /// How many edits that were.
    pub rows: Option<u64>,
    /// Of these, how many were simulated.
    pub simulated: u64,
    /// The data that the figures are of: `own test` for edits held back from its training.
    pub measured_on: Option<String>,
    /// How many edits those are.
    pub measured_edits: Option<u64>,
    /// Of these, how many were simulated.
    pub measured_simulated: u64,
    pub pr_auc: Option<Estimate>,
    pub roc_auc: Option<Estimate>,
    /// `bootstrap`, `imported`, or what the card says.
    pub origin: Option<String>,
    /// Of an imported version: what it was where it comes from.
    pub imported: Option<Imported>,
    pub verdict: Option<Verdict>,
    /// Of the champion: why it is not replaced unattended.
    pub hold: Option<Hold>,
    /// Set if the same model was rolled back, so that it is not promoted unattended.
    pub rolled_back: Option<RolledBack>,
    /// Why it cannot be used.
    pub fault: Option<String>,
}

impl Listed {
    pub fn of(version: &Version, aliases: Aliases, ruling: &Ruling) -> Self {
        let card = version.card.as_ref();
        let slices = card.map(|card| slices(&card.metrics)).unwrap_or_default();
        let best = headline(&slices);
        Self {
            version: version.number,
            aliases: names(version.number, aliases),
            created: card.map(|card| card.created),
            trained_on: card.and_then(trained_on),
            rows: card.and_then(|card| card.data["rows"].as_u64()),
            simulated: simulated(card, &["train", "calibrate"]),
            measured_on: best.map(|slice| slice.name.clone()),
            measured_edits: best.and_then(|slice| slice.rows),
            // A labelled set is not, whatever else the card tells of.
            measured_simulated: best
                .filter(|slice| slice.name == OWN_TEST)
                .map_or(0, |_| simulated(card, &["test"])),
            pr_auc: best.and_then(|slice| slice.figure("pr_auc")),
            roc_auc: best.and_then(|slice| slice.figure("roc_auc")),
            origin: card.and_then(origin),
            imported: card.and_then(imported),
            verdict: card.and_then(verdict),
            hold: ruling
                .hold
                .clone()
                .filter(|_| aliases.champion == Some(version.number)),
            rolled_back: card
                .and_then(|card| ruling.rolled_back(&card.model_sha256))
                .cloned(),
            fault: version.fault.as_ref().map(ToString::to_string),
        }
    }
}

/// The names that a version has.
pub fn names(version: u32, aliases: Aliases) -> Vec<&'static str> {
    let all = [
        ("champion", aliases.champion),
        ("previous", aliases.previous),
    ];
    let named = all.iter().filter(|(_, named)| *named == Some(version));
    named.map(|(name, _)| *name).collect()
}

/// Times of the first and the last edit that a model was trained on.
pub fn trained_on(card: &Card) -> Option<[String; 2]> {
    let end = |name: &str| card.data["range"][name].as_str().map(str::to_owned);
    Some([end("from")?, end("to")?])
}

/// How a version was made.
pub fn origin(card: &Card) -> Option<String> {
    if is_bootstrap(card) {
        return Some("bootstrap".to_owned());
    }
    match imported(card) {
        Some(_) => Some("imported".to_owned()),
        None => card.origin.clone(),
    }
}

/// Key on the card of what an imported version was where it comes from.
pub const IMPORTED: &str = "imported";

/// What a version was where it was imported from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Its number in that registry.
    pub version: u64,
    /// How it was made there.
    pub origin: Option<String>,
}

fn imported(card: &Card) -> Option<Imported> {
    let version = card.other.get(IMPORTED)?["version"].as_u64()?;
    let origin = card.origin.clone();
    Some(Imported { version, origin })
}

/// How many edits of these parts of its data set were simulated.
fn simulated(card: Option<&Card>, parts: &[&str]) -> u64 {
    let of = |part: &&str| card?.data["parts"][part]["simulated"].as_u64();
    parts.iter().filter_map(of).sum()
}

/// What was decided; `None` if the card carries no decision.
pub fn verdict(card: &Card) -> Option<Verdict> {
    let decision = &card.decision;
    if decision["promote"].as_bool()? {
        return Some(Verdict::Promoted);
    }
    let failed = findings(card).into_iter().find(|finding| !finding.passed);
    let reason = failed.map(|finding| finding.text).or_else(|| {
        let reason = decision["reason"].as_str();
        reason.map(str::to_owned)
    });
    let reason = reason.unwrap_or_else(|| "the card gives no reason".to_owned());
    Some(Verdict::Kept(reason))
}

/// Whether the version was found better than the champion at the time, also if a person's ruling
/// kept it from being promoted.
pub fn was_better(card: &Card) -> bool {
    let found = findings(card);
    let failed = || found.iter().filter(|finding| !finding.passed);
    match verdict(card) {
        Some(Verdict::Promoted) => true,
        Some(Verdict::Kept(_)) => failed().count() > 0 && failed().all(|it| it.is_ruling),
        None => false,
    }
}

/// One check of a decision.
#[derive(Debug)]
pub struct Finding {
    /// Whether it asked for people's rulings, not how good the version is.
    pub is_ruling: bool,
    /// Whether it spoke for the version, or at least not against it.
    pub passed: bool,
    /// The outcome in words and numbers.
    pub text: String,
}

/// The checks of a card's decision, in the order made.
pub fn findings(card: &Card) -> Vec<Finding> {
    let all = card.decision["findings"].as_array();
    let read = |finding: &Value| {
        let check = PromotionCheck::deserialize(&finding["check"]);
        Some(Finding {
            is_ruling: check.is_ok_and(PromotionCheck::is_ruling),
            passed: finding["passed"].as_bool()?,
            text: finding["text"].as_str()?.to_owned(),
        })
    };
    all.into_iter().flatten().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wikisentry_lake::registry::Registry;

    #[test]
    fn the_verdict_is_the_first_check_that_failed() {
        let bootstrap = Registry::bootstrap_champion().unwrap();
        let kept = |reason: &str| Some(Verdict::Kept(reason.to_owned()));
        let finding = |passed: bool, text: &str| json!({"passed": passed, "text": text});
        for (decision, expected) in [
            (Value::Null, None),
            (json!({"promote": "yes"}), None),
            (json!({"promote": true}), Some(Verdict::Promoted)),
            (json!({"promote": false}), kept("the card gives no reason")),
            (
                json!({"promote": false, "reason": "too old"}),
                kept("too old"),
            ),
            (
                json!({"promote": false, "findings": [
                    finding(true, "a"), finding(false, "b"), finding(false, "c")]}),
                kept("b"),
            ),
        ] {
            let card = Card {
                decision,
                ..bootstrap.scorer.card().clone()
            };
            assert_eq!(verdict(&card), expected, "{}", card.decision);
        }
    }

    #[test]
    fn a_version_that_only_a_ruling_kept_back_was_better() {
        let bootstrap = Registry::bootstrap_champion().unwrap();
        let finding =
            |check: &str, passed: bool| json!({"check": check, "passed": passed, "text": ""});
        for (promote, findings, expected) in [
            (true, vec![finding("better", true)], true),
            (
                false,
                vec![finding("better", true), finding("held", false)],
                true,
            ),
            (
                false,
                vec![finding("rolled_back", false), finding("held", false)],
                true,
            ),
            (
                false,
                vec![finding("better", false), finding("held", false)],
                false,
            ),
            (false, vec![finding("better", true)], false),
            (false, vec![finding("of another build", false)], false),
        ] {
            let card = Card {
                decision: json!({"promote": promote, "findings": findings}),
                ..bootstrap.scorer.card().clone()
            };
            assert_eq!(was_better(&card), expected, "{}", card.decision);
        }
    }

    #[test]
    fn the_bootstrap_model_is_known_by_its_checksum() {
        let bootstrap = Registry::bootstrap_champion().unwrap();
        let mut card = bootstrap.scorer.card().clone();
        assert_eq!(origin(&card).as_deref(), Some("bootstrap"));
        card.model_sha256 = "0".repeat(64);
        assert_eq!(origin(&card), None);
        card.origin = Some("retrained".to_owned());
        assert_eq!(origin(&card).as_deref(), Some("retrained"));
        card.other
            .insert(IMPORTED.to_owned(), json!({"version": 4, "decision": null}));
        assert_eq!(origin(&card).as_deref(), Some("imported"));
        let there = imported(&card).unwrap();
        assert_eq!(
            (there.version, there.origin.as_deref()),
            (4, Some("retrained"))
        );
    }
}
