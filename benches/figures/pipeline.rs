//! What the steps of the pipeline that compute take on one core: parse, route, features and
//! score, with the bootstrap model and without log, network or archive.

use crate::Failure;
use crate::sample::Sample;
use crate::table::{Figure, Goal, number, quantile};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::{Duration, Instant};
use wikisentry_core::event::{Body, Event};
use wikisentry_core::scoring::Scoring;
use wikisentry_lake::registry::Registry;

/// Events scored together, about what the classifier takes from the log at once.
const BATCH: usize = 1024;
const ROUNDS: usize = 41;

pub fn measure() -> Result<Vec<Figure>, Failure> {
    let sample = Sample::load()?;
    let champion = Registry::bootstrap_champion()?;
    let mut scoring = Scoring::new();
    let mut round = |score_bots: bool| -> Result<(), Failure> {
        for lines in sample.lines.chunks(BATCH) {
            let mut edits = Vec::with_capacity(BATCH);
            for line in lines {
                let event = Event::parse(black_box(line.as_bytes()))?;
                let topic = event.route();
                if let Body::Edit(edit) = event.body {
                    black_box((topic, edit.key()));
                    edits.push(*edit);
                }
            }
            black_box(scoring.score(&champion.scorer, &edits, score_bots));
        }
        Ok(())
    };
    let mut rates = |score_bots: bool| -> Result<(Vec<f64>, Vec<f64>), Failure> {
        round(score_bots)?;
        let (mut by_core, mut by_clock) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (cpu, clock) = (cpu_time(), Instant::now());
            round(score_bots)?;
            by_core.push(sample.lines.len() as f64 / (cpu_time() - cpu).as_secs_f64());
            by_clock.push(sample.lines.len() as f64 / clock.elapsed().as_secs_f64());
        }
        by_core.sort_by(f64::total_cmp);
        by_clock.sort_by(f64::total_cmp);
        Ok((by_core, by_clock))
    };
    let (all_scored, by_clock) = rates(true)?;
    let (as_run, _) = rates(false)?;
    Ok(vec![Figure {
        what: "parse, route, features and score, one core, recorded events",
        measured: quantile(&all_scored, 0.5),
        goal: Goal::AtLeast(100_000.0),
        unit: "events/s",
        note: format!(
            "every edit scored, by {} trees; median of {ROUNDS} rounds by the thread's own time \
             (by the clock {}, best {}); {} with bots passed over, as in the platform",
            champion.scorer.booster().num_trees(),
            number(quantile(&by_clock, 0.5)),
            number(quantile(&by_clock, 1.0)),
            number(quantile(&as_run, 0.5)),
        ),
    }])
}

/// Time that this thread has had a core for: what others do on the machine is not in it.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
