//! That every pattern reads the summaries that it was made from: none hides another.

use super::RevertSummary;
use super::pattern::{Pattern, PatternKind, Piece, TABLES, of_table};
use std::collections::BTreeSet;

const REV: i64 = 987_654_321;

/// A summary that fits the pattern.
fn written(pattern: &Pattern) -> String {
    let pieces = pattern.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Rev => REV.to_string(),
        Piece::User => "[[Special:Contributions/V|V]]".to_owned(),
        Piece::To => "[[User:G|G]]".to_owned(),
        Piece::Number => "3".to_owned(),
        Piece::Plain => "V".to_owned(),
        Piece::Users => {
            "[[Special:Contributions/A|A]], [[Special:Contributions/B|B]] x [[User:C|C]]".to_owned()
        }
        Piece::Gap => " x ".to_owned(),
    });
    pieces.collect()
}

fn is_right(pattern: &Pattern, read: Option<&RevertSummary>) -> bool {
    match (pattern.kind, read) {
        (PatternKind::Undo, Some(RevertSummary::Undo { rev_id, .. }))
        | (PatternKind::To, Some(RevertSummary::ToRevision { rev_id })) => *rev_id == REV,
        (PatternKind::Rollback, Some(RevertSummary::Rollback { user, .. })) => {
            user.as_deref() == Some("V")
        }
        (PatternKind::Hidden, Some(RevertSummary::Rollback { user, .. })) => user.is_none(),
        (PatternKind::First, read) => !read.is_some_and(RevertSummary::names_something),
        _ => false,
    }
}

#[test]
fn each_tool_is_read_in_all_its_languages() {
    // Languages of each tool, and the share of its patterns that is read right, at least.
    let least = [
        ("observed", 30, 0.99),
        ("mediawiki", 239, 0.995),
        ("flaggedrevs", 68, 0.99),
        ("automoderator", 30, 0.99),
        ("twinkle", 33, 0.92),
    ];
    println!("| tool | languages | patterns | read right |");
    for ((tool, table), (of_tool, least_languages, least_share)) in TABLES.into_iter().zip(least) {
        assert_eq!(tool, of_tool);
        let (mut right, mut all) = (0_u32, 0_u32);
        let mut languages = BTreeSet::new();
        for pattern in of_table(table) {
            let summary = written(&pattern);
            for language in pattern.languages.split(',') {
                let read = RevertSummary::read(&format!("{language}wiki"), &summary);
                all += 1;
                if is_right(&pattern, read.as_ref()) {
                    right += 1;
                    languages.insert(language);
                } else {
                    println!("{tool} {language}: {summary}\n    {read:?}");
                }
            }
        }
        let share = f64::from(right) / f64::from(all);
        println!(
            "| {tool} | {} | {all} | {:.1} % |",
            languages.len(),
            100.0 * share
        );
        assert!(
            languages.len() >= least_languages && share >= least_share,
            "{tool}"
        );
    }
}
