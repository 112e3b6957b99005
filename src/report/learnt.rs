//! What the card of a retrained model says of its labels: where they came from, how soon, and which
//! edits were left out.

use super::layout;
use crate::amounts::{count, span};
use crate::text::harmless;
use serde_json::Value;

/// Why edits are in no part of a data set, as its manifest names it and as people read it.
const LEFT_OUT: [(&str, &str); 8] = [
    ("old", "before the window"),
    ("young", "too young to know"),
    ("undecided", "neither good nor bad"),
    ("same_war", "in an edit war over a boundary"),
    ("bots", "by bots"),
    ("sampled", "at random"),
    ("duplicates", "twice"),
    ("unnamed", "without a revision"),
];

/// Nothing for cards that say nothing of it.
pub(super) fn view(data: &Value, width: usize) -> String {
    let pairs: Vec<_> = [
        ("damage known by", by_source(&data["damage_by_source"])),
        ("reverted within", curve(&data["maturity"])),
        ("left out", left_out(&data["left_out"])),
    ]
    .into_iter()
    .filter_map(|(title, text)| Some((title, text?)))
    .collect();
    match pairs.is_empty() {
        true => String::new(),
        false => format!("\n{}", layout::pairs(&pairs, width)),
    }
}

/// The sources of labels, that of most first.
fn by_source(json: &Value) -> Option<String> {
    let sources = json.as_object()?.iter();
    let mut sources: Vec<_> = sources
        .filter_map(|(name, labels)| Some((name, labels.as_u64()?)))
        .collect();
    sources.sort_by_key(|(_, labels)| std::cmp::Reverse(*labels));
    let sources: Vec<_> = sources
        .into_iter()
        .map(|(name, labels)| format!("{} {}", harmless(name), count(labels)))
        .collect();
    (!sources.is_empty()).then(|| sources.join(", "))
}

/// The maturity curve: shares of the reverts, and the delays of most.
fn curve(json: &Value) -> Option<String> {
    let mut points: Vec<_> = json["within"]
        .as_array()?
        .iter()
        .filter_map(|point| {
            let (seconds, share) = (point[0].as_f64()?, point[1].as_f64()?);
            Some(format!("{} {:.0} %", span(seconds), 100.0 * share))
        })
        .collect();
    let quantiles = [("half", "median_seconds"), ("99 %", "p99_seconds")];
    points.extend(quantiles.iter().filter_map(|(name, key)| {
        let seconds = json[*key].as_f64()?;
        Some(format!("{name} within {}", span(seconds)))
    }));
    (!points.is_empty()).then(|| points.join(", "))
}

fn left_out(json: &Value) -> Option<String> {
    let reasons = LEFT_OUT.iter().filter_map(|(key, reason)| {
        let edits = json[*key].as_u64().filter(|edits| *edits > 0)?;
        Some(format!("{} {reason}", count(edits)))
    });
    let reasons: Vec<_> = reasons.collect();
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_labels_of_a_card_read_in_three_lines() {
        let data = json!({
            "damage_by_source": {"tag": 120, "page_change": 2300},
            "maturity": {"reverts": 2420, "median_seconds": 1560, "p99_seconds": null,
                         "within": [[300, 0.21], [86400, 0.95]]},
            "left_out": {"young": 1203, "bots": 0, "undecided": 44},
        });
        insta::assert_snapshot!(anstream::adapter::strip_str(&view(&data, 80)), @r"

        damage known by  page_change 2,300, tag 120
        reverted within  5 min 21 %, 24 h 95 %, half within 26 min
        left out         1,203 too young to know, 44 neither good nor bad
        ");
        assert_eq!(view(&json!({"rows": 1}), 80), "");
    }
}
