//! Flipped bits and cut files: whether a store tells, keeps quiet or panics when its files are
//! damaged. It does not look inside the formats; it damages them at random places.

use crate::{Outcome, bench_root, load, stores};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Damages `rounds` copies of a small store, one place each, and counts what becomes of them.
pub fn rounds(store: &str, rounds: u64, seed: u64) -> Outcome {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let dir = tempfile::tempdir_in(bench_root())?;
    let (whole, copy) = (dir.path().join("whole"), dir.path().join("copy"));
    let written = fill(store, &whole)?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..rounds {
        copy_dir(&whole, &copy)?;
        let mut targets = Vec::new();
        files(&copy, &mut targets)?;
        // Sparse tails hold nothing; half of the damage goes to small files, which hold the structure.
        let target = &targets[rng.random_range(0..targets.len())];
        let mut bytes = std::fs::read(target)?;
        let used = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
        if used == 0 {
            continue;
        }
        let at = rng.random_range(0..used);
        if rng.random_bool(0.8) {
            bytes[at] ^= 1 << rng.random_range(0..8);
        } else {
            bytes.truncate(at);
        }
        std::fs::write(target, bytes)?;
        // In a process of its own: a store may abort on what it finds.
        let looked = Command::new(std::env::current_exe()?)
            .args(["look", store, &copy.to_string_lossy(), &written.to_string()])
            .stderr(Stdio::null())
            .output()?;
        let kind = match looked.status.success() {
            true => String::from_utf8(looked.stdout)?.trim().to_owned(),
            false => "died".to_owned(),
        };
        *counts.entry(kind).or_default() += 1;
    }
    println!("{store}: damaged {rounds} times (seed {seed}): {counts:?}");
    Ok(())
}

/// Opens a damaged copy, reads everything and prints what came of it.
pub fn look(store: &str, dir: &Path, written: u64) -> Outcome {
    let found = stores::open(store, dir).and_then(|log| {
        let next = log.read_all()?;
        let state = load::puts(next)
            .iter()
            .all(|(key, value)| matches!(log.get(key), Ok(Some(found)) if found == *value));
        Ok((next, state))
    });
    println!(
        "{}",
        match found {
            Err(_) => "told",
            Ok((next, true)) if next == written => "intact",
            Ok((_, true)) => "silently shorter",
            Ok((_, false)) => "silently inconsistent",
        }
    );
    Ok(())
}

fn fill(store: &str, dir: &Path) -> Outcome<u64> {
    std::fs::create_dir_all(dir)?;
    let mut log = stores::open(store, dir)?;
    let sample = load::sample(load::BATCH);
    let mut next = 0;
    for _ in 0..60 {
        let batch = load::compress(&sample, next).1;
        let base = next;
        next += load::BATCH as u64;
        log.commit(&[(base, batch)], &load::puts(next))?;
    }
    log.sync()?;
    Ok(next)
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) -> Outcome {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?
        } else {
            found.push(path)
        }
    }
    found.sort();
    Ok(())
}

fn copy_dir(from: &Path, to: &Path) -> Outcome {
    if to.exists() {
        std::fs::remove_dir_all(to)?;
    }
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().ok_or("no name")?);
        if path.is_dir() {
            copy_dir(&path, &target)?
        } else {
            std::fs::copy(&path, &target).map(|_| ())?
        }
    }
    Ok(())
}
