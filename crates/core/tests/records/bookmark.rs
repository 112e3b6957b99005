//! The bookmark against a simulated source: partitions with gaps, events out of order and repeated,
//! connections that break and processes that die at any time. No event may be lost, and each gap
//! counts once.

use proptest::prelude::*;
use rand::{Rng, RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};
use wikisentry_core::bookmark::{Bookmark, Gap, IdEntry, Position, Resume, ResumeBy, Seen};
use wikisentry_core::text::Text;
use wikisentry_core::time::EventTime;

const TOPICS: [&str; 2] = [
    "eqiad.mediawiki.recentchange",
    "codfw.mediawiki.recentchange",
];

const STREAMS: [&str; 1] = ["mediawiki.recentchange"];

#[derive(Debug, Clone, Copy)]
struct Simulation {
    seed: u64,
    /// The most places that an event may be away from its order.
    displacement: usize,
    /// One in so many offsets carries no event; 0: all do.
    holes: u64,
    /// One in so many events breaks the connection; 0: none does.
    breaks: u32,
    by: ResumeBy,
}

type Place = (usize, i32);

/// The source: the offsets of each partition and their times, which may also fall.
struct Source {
    partitions: BTreeMap<Place, Vec<(i64, i64)>>,
}

impl Source {
    fn new(simulation: Simulation, rng: &mut impl Rng) -> Self {
        let mut partitions = BTreeMap::new();
        for place in [(0, 0), (0, 1), (1, 0)] {
            let first = rng.random_range(0..1_000_000_000);
            let count = rng.random_range(50..200);
            let offsets = (first..first + count).filter(|offset| {
                // The first is never a hole: it is where the subscription starts.
                *offset == first
                    || simulation.holes == 0
                    || rng.random_range(0..simulation.holes) > 0
            });
            let offsets: Vec<i64> = offsets.collect();
            let timed = |offset: i64| {
                (
                    offset,
                    1_700_000_000_000 + (offset - first) / 3 * 1_000 + rng.random_range(0..2_000),
                )
            };
            partitions.insert(place, offsets.into_iter().map(timed).collect());
        }
        Self { partitions }
    }

    /// The number of offsets without an event that have more than a window of events after them. These
    /// and no others must be skipped once everything was sent.
    fn to_be_skipped(&self, window: usize) -> i64 {
        let holes = |events: &Vec<(i64, i64)>| -> i64 {
            let before = &events[..events.len().saturating_sub(window)];
            before.windows(2).map(|two| two[1].0 - two[0].0 - 1).sum()
        };
        self.partitions.values().map(holes).sum()
    }

    /// The events that one connection sends: those of every partition from the position in `id` on, in
    /// an order that is not exact, with the partitions mixed.
    fn send(&self, id: &str, displacement: usize, rng: &mut impl Rng) -> Vec<(Place, i64, i64)> {
        let entries: Vec<IdEntry<'_>> = serde_json::from_str(id).expect("an id");
        let mut queues = Vec::new();
        for entry in entries {
            let topic = TOPICS
                .iter()
                .position(|topic| *topic == entry.topic.as_str())
                .expect("a topic");
            let place = (topic, entry.partition);
            let events = &self.partitions[&place];
            let from = match (entry.offset, entry.timestamp) {
                (Some(offset), _) => events.iter().position(|event| event.0 >= offset),
                // As Kafka does: the first event that is not older.
                (None, Some(time)) => events.iter().position(|event| event.1 >= time),
                (None, None) => panic!("an entry without a place: {id}"),
            };
            let mut queue: Vec<_> = events[from.unwrap_or(events.len())..]
                .iter()
                .map(|(offset, time)| (place, *offset, *time))
                .collect();
            // Shuffled in blocks, the first of any size: no event moves by a whole block.
            let skip = queue.len().min(rng.random_range(0..=displacement));
            let (first, rest) = queue.split_at_mut(skip);
            first.shuffle(rng);
            rest.chunks_mut(displacement + 1)
                .for_each(|block| block.shuffle(rng));
            queues.push(queue.into_iter());
        }
        let mut sent = Vec::new();
        while !queues.is_empty() {
            let index = rng.random_range(0..queues.len());
            match queues[index].next() {
                Some(event) => sent.push(event),
                None => drop(queues.swap_remove(index)),
            }
        }
        sent
    }
}

/// The content of one transaction, which survives a crash as a whole or not at all.
#[derive(Clone)]
struct Kept {
    bookmark: String,
    delivered: BTreeSet<(Place, i64)>,
    gaps: Vec<Gap>,
}

