//! Prepares the labelled rows for the simulation: each set's time is stretched onto the days asked
//! for, labels are shuffled and the population is changed if asked. What happens then is `run`'s.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rustc_hash::FxHashMap;

use super::options::{Anonymous, DAY_MS, SimulationOptions};
use super::people;
use super::rows::Row;

/// What the summaries are after the drift.
const DRIFTED_COMMENT: &str = "#suggestededit structured task: links added with the mobile app";
/// Where the pages are after the drift.
const DRIFTED_NAMESPACE: &str = "Draft";

/// An edit of the labelled set, as it will be made.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub wiki: String,
    pub title: String,
    pub user: String,
    pub comment: String,
    pub length: Option<(i64, i64)>,
    pub page_id: Option<i64>,
    /// The revision before it in reality.
    pub old_rev_id: Option<i64>,
    /// What it was in reality.
    pub published_rev_id: i64,
    pub time_ms: i64,
    /// Its place in the file.
    pub row: usize,
    pub label: bool,
}

/// The edits in the order in which they are made.
pub(super) fn cast(
    rows: Vec<Row>,
    options: &SimulationOptions,
    dice: &mut ChaCha8Rng,
) -> Vec<Draft> {
    let mut labels: Vec<bool> = rows.iter().map(|row| row.label).collect();
    if options.shuffle_labels {
        labels.shuffle(dice);
    }
    let mut spans: FxHashMap<String, (i64, i64)> = FxHashMap::default();
    for row in &rows {
        let at = row.timestamp.as_millis();
        let span = spans.entry(row.source.clone()).or_insert((at, at));
        *span = (span.0.min(at), span.1.max(at));
    }
    let start_ms = options.start.as_millis();
    let length_ms = options.days * DAY_MS;
    let mut drafts: Vec<Draft> = rows
        .into_iter()
        .zip(labels)
        .enumerate()
        .map(|(place, (row, label))| {
            let (first, last) = spans[&row.source];
            let part = (row.timestamp.as_millis() - first) as f64 / (last - first).max(1) as f64;
            Draft {
                user: match options.anonymous {
                    Anonymous::AsPublished => row.user,
                    Anonymous::TemporaryAccounts => people::temporary(&row.user),
                },
                comment: row.comment.unwrap_or_default(),
                length: row.length_old.zip(row.length_new),
                page_id: row.page_id,
                old_rev_id: row.old_rev_id.filter(|id| *id > 0),
                published_rev_id: row.rev_id,
                time_ms: start_ms + (part * length_ms) as i64,
                row: place,
                label,
                wiki: row.wiki,
                title: row.title,
            }
        })
        .collect();
    // Stable: edits of the same moment stay in the order of the file.
    drafts.sort_by_key(|draft| draft.time_ms);
    if let Some(from) = options.drift_from {
        let first = (from * drafts.len() as f64) as usize;
        drafts.iter_mut().skip(first).for_each(drift);
    }
    drafts
}

/// Changes all that can be seen of an edit at a glance, but not whether it is damage.
fn drift(draft: &mut Draft) {
    draft.user = people::registered(&draft.user);
    DRIFTED_COMMENT.clone_into(&mut draft.comment);
    draft.title = format!("{DRIFTED_NAMESPACE}:{}", draft.title);
}
