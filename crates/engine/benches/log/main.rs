//! Which embedded store carries the log: fjall or redb, by figures and by a kill -9 test.
//! It measures the bare stores under the log's load, then the log itself on the one that was chosen.
//!
//! `cargo bench -p wikisentry-engine --bench log [-- EVENTS ROUNDS SEED]`
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

mod crash;
mod flips;
mod load;
mod own;
mod stores;

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// What every step of the bench returns.
pub type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["measure", store, dir, events, per_commit] => {
            measure(store, Path::new(dir), events.parse()?, per_commit.parse()?)
        }
        ["own", dir, events, per_commit, rate] => own::measure(
            Path::new(dir),
            events.parse()?,
            per_commit.parse()?,
            rate.parse()?,
        ),
        ["look", store, dir, written] => flips::look(store, Path::new(dir), written.parse()?),
        ["reopen", store, dir] => reopen(store, Path::new(dir)),
        ["commit-forever", store, dir] => crash::commit_forever(store, Path::new(dir)),
        ["check", store, dir, acknowledged] => {
            crash::check(store, Path::new(dir), acknowledged.parse()?)
        }
        plain => {
            let number = |at: usize, default: u64| {
                plain
                    .get(at)
                    .map_or(Ok(default), |word| word.parse::<u64>())
            };
            compare(
                number(0, 1_000_000)?,
                number(1, 30)?,
                number(2, rand::random())?,
            )
        }
    }
}

/// Runs each store in a process of its own, so that memory is its own, and prints the table.
fn compare(events: u64, rounds: u64, seed: u64) -> Outcome {
    println!("{events} events of 1 KB, batches of 512, 3 small puts a commit, sync every second");
    println!(
        "{:<6} {:>9} {:>10} {:>7} {:>8} {:>8} {:>9} {:>10} {:>9} {:>9}",
        "store",
        "ev/commit",
        "events/s",
        "MB/s",
        "CPU s",
        "RSS MB",
        "disk MB",
        "read MB/s",
        "open ms",
        "RSS open"
    );
    for store in stores::NAMES {
        for per_commit in [512, 4096] {
            let dir = tempfile::tempdir_in(bench_root())?;
            let path = dir.path().to_string_lossy().into_owned();
            // The first child ends by abort: the store is opened again as after a kill.
            rerun(&[
                "measure",
                store,
                &path,
                &events.to_string(),
                &per_commit.to_string(),
            ])?;
            rerun(&["reopen", store, &path])?;
        }
    }
    for (events, per_commit, rate) in [(events, 512, 0), (events, 4096, 0), (1_500, 5, 50)] {
        let dir = tempfile::tempdir_in(bench_root())?;
        let path = dir.path().to_string_lossy().into_owned();
        rerun(&[
            "own",
            &path,
            &events.to_string(),
            &per_commit.to_string(),
            &rate.to_string(),
        ])?;
    }
    for store in stores::NAMES {
        crash::rounds(store, rounds, seed)?;
    }
    for store in stores::NAMES {
        flips::rounds(store, 5 * rounds, seed)?;
    }
    Ok(())
}

/// Where stores are laid: beside the build, never on a memory file system.
pub fn bench_root() -> std::path::PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).to_path_buf()
}

fn rerun(args: &[&str]) -> Outcome {
    Command::new(std::env::current_exe()?).args(args).status()?;
    Ok(())
}

fn measure(store: &str, dir: &Path, events: u64, per_commit: u64) -> Outcome {
    let mut log = stores::open(store, dir)?;
    let sample = load::sample(load::BATCH * 8);
    let (mut next, mut last_sync) = (0, Instant::now());
    let start = Instant::now();
    let mut raw_bytes = 0;
    while next < events {
        let mut batches = Vec::new();
        for _ in 0..per_commit / load::BATCH as u64 {
            let (bytes, batch) = load::compress(&sample, next);
            raw_bytes += bytes;
            batches.push((next, batch));
            next += load::BATCH as u64;
        }
        log.commit(&batches, &load::puts(next))?;
        if last_sync.elapsed().as_millis() >= 1000 {
            log.sync()?;
            last_sync = Instant::now();
        }
    }
    log.sync()?;
    let seconds = start.elapsed().as_secs_f64();
    let (written, peak) = (next as f64, load::status_kib("VmHWM:") as f64 / 1024.0);
    let start = Instant::now();
    let read = log.read_all()?;
    let read_seconds = start.elapsed().as_secs_f64();
    assert_eq!(read, next, "every event is read back");
    print!(
        "{store:<6} {per_commit:>9} {:>10.0} {:>7.0} {:>8.1} {peak:>8.0} {:>9.0} {:>10.0} ",
        written / seconds,
        raw_bytes as f64 / seconds / 1e6,
        load::cpu_seconds(),
        load::disk_bytes(dir) as f64 / 1e6,
        raw_bytes as f64 / read_seconds / 1e6,
    );
    use std::io::Write as _;
    std::io::stdout().flush()?;
    std::process::abort()
}

fn reopen(store: &str, dir: &Path) -> Outcome {
    let start = Instant::now();
    let log = stores::open(store, dir)?;
    let millis = start.elapsed().as_secs_f64() * 1e3;
    println!(
        "{millis:>9.0} {:>9.0}",
        load::status_kib("VmHWM:") as f64 / 1024.0
    );
    drop(log);
    Ok(())
}