/// Runs until a connection ends by itself, and gives the last state.
fn run(simulation: Simulation, source: &Source, rng: &mut impl Rng, window: usize) -> Kept {
    let start: Vec<IdEntry<'_>> = source
        .partitions
        .iter()
        .map(|((topic, partition), events)| IdEntry {
            topic: Text::from(TOPICS[*topic]),
            partition: *partition,
            offset: Some(events[0].0),
            timestamp: None,
        })
        .collect();
    let mut bookmark = Bookmark::default();
    bookmark.take_id(&start, &STREAMS);
    let mut kept = Kept {
        bookmark: serde_json::to_string(&bookmark).unwrap(),
        delivered: BTreeSet::new(),
        gaps: Vec::new(),
    };
    loop {
        // A process that died reads its last commit; one whose connection broke continues.
        let mut now = kept.clone();
        let mut bookmark: Bookmark = serde_json::from_str(&kept.bookmark).unwrap();
        let Resume::At(id) = bookmark.clone().resume(&STREAMS, simulation.by) else {
            panic!("a place in every partition");
        };
        let mut ended = true;
        for (place, offset, time) in source.send(&id, simulation.displacement, rng) {
            let position = Position {
                topic: Text::from(TOPICS[place.0]),
                partition: place.1,
                offset,
            };
            now.gaps
                .extend(bookmark.take(&position, EventTime::from_millis(time), window));
            now.delivered.insert((place, offset));
            if rng.random_range(0..7) == 0 {
                now.bookmark = serde_json::to_string(&bookmark).unwrap();
                kept = now.clone();
            }
            if simulation.breaks > 0 && rng.random_range(0..simulation.breaks) == 0 {
                if rng.random() {
                    now.bookmark = serde_json::to_string(&bookmark).unwrap();
                    kept = now.clone();
                }
                ended = false;
                break;
            }
        }
        if ended {
            return now;
        }
    }
}

fn check(simulation: Simulation) {
    println!("{simulation:?}");
    let mut rng = ChaCha8Rng::seed_from_u64(simulation.seed);
    let source = Source::new(simulation, &mut rng);
    // The window that the documentation of `take` requires.
    let window = 2 * simulation.displacement;
    let kept = run(simulation, &source, &mut rng, window);
    for (place, events) in &source.partitions {
        for (offset, _) in events {
            assert!(
                kept.delivered.contains(&(*place, *offset)),
                "{place:?} lost {offset}"
            );
        }
    }
    let skipped: i64 = kept.gaps.iter().map(|gap| gap.missing).sum();
    assert_eq!(skipped, source.to_be_skipped(window), "{:?}", kept.gaps);
}

proptest! {
    #[test]
    fn no_event_is_lost_and_each_gap_counts_once(
        seed in any::<u64>(),
        displacement in 0..12_usize,
        holes in prop_oneof![Just(0_u64), 2..40_u64],
        // A connection must send more than a window, or a gap at its start is never skipped.
        breaks in prop_oneof![Just(0_u32), 60..400_u32],
        by in prop_oneof![Just(ResumeBy::Offsets), Just(ResumeBy::Times)],
    ) {
        check(Simulation { seed, displacement, holes, breaks, by });
    }

    #[test]
    fn no_position_causes_a_panic(
        taken in prop::collection::vec((any::<i32>(), prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), -3..3_i64]), 0..40),
        window in 0..5_usize,
    ) {
        let mut bookmark = Bookmark::default();
        for &(partition, offset) in &taken {
            let position = Position { topic: Text::from("t"), partition: partition % 2, offset };
            bookmark.take(&position, None, window);
            bookmark.last_event_id();
        }
        // The same numbers as times and offsets of an id, before and after a break.
        let mut bookmark = Bookmark::default();
        bookmark.take(&Position { topic: Text::from("t"), partition: 9, offset: 1 }, EventTime::from_millis(0), window);
        for (number, (partition, value)) in taken.into_iter().enumerate() {
            let topic = Text::from("t");
            let is_time = number % 2 == 0;
            let id = [IdEntry { topic: topic.clone(), partition: partition % 2, offset: (!is_time).then_some(value), timestamp: is_time.then_some(value) }];
            bookmark.take_id(&id, &["t"]);
            let ways = [ResumeBy::Offsets, ResumeBy::Times, ResumeBy::Since];
            bookmark.resume(&["t"], ways[number % 3]);
            let position = Position { topic, partition: partition % 2, offset: value };
            bookmark.has_taken(&position, EventTime::from_millis(0));
            let seen = Seen { id: number as u64 % 3, is_new: number % 3 != 0 };
            bookmark.take_seen(&position, EventTime::from_millis(0), seen, window);
        }
    }
}

#[test]
fn the_time_of_an_event_that_overtook_others_counts_after_them() {
    let mut bookmark = Bookmark::default();
    let mut take = |offset, millis| {
        let position = Position {
            topic: Text::from("t"),
            partition: 0,
            offset,
        };
        bookmark.take(&position, EventTime::from_millis(millis), 10);
        bookmark.time().unwrap().as_millis()
    };
    assert_eq!(take(1, 1_000), 1_000);
    assert_eq!(take(3, 3_000), 1_000);
    assert_eq!(take(2, 2_000), 3_000);
}
