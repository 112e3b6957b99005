//! Scores runs of events on all cores and gives the answers back in input order.

use crate::cli::events::too_long;
use crate::error::{Error, Result};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use wikisentry_core::predict::{Prediction, predict};
use wikisentry_core::scoring::Scoring;
use wikisentry_lake::registry::Champion;
use wikisentry_replay::saved::{Chunk, SavedEvent, SavedEvents};

/// Runs of events that wait for each thread, before it and after it.
const WAITING: usize = 2;
/// More threads than this wait for the one that reads.
const MAX_THREADS: usize = 8;

/// How events are scored.
#[derive(Clone)]
pub(super) struct Options {
    pub champion: Arc<Champion>,
    pub score_bots: bool,
    /// Longest event, in bytes.
    pub max_event_bytes: usize,
}

/// How many events there were, and how many of them could not be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub events: u64,
    pub unreadable: u64,
}

/// Whole lines of JSON, and the events that they answer.
struct Answers {
    lines: Vec<u8>,
    tally: Tally,
}

/// Scores all of `input`; `write` gets whole lines of JSON. `tally` is right for what was scored, also
/// after a failure.
///
/// # Errors
/// Of `write` as they are, of `input` by way of `unreadable`.
pub(super) fn score(
    input: impl Read + Send + 'static,
    options: &Options,
    unreadable: impl Fn(io::Error) -> Error,
    mut write: impl FnMut(&[u8]) -> Result<()>,
    tally: &mut Tally,
) -> Result<()> {
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_THREADS));
    let mut inputs = Vec::with_capacity(threads);
    let mut outputs = Vec::with_capacity(threads);
    let mut workers = Vec::with_capacity(threads);
    for _ in 0..threads {
        let (input, chunks) = sync_channel::<Chunk>(WAITING);
        let (answers, output) = sync_channel::<Answers>(WAITING);
        let options = options.clone();
        workers.push(thread::spawn(move || work(&chunks, &answers, &options)));
        inputs.push(input);
        outputs.push(output);
    }
    let events = SavedEvents::new(input, options.max_event_bytes);
    let reader = thread::spawn(move || deal(events, &inputs));
    // The n-th run went to the n-th thread, around and around; so do we. If nobody wants the
    // answers any more, the threads are left behind: one of them may wait for input that never comes.
    for output in outputs.iter().cycle() {
        let Ok(answers) = output.recv() else { break };
        tally.events += answers.tally.events;
        tally.unreadable += answers.tally.unreadable;
        write(&answers.lines)?;
    }
    drop(outputs);
    for worker in workers {
        joined(worker)?;
    }
    joined(reader)?.map_err(unreadable)
}

fn deal(mut events: SavedEvents<impl Read>, inputs: &[SyncSender<Chunk>]) -> io::Result<()> {
    for input in inputs.iter().cycle() {
        let Some(chunk) = events.next_chunk()? else {
            break;
        };
        if input.send(chunk).is_err() {
            break;
        }
    }
    Ok(())
}

fn work(chunks: &Receiver<Chunk>, answers: &SyncSender<Answers>, options: &Options) {
    let mut scoring = Scoring::new();
    for chunk in chunks {
        if answers.send(answer(&chunk, &mut scoring, options)).is_err() {
            return;
        }
    }
}

/// One line of JSON for each event of the run.
fn answer(chunk: &Chunk, scoring: &mut Scoring, options: &Options) -> Answers {
    let scorer = &options.champion.scorer;
    let mut scored = predict(scoring, scorer, chunk.payloads(), options.score_bots).into_iter();
    let mut lines = Vec::with_capacity(chunk.events.len() * 192);
    let mut tally = Tally::default();
    for event in &chunk.events {
        let prediction = match event {
            SavedEvent::Whole(_) => scored.next(),
            SavedEvent::TooLong => Some(Prediction::Refused {
                meta_id: None,
                error: too_long(options.max_event_bytes),
                is_unreadable: true,
            }),
        };
        if let Some(prediction) = prediction {
            tally.events += 1;
            tally.unreadable += u64::from(prediction.is_unreadable());
            // Plain data into memory: there is nothing that can fail.
            let _ = serde_json::to_writer(&mut lines, &prediction);
            lines.push(b'\n');
        }
    }
    Answers { lines, tally }
}

