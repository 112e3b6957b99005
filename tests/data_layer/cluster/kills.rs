//! Each part of the platform is killed once while edits flow, in an order by a printed seed.

use super::healthy;
use crate::fixture::{Fixture, docker};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;

/// Classes by which the processes of Flink are known in the node.
const PROCESSES: [&str; 2] = ["TaskManagerRunner", "ApplicationClusterEntryPoint"];
const CONTAINERS: [&str; 3] = ["kafka", "connect", "minio"];

/// Kills every part with a moment between, the node last.
pub fn kill_each(layer: &Fixture, node: &str) {
    let given = std::env::var("FAULT_SEED").ok();
    let seed = given.map_or_else(rand::random, |text| text.parse().expect("a number"));
    println!("FAULT_SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut parts = [&PROCESSES[..], &CONTAINERS[..]].concat();
    parts.shuffle(&mut random);
    for part in parts {
        std::thread::sleep(Duration::from_millis(random.random_range(0..6_000)));
        println!("kill {part}");
        if PROCESSES.contains(&part) {
            kill_process(node, part);
        } else {
            let name = layer.container(part);
            assert!(docker(&["kill", &name]).status.success(), "{name}");
            // The engine takes a kill for the user's wish and does not start it again by itself.
            assert!(docker(&["start", &name]).status.success(), "{name}");
        }
    }
    std::thread::sleep(Duration::from_millis(random.random_range(0..6_000)));
    println!("kill the node");
    assert!(docker(&["kill", node]).status.success());
    layer.ok(&["up", "--timeout", "0"]);
    healthy(layer);
}

/// `kill -9` of the node's processes whose command line has the word; it must be there.
fn kill_process(node: &str, word: &str) {
    // The shell's own command line has the word too.
    let script = format!(
        "for one in /proc/[0-9]*; do \
           [ \"$(cat $one/comm 2>/dev/null)\" = java ] && grep -q {word} $one/cmdline \
             && kill -9 ${{one#/proc/}} && echo killed; \
         done; true"
    );
    let output = docker(&["exec", node, "sh", "-c", &script]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("killed"),
        "no {word} runs in {node}: {output:?}"
    );
}
