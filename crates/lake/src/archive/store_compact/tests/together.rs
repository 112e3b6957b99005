//! Compactors, readers and Flink on one lake, in every order that chance comes upon, killed anywhere.

use super::files::{Files, HOUR, hour};
use super::world::{Seat, Verdict};
use super::*;
use crate::archive::parquet_file::{is_merged, is_of_flink};
use crate::archive::{Edits, Partition};
use rand::RngExt;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// `SEED` is the first, `SEEDS` how many follow it.
const SEEDS: u64 = 12;
/// Requests of all actors until nothing new begins.
const REQUESTS: usize = 500;
const HOURS: i64 = 2;

/// What happened, over all seeds: without it the test would show nothing.
#[derive(Debug, Default)]
struct Seen {
    killed: usize,
    compacted: usize,
    taken_over: usize,
    /// Moments at which one who lists and reads everything would have seen rows twice.
    doubled: usize,
    /// Readings that ended, and those that were begun too often.
    read: usize,
    given_up: usize,
}

struct Actor {
    /// How often it is its turn.
    weight: f64,
    is_reader: bool,
    thread: JoinHandle<()>,
}

#[test]
fn every_edit_is_there_once_for_readers_whoever_is_killed_when() {
    let given = |name| std::env::var(name).map(|text| text.parse().unwrap());
    let (base, seeds) = (given("SEED").unwrap_or(0), given("SEEDS").unwrap_or(SEEDS));
    let mut seen = Seen::default();
    for seed in base..base + seeds {
        eprintln!("SEED={seed}");
        Play::new(seed).run(&mut seen);
    }
    eprintln!("{seen:?}");
    let few = seeds as usize;
    assert!(seen.killed > few && seen.compacted > few, "{seen:?}");
    assert!(seen.taken_over > few && seen.doubled > few, "{seen:?}");
    assert!(
        seen.read > few && seen.given_up < seen.read / 10,
        "{seen:?}"
    );
}

struct Play {
    files: Files,
    /// What readers may and must find.
    edits: Arc<Mutex<BTreeMap<Partition, BTreeSet<String>>>>,
    actors: BTreeMap<usize, Actor>,
    next: usize,
    counts: Arc<Mutex<Seen>>,
    /// The files at the last look, and whether some edits were twice in them.
    checked: Vec<Key>,
    is_double: bool,
}

impl Play {
    fn new(seed: u64) -> Self {
        let mut files = Files::new(seed);
        for number in 0..HOURS {
            files.flink(number);
        }
        Self {
            edits: Arc::new(Mutex::new(files.edits.clone())),
            files,
            actors: BTreeMap::new(),
            next: 0,
            counts: Arc::default(),
            checked: Vec::new(),
            is_double: false,
        }
    }

    fn run(mut self, seen: &mut Seen) {
        for request in 0.. {
            let is_over = request >= REQUESTS;
            if !is_over {
                self.add_files();
                self.add_actors();
            }
            let waiting = self.files.world.waiting();
            self.join_ended(&waiting);
            if waiting.is_empty() {
                break;
            }
            let actor = self.pick(&waiting);
            let verdict = self.verdict(actor, is_over, seen);
            self.files.world.grant(actor, verdict);
            self.files.world.waiting();
            self.check(seen);
        }
        // The last one, whom nobody disturbs.
        self.files.later(2 * HOUR);
        self.files.flink(HOURS);
        compactor(&self.files, 2).run(&mut |_| ()).unwrap();
        let expected = self.files.expected();
        assert_eq!(
            self.files.plain(),
            expected,
            "nothing is there twice in the end"
        );
        let left = self.files.listed();
        for number in 0..HOURS {
            let folder = format!("edits/{}/", hour(number));
            let files = left.keys().filter(|key| key.as_ref().starts_with(&folder));
            let files = files.count();
            assert!(files <= 2, "{files} files in hour {number}");
        }
        let counts = self.counts.lock().unwrap();
        seen.compacted += counts.compacted;
        seen.read += counts.read;
        seen.given_up += counts.given_up;
    }

    fn add_files(&mut self) {
        if self.files.rng.random_bool(0.12) {
            let pause = self.files.rng.random_range(1..HOUR * 2 / 3);
            self.files.later(pause);
            let number = self.files.rng.random_range(0..HOURS);
            self.files.flink(number);
            *self.edits.lock().unwrap() = self.files.edits.clone();
        }
    }

    fn add_actors(&mut self) {
        let readers = self.actors.values().filter(|actor| actor.is_reader).count();
        let compactors = self.actors.len() - readers;
        if compactors < 3 {
            self.begin(false);
        }
        if readers < 1 {
            self.begin(true);
        }
    }

