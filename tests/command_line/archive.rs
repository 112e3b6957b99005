//! A lake to look into: recorded edits as the pipeline would have archived them.

use std::io::Read;
use std::path::Path;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::predict::edit_of;
use wikisentry_core::scoring::Scoring;
use wikisentry_lake::archive::{Archive, Lake};
use wikisentry_lake::registry::Registry;

/// Archives the first 40 events of the sample as far as they are edits, and the first edit once
/// more as if another wiki had a revision of the same number.
pub fn fill(lake: &Path) {
    let packed = std::fs::read("testdata/sample/recentchange.jsonl.gz").unwrap();
    let mut lines = String::new();
    let mut sample = flate2::read::GzDecoder::new(&packed[..]);
    sample.read_to_string(&mut lines).unwrap();
    let champion = Registry::bootstrap_champion().unwrap();
    let lines = lines.lines().take(40);
    let mut edits: Vec<_> = lines
        .filter_map(|line| edit_of(line.as_bytes()).ok())
        .collect();
    let mut double = edits[0].clone();
    double.wiki = "dewiki".into();
    edits.push(double);
    let scores = Scoring::new().score(&champion.scorer, &edits, false);
    let mut archive = Archive::open(Lake::new(lake), None).unwrap().0;
    let mut batch = archive.batch();
    for (offset, (edit, score)) in edits.into_iter().zip(scores).enumerate() {
        let classification = Classification {
            score: score.map(|score| score.score),
            class: score.map(|score| score.class.into()),
            model_version: score.map(|_| champion.scorer.version().into()),
            ingest_time: edit.event_time,
            score_time: edit.event_time,
        };
        let record = ClassifiedEdit {
            edit,
            classification,
        };
        batch.push(offset as u64, &record).unwrap();
    }
    let prepared = batch.finish().unwrap().unwrap();
    archive.publish(&prepared).unwrap();
}
