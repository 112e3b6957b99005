//! How fast a lake becomes labels and a data set, and how much memory that takes:
//! `cargo bench -p wikisentry-learning --bench dataset [-- EDITS]`. The edits are the recorded
//! ones, over and over, each with a revision and a time of its own, three on a page; each twentieth
//! undoes the one before it.

#[path = "../../core/benches/memory/mod.rs"]
mod memory;

use flate2::read::GzDecoder;
use memory::peak_bytes;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::time::Instant;
use wikisentry_core::classified::{Classification, ClassifiedEdit};
use wikisentry_core::edit::Edit;
use wikisentry_core::event::{Body, Event};
use wikisentry_core::features::TextWeights;
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{Archive, Lake};
use wikisentry_learning::{Dataset, DatasetOptions, Spans, label};

const EDITS: u64 = 2_000_000;
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/sample/recentchange.jsonl.gz"
);
// 2026-09-17T00:00:00Z.
const START_MILLIS: i64 = 1_789_603_200_000;
/// Ten days, whatever the number of edits.
const SPAN_MS: i64 = 10 * 86_400_000;
const MATURITY_MS: i64 = 48 * 3_600_000;
const REVERT_EVERY: u64 = 20;
const EDITS_OF_A_PAGE: u64 = 3;
/// Edits that are archived together.
const BATCH: u64 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench` of its own.
    let given = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let edits: u64 = given.map_or(Ok(EDITS), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let lake = Lake::new(folder.path().join("lake"));
    let mut out = std::io::stdout().lock();

    fill(&lake, edits)?;
    forget_peak();
    let start = Instant::now();
    let mut go_on = |_, _| ControlFlow::Continue(());
    let report = label(&lake, &mut go_on)?;
    writeln!(
        out,
        "labels of {edits} edits: {:.1} s, {} labels, {:.0} MB at most",
        start.elapsed().as_secs_f64(),
        report.labelled,
        peak_bytes().unwrap_or(0.0) / 1e6,
    )?;

    forget_peak();
    let options = DatasetOptions {
        maturity_ms: MATURITY_MS,
        stream_now: time(START_MILLIS + SPAN_MS + MATURITY_MS),
        champion_text: TextWeights::of_program().clone(),
        test_after: None,
        spans: Spans {
            window_ms: 45 * 24 * 3_600_000,
            calibrate_ms: 24 * 3_600_000,
            test_ms: 48 * 3_600_000,
        },
        max_train_rows: u64::MAX,
        max_calibrate_rows: u64::MAX,
        max_test_rows: u64::MAX,
        seed: 1,
    };
    let start = Instant::now();
    let datasets = folder.path().join("datasets");
    let dataset = Dataset::build(&lake, &datasets, &options, &mut go_on)?;
    let took = start.elapsed().as_secs_f64();
    let parts = dataset.manifest.parts.values();
    let (rows, damage) = parts.fold((0, 0), |(rows, damage), part| {
        (rows + part.rows, damage + part.damage)
    });
    writeln!(
        out,
        "data set of {rows} rows, {damage} of them damage: {:.0} rows/s, {took:.1} s, {:.0} MB at most",
        rows as f64 / took,
        peak_bytes().unwrap_or(0.0) / 1e6,
    )?;
    Ok(())
}

fn time(millis: i64) -> EventTime {
    EventTime::from_millis(millis).unwrap_or_default()
}

/// Archives so many edits, by people only: bots' are not scored.
fn fill(lake: &Lake, count: u64) -> Result<(), Box<dyn Error>> {
    let lines = BufReader::new(GzDecoder::new(File::open(SAMPLE)?)).lines();
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let mut edits: Vec<Edit<'_>> = Vec::new();
    for line in &lines {
        if let Body::Edit(edit) = Event::parse(line.as_bytes())?.body
            && edit.user_type != UserType::Bot
        {
            edits.push(*edit);
        }
    }
    let (mut archive, _) = Archive::open(lake.clone(), None)?;
    let mut before = edits[0].clone();
    for start in (0..count).step_by(BATCH as usize) {
        let mut batch = archive.batch();
        for number in start..count.min(start + BATCH) {
            let mut edit = edits[number as usize % edits.len()].clone();
            let page = number % (count / EDITS_OF_A_PAGE).max(1);
            edit.page_title = Text::from(format!("{} {page}", edit.page_title));
            let revision = number as i64 + 1;
            if number % REVERT_EVERY == REVERT_EVERY - 1 {
                edit.wiki = before.wiki.clone();
                edit.page_title = before.page_title.clone();
                let undone = before.rev_id.unwrap_or_default();
                edit.comment = Some(Text::from(format!("Undid revision {undone} by somebody")));
            }
            edit.meta_id = Text::from(format!("00000000-0000-4000-8000-{number:012}"));
            edit.rev_id = Some(revision);
            edit.event_time = time(START_MILLIS + (SPAN_MS as u64 / count * number) as i64);
            let classification = Classification {
                score: None,
                class: None,
                model_version: None,
                ingest_time: edit.event_time,
                score_time: edit.event_time,
            };
            batch.push(
                number,
                &ClassifiedEdit {
                    edit: edit.clone(),
                    classification,
                },
            )?;
            before = edit;
        }
        if let Some(prepared) = batch.finish()? {
            archive.publish(&prepared)?;
        }
    }
    Ok(())
}

/// Resets the peak, where the system can.
fn forget_peak() {
    _ = std::fs::write("/proc/self/clear_refs", "5");
}
