//! Precision and recall of the reader of summaries on the hand-checked set.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use wikisentry_core::labels::RevertSummary;

/// The kind of a summary, and the revision and the user that it names.
type Reading = (String, Option<i64>, Option<String>);

#[derive(Deserialize)]
struct Checked {
    wiki: String,
    comment: String,
    kind: String,
    rev_id: Option<i64>,
    user: Option<String>,
}

impl Checked {
    fn expected(&self) -> Reading {
        (self.kind.clone(), self.rev_id, self.user.clone())
    }

    fn read(&self) -> Reading {
        let read = RevertSummary::read(&self.wiki, &self.comment);
        let (kind, rev_id, user) = match read {
            None => ("none", None, None),
            Some(RevertSummary::Undo { rev_id, user }) => ("undo", Some(rev_id), user),
            Some(RevertSummary::ToRevision { rev_id }) => ("to_revision", Some(rev_id), None),
            Some(RevertSummary::Rollback { user, .. }) => ("rollback", None, user),
            Some(RevertSummary::Manual) => ("manual", None, None),
        };
        (kind.to_owned(), rev_id, user)
    }
}

fn testdata(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata")
        .join(file)
}

fn checked() -> Vec<Checked> {
    let text = std::fs::read_to_string(testdata("labels/summaries.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The numbers of right answers, of answers, and of answers that should have been given.
#[derive(Default)]
struct Score {
    right: u32,
    answered: u32,
    wanted: u32,
}

impl Score {
    fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from(self.answered)
    }

    fn recall(&self) -> f64 {
        f64::from(self.right) / f64::from(self.wanted)
    }
}

#[test]
fn summaries_are_read_as_people_read_them() {
    let set = checked();
    let is_named = |kind: &str| matches!(kind, "undo" | "to_revision" | "rollback");
    let wikis: BTreeSet<&str> = set
        .iter()
        .filter(|row| is_named(&row.kind))
        .map(|row| row.wiki.as_str())
        .collect();
    assert!(
        set.len() >= 300 && wikis.len() >= 15,
        "{} of {wikis:?}",
        set.len()
    );
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    let group = |kind: &str| match kind {
        "undo" | "to_revision" => "names a revision",
        "rollback" => "rollback",
        "manual" => "manual",
        _ => "none",
    };
    for row in &set {
        let (expected, read) = (row.expected(), row.read());
        // The label depends on the revision; the user is only a check.
        let is_right = match row.kind.as_str() {
            "undo" | "to_revision" => (&read.0, read.1) == (&expected.0, expected.1),
            _ => read == expected,
        };
        scores.entry(group(&row.kind)).or_default().wanted += 1;
        let answered = scores.entry(group(&read.0)).or_default();
        answered.answered += 1;
        answered.right += u32::from(is_right);
        if !is_right {
            println!(
                "{}: {}\n    read {read:?}, expected {expected:?}",
                row.wiki, row.comment
            );
        }
    }
    for (group, score) in &scores {
        println!(
            "{group}: precision {:.4}, recall {:.4} ({} of {})",
            score.precision(),
            score.recall(),
            score.right,
            score.wanted
        );
    }
    for (group, precision, recall) in [("names a revision", 0.99, 0.95), ("rollback", 0.95, 0.95)] {
        let score = &scores[group];
        assert!(
            score.precision() >= precision,
            "{group}: {}",
            score.precision()
        );
        assert!(score.recall() >= recall, "{group}: {}", score.recall());
    }
}

#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(flatten)]
    checked: Checked,
}

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[test]
fn summaries_are_read_as_the_vectors_say() {
    let json = std::fs::read(testdata("vectors/revert_summary.json")).unwrap();
    let vectors: Vectors = serde_json::from_slice(&json).unwrap();
    assert!(vectors.cases.len() >= 15);
    for case in vectors.cases {
        assert_eq!(
            case.checked.read(),
            case.checked.expected(),
            "{}",
            case.name
        );
    }
}