fn joined<T>(thread: JoinHandle<T>) -> Result<T> {
    thread
        .join()
        .map_err(|_| Error::bug("a thread that scores events panicked"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use wikisentry_lake::registry::Registry;
    use wikisentry_replay::ReplaySource;

    fn options(max_event_bytes: usize) -> Options {
        Options {
            champion: Arc::new(Registry::bootstrap_champion().unwrap()),
            score_bots: false,
            max_event_bytes,
        }
    }

    fn scored(input: Vec<u8>, options: &Options) -> Vec<Value> {
        let (answers, tally) = tallied(input, options);
        assert_eq!(tally.events, answers.len() as u64);
        answers
    }

    fn tallied(input: Vec<u8>, options: &Options) -> (Vec<Value>, Tally) {
        let mut out = Vec::new();
        let write = |answers: &[u8]| {
            out.extend_from_slice(answers);
            Ok(())
        };
        let mut tally = Tally::default();
        let input = io::Cursor::new(input);
        score(input, options, Error::from, write, &mut tally).unwrap();
        let lines = out
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        let answers = lines.map(|line| serde_json::from_slice(line).unwrap());
        (answers.collect(), tally)
    }

    #[test]
    fn what_cannot_be_read_is_counted_and_what_is_no_edit_is_not() {
        let log = r#"{"meta": {"id": "1", "domain": "en.wikipedia.org"}, "type": "log", "wiki": "enwiki"}"#;
        let input = format!("{log}\nnot json\n{log}\n[1]\n").into_bytes();
        let (answers, tally) = tallied(input, &options(1 << 20));
        let found = (tally.events, tally.unreadable);
        assert_eq!(found, (4, 2), "{answers:?}");
    }

    #[test]
    fn every_line_is_answered_in_order_whatever_it_is() {
        let sample = ReplaySource::sample().unwrap();
        let mut input = Vec::new();
        let mut ids = Vec::new();
        for (number, line) in sample.lines().enumerate() {
            input.extend_from_slice(line);
            input.push(b'\n');
            let event: Value = serde_json::from_slice(line).unwrap();
            ids.push(event["meta"]["id"].clone());
            if number % 1_000 == 0 {
                input.extend_from_slice(b"\n{\"half\": \n");
                ids.push(Value::Null);
            }
        }
        let answers = scored(input, &options(1 << 20));
        let answered: Vec<_> = answers
            .iter()
            .map(|answer| answer["meta_id"].clone())
            .collect();
        assert!(answered == ids, "answers are missing or out of order");
        let edits = answers
            .iter()
            .filter(|answer| answer["score"].is_f64())
            .count();
        assert!(edits > 500, "{edits} edits scored");
        for answer in &answers {
            let refused = answer.get("error").is_some();
            assert_ne!(refused, answer.get("wiki").is_some(), "{answer}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_by_name() {
        let input = format!("{{}}\n{{\"a\": \"{}\"}}\n{{}}\n", "x".repeat(100)).into_bytes();
        let errors: Vec<_> = scored(input, &options(64))
            .iter()
            .map(|answer| {
                answer["error"]
                    .as_str()
                    .unwrap()
                    .contains("max_event_bytes")
            })
            .collect();
        assert_eq!(errors, [false, true, false]);
    }

    #[test]
    fn a_reader_that_goes_away_ends_the_work_before_the_input_ends() {
        struct Endless;
        impl Read for Endless {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                into.fill(b'\n');
                into[0] = b'x';
                Ok(into.len())
            }
        }
        let gone = |_: &[u8]| Err(Error::PipeClosed);
        let mut tally = Tally::default();
        let outcome = score(Endless, &options(64), Error::from, gone, &mut tally);
        assert!(matches!(outcome, Err(Error::PipeClosed)));
        assert!(tally.events > 0, "what was scored is counted");
    }
}
