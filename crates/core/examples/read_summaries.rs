//! Reads edit summaries: JSON lines with `wiki` and `comment` in, one JSON line each out, with the
//! kind and what the summary names. `scripts/measure_revert_patterns.py` counts with it.

use serde::Deserialize;
use std::io::{BufRead, BufWriter, Write};
use wikisentry_core::labels::RevertSummary;

#[derive(Deserialize)]
struct Line {
    wiki: String,
    comment: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line: Line = serde_json::from_str(&line?)?;
        let (kind, rev_id, user) = match RevertSummary::read(&line.wiki, &line.comment) {
            None => ("none", None, None),
            Some(RevertSummary::Undo { rev_id, user }) => ("undo", Some(rev_id), user),
            Some(RevertSummary::ToRevision { rev_id }) => ("to", Some(rev_id), None),
            Some(RevertSummary::Rollback { user, .. }) => ("rollback", None, user),
            Some(RevertSummary::Manual) => ("manual", None, None),
        };
        let read = serde_json::json!({ "kind": kind, "rev_id": rev_id, "user": user });
        writeln!(out, "{read}")?;
    }
    Ok(out.flush()?)
}
