//! The log's load as the stores see it: JSON-like events of 1 KB in compressed batches, and what
//! the operating system says about the process. Not a model of edit content.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// Events in one stored batch.
pub const BATCH: usize = 512;

/// `count` events of about 1 KB, alike in structure and different in content, as edits are.
pub fn sample(count: usize) -> Vec<String> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    (0..count).map(|_| event(&mut rng)).collect()
}

fn event(rng: &mut impl Rng) -> String {
    let id: u128 = rng.random();
    let mut text = format!(
        r#"{{"$schema":"/mediawiki/recentchange/1.0.0","meta":{{"uri":"https://en.wikipedia.org/wiki/{}","request_id":"{id:032x}","id":"{:032x}","dt":"2026-09-17T03:42:33.778Z","domain":"en.wikipedia.org","stream":"mediawiki.recentchange","topic":"eqiad.mediawiki.recentchange","partition":0,"offset":{}}},"id":{},"type":"edit","namespace":0,"comment":""#,
        word(rng),
        id.rotate_left(64) ^ 0x5555,
        rng.random::<u32>(),
        rng.random::<u32>(),
    );
    while text.len() < 860 {
        text.push_str(&word(rng));
        text.push(' ');
    }
    text.push_str(&format!(
        r#"","user":"{}","bot":false,"minor":false,"length":{{"old":{},"new":{}}},"revision":{{"old":{},"new":{}}},"server_name":"en.wikipedia.org","wiki":"enwiki"}}"#,
        word(rng),
        rng.random::<u16>(),
        rng.random::<u16>(),
        rng.random::<u32>(),
        rng.random::<u32>(),
    ));
    text
}

fn word(rng: &mut impl Rng) -> String {
    let length = rng.random_range(3..10);
    (0..length)
        .map(|_| char::from(b'a' + rng.random_range(0..26u8)))
        .collect()
}

/// The batch that starts at `base`: bytes before compression, and the value to store.
pub fn compress(sample: &[String], base: u64) -> (u64, Vec<u8>) {
    let mut raw = Vec::with_capacity(BATCH * 1100);
    for at in base..base + BATCH as u64 {
        raw.extend_from_slice(&at.to_be_bytes());
        raw.extend_from_slice(sample[at as usize % sample.len()].as_bytes());
    }
    (
        raw.len() as u64,
        lz4_flex::block::compress_prepend_size(&raw),
    )
}

/// The three small puts of a commit that ends at `next`; the crash test compares them.
pub fn puts(next: u64) -> [(&'static str, Vec<u8>); 3] {
    [
        (
            "bookmark",
            format!("[{{\"topic\":\"eqiad\",\"offset\":{next}}}]").into_bytes(),
        ),
        ("consumer", next.to_be_bytes().to_vec()),
        ("next", next.to_be_bytes().to_vec()),
    ]
}

/// A field of /proc/self/status in KiB; 0 where there is none.
pub fn status_kib(field: &str) -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| {
            line.strip_prefix(field)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

/// Processor time of this process so far, in seconds (at 100 ticks a second, as Linux reports).
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|f| f.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}

/// Bytes allocated on disk below `dir`.
pub fn disk_bytes(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(entries) = std::fs::read_dir(dir) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => disk_bytes(&entry.path()),
            Ok(meta) => meta.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}
