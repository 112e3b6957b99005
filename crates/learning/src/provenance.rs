//! What the fitted parts of a model have seen, as its card says, or as follows from an older card.

use crate::dataset::{Dataset, Part};
use crate::error::LearningError;
use jiff::Timestamp;
use wikisentry_core::model::provenance::{CALIBRATION, Seen, SeenRange, TEXT_RISK, TREES};
use wikisentry_core::model::{Card, Provenance};
use wikisentry_core::time::EventTime;
use wikisentry_lake::registry::{Registry, is_bootstrap};

/// What any part of a model has seen.
pub(crate) fn provenance(card: &Card) -> Result<Provenance, LearningError> {
    if let Some(provenance) = &card.provenance {
        return Ok(provenance.clone());
    }
    let bootstrap = of_bootstrap()?;
    if is_bootstrap(card) {
        return Ok(bootstrap);
    }
    // Older cards speak of the trees and the calibration together.
    let end = |name: &str| card.data["range"][name].as_str()?.parse::<Timestamp>().ok();
    let range = end("from").zip(end("to"));
    let ranges = range.map(|(from, to)| SeenRange { from, to });
    let seen = Seen {
        ranges: ranges.into_iter().collect(),
        sets: Vec::new(),
    };
    Ok(of_parts(seen.clone(), seen, text_risk(&bootstrap)))
}

/// What the parts of a model have seen that is trained on these parts of a data set, and calibrated
/// on its second part. How long to train is found on that part, too.
pub(crate) fn of_training(
    dataset: &Dataset,
    trained_on: &[Part],
) -> Result<Provenance, LearningError> {
    let seen = |parts: &[Part]| Seen {
        ranges: parts
            .iter()
            .filter_map(|part| range(dataset, *part))
            .collect(),
        sets: Vec::new(),
    };
    let trees = match trained_on.contains(&Part::Calibrate) {
        true => seen(trained_on),
        false => seen(&[trained_on, &[Part::Calibrate]].concat()),
    };
    // The weights start from the program's, so they have also seen what those have seen.
    let mut text_risk = text_risk(&of_bootstrap()?);
    text_risk.ranges.extend(seen(trained_on).ranges);
    Ok(of_parts(trees, seen(&[Part::Calibrate]), text_risk))
}

/// The newest edit that any part of a model has seen.
pub(crate) fn seen_to(card: &Card) -> Result<Option<EventTime>, LearningError> {
    let provenance = provenance(card)?;
    let newest = provenance.newest();
    Ok(newest.and_then(|(_, to)| EventTime::from_millis(to.as_millisecond())))
}

fn range(dataset: &Dataset, part: Part) -> Option<SeenRange> {
    let part = dataset.part(part);
    Some(SeenRange {
        from: part.from?.timestamp(),
        to: part.to?.timestamp(),
    })
}

/// What the program's own weights of `text_risk` have seen.
fn text_risk(bootstrap: &Provenance) -> Seen {
    bootstrap.parts.get(TEXT_RISK).cloned().unwrap_or_default()
}

fn of_parts(trees: Seen, calibration: Seen, text_risk: Seen) -> Provenance {
    let parts = [
        (TREES, trees),
        (CALIBRATION, calibration),
        (TEXT_RISK, text_risk),
    ];
    Provenance {
        parts: parts.map(|(name, seen)| (name.to_owned(), seen)).into(),
    }
}

fn of_bootstrap() -> Result<Provenance, LearningError> {
    let bootstrap = Registry::bootstrap_champion()?;
    Ok(bootstrap
        .scorer
        .card()
        .provenance
        .clone()
        .unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bootstrap() -> Card {
        let bootstrap = Registry::bootstrap_champion().unwrap();
        bootstrap.scorer.card().clone()
    }

    #[test]
    fn the_bootstrap_model_has_seen_two_sets_with_every_part() {
        let card = bootstrap();
        let provenance = provenance(&card).unwrap();
        assert_eq!(provenance.parts.len(), 3);
        for (part, seen) in &provenance.parts {
            let rows: u64 = seen.sets.iter().map(|set| set.rows).sum();
            assert_eq!((rows, seen.ranges.len()), (7_729, 2), "{part}");
        }
        assert!(seen_to(&card).unwrap() > EventTime::parse("2022-07-01T00:00:00Z"));
        // Its card of an older program says nothing, but its checksum says which it is.
        let older = Card {
            provenance: None,
            ..card
        };
        assert_eq!(super::provenance(&older).unwrap(), provenance);
    }

    #[test]
    fn of_an_older_card_the_trees_have_seen_its_range_and_text_risk_what_it_always_has() {
        let card = Card {
            provenance: None,
            model_sha256: "0".repeat(64),
            data: json!({"range": {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}}),
            ..bootstrap()
        };
        let provenance = provenance(&card).unwrap();
        let (part, to) = provenance.newest().unwrap();
        assert!([TREES, CALIBRATION].contains(&part));
        assert_eq!(to.to_string(), "2026-02-01T00:00:00Z");
        assert_eq!(provenance.sets().count(), 2);
        assert!(provenance.parts[TEXT_RISK].sets.len() == 2);
    }
}