    fn begin(&mut self, is_reader: bool) {
        let actor = self.next;
        self.next += 1;
        let world = self.files.world.clone();
        let seat = Seat::new(&world, actor);
        let lake = Lake::on_store(Arc::new(seat.clone()), "");
        let (edits, counts) = (self.edits.clone(), self.counts.clone());
        world.begin(actor);
        let thread = std::thread::spawn(move || {
            let work = || match is_reader {
                true => read(&lake, &edits, &counts),
                false => compact(lake, &seat, &counts),
            };
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            world.end(actor);
            if let Err(panic) = outcome {
                std::panic::resume_unwind(panic);
            }
        });
        // Some are so slow that others begin and end meanwhile.
        let is_slow = !is_reader && self.files.rng.random_bool(0.4);
        let actor_of = Actor {
            weight: if is_slow { 0.03 } else { 1.0 },
            is_reader,
            thread,
        };
        self.actors.insert(actor, actor_of);
    }

    fn join_ended(&mut self, waiting: &[usize]) {
        let ended = self.actors.keys().filter(|actor| !waiting.contains(actor));
        for actor in ended.copied().collect::<Vec<_>>() {
            let ended = self.actors.remove(&actor).unwrap();
            ended.thread.join().unwrap();
        }
    }

    fn pick(&mut self, waiting: &[usize]) -> usize {
        loop {
            let at = self.files.rng.random_range(0..waiting.len());
            let weight = self.actors[&waiting[at]].weight;
            if self.files.rng.random_bool(weight) {
                return waiting[at];
            }
        }
    }

    fn verdict(&mut self, actor: usize, is_over: bool, seen: &mut Seen) -> Verdict {
        let is_killed = self.files.rng.random_bool(0.04);
        if is_over || self.actors[&actor].is_reader || !is_killed {
            return Verdict::Go;
        }
        seen.killed += 1;
        match self.files.rng.random_bool(0.5) {
            true => Verdict::KillBefore,
            false => Verdict::KillAfter,
        }
    }

    /// What must hold after each request of anybody.
    fn check(&mut self, seen: &mut Seen) {
        let note = self.files.bytes(&Key::from(NOTE));
        let note = note.map(|json| serde_json::from_slice::<serde_json::Value>(&json).unwrap());
        let abandoned = note.and_then(|note| note["claim"]["abandoned"].as_array().cloned());
        seen.taken_over += usize::from(abandoned.is_some_and(|names| !names.is_empty()));
        let keys = self.files.keys();
        seen.doubled += usize::from(self.is_double && keys == self.checked);
        if keys == self.checked {
            return;
        }
        self.checked = keys;
        let expected = self.files.expected();
        assert_eq!(self.files.live(), expected, "by the rule of our readers");
        let plain = self.files.plain();
        let all: BTreeSet<_> = plain.iter().cloned().collect();
        assert!(
            expected.iter().all(|edit| all.contains(edit)),
            "lost for others"
        );
        self.is_double = plain.len() > expected.len();
        seen.doubled += usize::from(self.is_double);
        // What Flink may still look for is there: what came within an hour before its latest.
        let listed = self.files.listed();
        let flinks = self.files.flinks.iter();
        let newest = flinks.clone().map(|(_, written)| *written).max().unwrap();
        for (key, written) in flinks {
            let is_needed = *written > newest - HOUR;
            assert!(!is_needed || listed.contains_key(key), "{key} is gone");
        }
        assert!(listed.keys().all(|key| {
            let name = key.filename().unwrap();
            is_merged(name) || is_of_flink(name)
        }));
    }
}

fn compact(lake: Lake, seat: &Seat, counts: &Mutex<Seen>) {
    let compactor = StoreCompactor {
        lake,
        max_files: 2,
        patience: Duration::ZERO,
        settled_after: Duration::from_millis(HOUR as u64),
    };
    let outcome = compactor.run(&mut |told| {
        counts.lock().unwrap().compacted += usize::from(matches!(told, Told::Compacted(_)));
    });
    match outcome {
        Ok(()) => {}
        Err(_) if seat.is_dead() => {}
        Err(LakeError::Claim(why)) if why.contains("others compact") => {}
        Err(error) => panic!("{error}"),
    }
}

/// Reads each hour as our readers do.
fn read(lake: &Lake, edits: &Mutex<BTreeMap<Partition, BTreeSet<String>>>, counts: &Mutex<Seen>) {
    for number in 0..HOURS {
        let partition = hour(number);
        let before = edits.lock().unwrap()[&partition].clone();
        let Ok(files) = lake.open_partition(partition) else {
            counts.lock().unwrap().given_up += 1;
            continue;
        };
        let after = edits.lock().unwrap()[&partition].clone();
        let mut found = Vec::new();
        for file in files {
            let path = file.path().to_owned();
            for batch in file.batches().unwrap() {
                let batch = batch.unwrap();
                let edits = Edits::of(&batch, partition.user_type(), &path).unwrap();
                found.extend((0..edits.len()).map(|row| edits.edit(row).meta_id.to_string()));
            }
        }
        let once: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(once.len(), found.len(), "an edit was read twice");
        assert!(before.is_subset(&once), "an edit was not read");
        assert!(once.is_subset(&after), "an edit of nowhere was read");
        counts.lock().unwrap().read += 1;
    }
}
