//! What is interrupted and killed: the start in its stages, then each part while edits flow, in an
//! order by a printed seed.

use super::healthy;
use crate::fixture::{Fixture, docker};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::process::Command;
use std::time::Duration;

/// Classes by which the processes of Flink are known in the node.
const PROCESSES: [&str; 2] = ["TaskManagerRunner", "ApplicationClusterEntryPoint"];
const CONTAINERS: [&str; 3] = ["kafka", "connect", "minio"];

/// The chance of a run, by a seed that is printed.
pub fn chance() -> ChaCha8Rng {
    let given = std::env::var("FAULT_SEED").ok();
    let seed = given.map_or_else(rand::random, |text| text.parse().expect("a number"));
    println!("FAULT_SEED={seed}");
    ChaCha8Rng::seed_from_u64(seed)
}

/// Starts it several times and ends each start somewhere in its stages, by Ctrl-C and by force in turn;
/// the last start is left alone.
pub fn start_with_interruptions(layer: &Fixture, random: &mut ChaCha8Rng) {
    for (signal, seconds) in [
        ("INT", 1..10),
        ("KILL", 8..25),
        ("INT", 20..40),
        ("KILL", 20..40),
    ] {
        let mut up = layer.command(&["up", "--timeout", "0"]);
        let mut up = up.spawn().expect("the program runs");
        let after = Duration::from_secs(random.random_range(seconds));
        std::thread::sleep(after);
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &up.id().to_string()])
            .status();
        println!("SIG{signal} after {after:?}: {sent:?}");
        _ = up.wait();
    }
    layer.ok(&["up", "--timeout", "0"]);
}

/// Kills every part with a moment between, the node last.
pub fn kill_each(layer: &Fixture, node: &str, random: &mut ChaCha8Rng) {
    let mut parts = [&PROCESSES[..], &CONTAINERS[..]].concat();
    parts.shuffle(random);
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
