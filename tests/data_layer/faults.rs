//! Containers killed in the middle of a replay that is itself faulty: every edit is there once.

use crate::fixture::{Fixture, docker};
use crate::life::SAMPLE_EDITS;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;

fn number(variable: &str, default: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(default, |text| text.parse().expect("a number"))
}

#[test]
#[ignore = "needs a Docker engine: CONTAINER_TESTS=1 scripts/test.sh"]
fn nothing_is_lost_or_doubled_whatever_is_killed() {
    let seed = number("FAULT_SEED", rand::random());
    let kills = number("FAULT_KILLS", 6);
    println!("FAULT_SEED={seed} FAULT_KILLS={kills}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut layer = Fixture::new("faults", 83);
    let faults = ["--faults", "disconnect=0.002,duplicate=0.02"];
    layer.serve(&[&["--rate", "100", "--seed", &seed.to_string()][..], &faults].concat());

    // An `up` that is killed goes on when it is called again.
    for _ in 0..3 {
        let mut up = layer.command(&["up", "--until", "data-layer"]);
        let mut up = up.spawn().expect("the program runs");
        std::thread::sleep(Duration::from_millis(random.random_range(100..8_000)));
        _ = up.kill();
        _ = up.wait();
    }
    layer.up();
    for _ in 0..kills {
        let service = ["kafka", "connect", "minio"]
            .choose(&mut random)
            .expect("one");
        std::thread::sleep(Duration::from_millis(random.random_range(0..3_000)));
        println!("kill {service}");
        let name = layer.container(service);
        docker(&["kill", "--signal", "KILL", &name]);
        // The engine takes a kill for the user's wish and does not start it again by itself.
        docker(&["start", &name]);
    }
    let edits = layer.wait_for(SAMPLE_EDITS);
    let doubled: Vec<_> = edits.iter().filter(|(_, count)| **count != 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    assert_eq!(edits.len(), SAMPLE_EDITS);
}
