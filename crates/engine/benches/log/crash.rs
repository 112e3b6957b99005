//! Kill -9 at random moments: what was acknowledged is there, nothing has holes, and a commit is
//! there whole or not at all. Power loss is not simulated.

use crate::{Outcome, bench_root, load, stores};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Kills a committing child `rounds` times on one directory and checks it after each kill.
pub fn rounds(store: &str, rounds: u64, seed: u64) -> Outcome {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir_in(bench_root())?;
    let path = dir.path().to_string_lossy().into_owned();
    let mut acknowledged = 0u64;
    let mut failures = 0;
    for _ in 0..rounds {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["commit-forever", store, &path])
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no pipe")?;
        let reader = std::thread::spawn(move || {
            let lines = BufReader::new(output).lines();
            lines
                .map_while(Result::ok)
                .filter_map(|line| line.parse().ok())
                .last()
                .unwrap_or(0u64)
        });
        std::thread::sleep(Duration::from_micros(rng.random_range(20_000..600_000)));
        child.kill()?;
        child.wait()?;
        acknowledged = acknowledged.max(reader.join().map_err(|_| "the reader panicked")?);
        let checked = Command::new(std::env::current_exe()?)
            .args(["check", store, &path, &acknowledged.to_string()])
            .status()?;
        failures += u64::from(!checked.success());
    }
    println!(
        "{store}: {rounds} kills (seed {seed}), {acknowledged} events acknowledged, {failures} failures"
    );
    Ok(())
}

/// The child: commits one to four batches and the puts that name them, and prints each commit's
/// end only after it returned.
pub fn commit_forever(store: &str, dir: &Path) -> Outcome {
    let mut log = stores::open(store, dir)?;
    let sample = load::sample(load::BATCH);
    let mut next = log
        .get("next")?
        .map_or(Ok(0), |v| v.as_slice().try_into().map(u64::from_be_bytes))?;
    let mut out = std::io::stdout().lock();
    for turn in 0u64.. {
        let mut batches = Vec::new();
        for _ in 0..turn % 4 + 1 {
            batches.push((next, load::compress(&sample, next).1));
            next += load::BATCH as u64;
        }
        log.commit(&batches, &load::puts(next))?;
        writeln!(out, "{next}")?;
        out.flush()?;
        if turn % 50 == 49 {
            log.sync()?;
        }
    }
    Ok(())
}

/// The checker, in a process of its own: fails unless the store is whole.
pub fn check(store: &str, dir: &Path, acknowledged: u64) -> Outcome {
    let log = stores::open(store, dir)?;
    let next = log.read_all()?;
    for (key, value) in load::puts(next) {
        let found = log.get(key)?;
        if next > 0 && found.as_deref() != Some(value.as_slice()) {
            return Err(format!("{key} is {found:?} though the batches end at {next}").into());
        }
    }
    if next < acknowledged {
        return Err(format!("{acknowledged} was acknowledged, only {next} is there").into());
    }
    Ok(())
}
