//! Time and memory of the join of edits and reverts, and time to read one summary:
//! `cargo bench -p wikisentry-core --bench labels [-- EDITS]`.

mod memory;

use memory::peak_bytes;
use std::error::Error;
use std::io::Write;
use std::time::Instant;
use wikisentry_core::labels::{LabelSource, Labeler, LabelerSettings, RevertSummary, SeenEdit};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

const EDITS: i64 = 10_000_000;
/// One edit in ten is reverted, so that ten million have a million reverts.
const REVERT_EVERY: i64 = 11;
/// All edits lie within the window, the worst case for memory.
const SPAN_MS: i64 = 47 * 3_600_000;
const SUMMARIES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/labels/summaries.jsonl"
);
const ROUNDS: u32 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench` of its own.
    let given = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let edits: i64 = given.map_or(Ok(EDITS), |text| text.parse())?;
    let mut out = std::io::stdout().lock();
    join(edits, &mut out)?;
    summaries(&mut out)
}

/// Edits of many wikis and pages; every eleventh event undoes or rolls back the edit before it.
fn join(edits: i64, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let wikis: Vec<String> = (0..300).map(|n| format!("w{n}wiki")).collect();
    let mut labeler = Labeler::new(LabelerSettings {
        max_edits: usize::MAX,
        ..LabelerSettings::default()
    });
    let (mut labels, mut count, mut by_source) =
        (Vec::new(), 0_u64, [0_u64; LabelSource::ALL.len()]);
    let (mut title, mut user, mut comment) = (String::new(), String::new(), String::new());
    let events = edits + edits / (REVERT_EVERY - 1);
    let mut random = 1_u64;
    let start = Instant::now();
    let mut reverts = 0_u64;
    for event in 0..events {
        let is_revert = event % REVERT_EVERY == REVERT_EVERY - 1;
        if !is_revert {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            title.clear();
            write_to(&mut title, format_args!("Page {}", random >> 40))?;
            user.clear();
            write_to(
                &mut user,
                format_args!("User {}", (random >> 20) & 0xf_ffff),
            )?;
            comment.clear();
            comment.push_str("/* History */ added a source");
        } else {
            reverts += 1;
            comment.clear();
            match event % 2 {
                0 => write_to(
                    &mut comment,
                    format_args!(
                        "Undid revision {event} by [[Special:Contributions/{user}|{user}]] ([[User talk:{user}|talk]])"
                    ),
                )?,
                _ => write_to(
                    &mut comment,
                    format_args!(
                        "Reverted edits by [[Special:Contributions/{user}|{user}]] ([[User talk:{user}|talk]]) to last version by Somebody"
                    ),
                )?,
            }
        }
        let seen = SeenEdit {
            wiki: wikis[(random >> 30) as usize % wikis.len()].as_str().into(),
            page_title: title.as_str().into(),
            page_id: None,
            rev_id: event + 1,
            rev_old_id: is_revert.then_some(event),
            user: Some(if is_revert { "Patroller" } else { &user }.into()),
            user_type: UserType::Registered,
            event_time: EventTime::from_millis(event * SPAN_MS / events).unwrap_or_default(),
            comment: Some(comment.as_str().into()),
            revert: None,
        };
        labeler.edit(&seen, &mut labels);
        count += labels.len() as u64;
        for label in labels.drain(..) {
            by_source[label.source as usize] += 1;
        }
    }
    let took = start.elapsed();
    writeln!(
        out,
        "join of {edits} edits and {reverts} reverts: {:.1} s, {count} labels ({:?}: {by_source:?}), {} edits held, {:.0} MB of state, {:.0} MB at most",
        took.as_secs_f64(),
        LabelSource::ALL,
        labeler.edits_held(),
        labeler.memory_bytes() as f64 / 1e6,
        peak_bytes().unwrap_or(0.0) / 1e6,
    )?;
    Ok(())
}

fn write_to(text: &mut String, args: std::fmt::Arguments<'_>) -> std::fmt::Result {
    std::fmt::Write::write_fmt(text, args)
}

/// Times the reader on real summaries of reverts and on common other summaries.
fn summaries(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(SUMMARIES)?;
    let mut reverts = Vec::new();
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        reverts.push((field("wiki"), field("comment")));
    }
    let others: Vec<_> = [
        "/* History */ added a source",
        "fixed typo",
        "",
        "/* wbsetclaim-create:2||1 */ [[Property:P31]]: [[Q5]]",
    ]
    .map(|comment| ("enwiki".to_owned(), comment.to_owned()))
    .to_vec();
    for (name, set) in [
        ("of the hand-checked set", reverts),
        ("of common edits", others),
    ] {
        let round = || {
            let start = Instant::now();
            for (wiki, comment) in &set {
                std::hint::black_box(RevertSummary::read(wiki, std::hint::black_box(comment)));
            }
            start.elapsed()
        };
        round();
        let mut rounds: Vec<_> = (0..ROUNDS).map(|_| round()).collect();
        rounds.sort();
        let each = |at: usize| rounds[at].as_nanos() as f64 / set.len() as f64;
        writeln!(
            out,
            "{} summaries {name}: {:.0} ns each (median), {:.0} ns (fastest of {ROUNDS} rounds)",
            set.len(),
            each(rounds.len() / 2),
            each(0)
        )?;
    }
    Ok(())
}
