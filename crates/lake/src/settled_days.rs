//! Which days need no labelling: their labels were made when nothing could change them any more, and
//! what they were made from is still what it was. A day's edits and facts are known by a fingerprint:
//! late edits, a back-fill and a merged lake change it, a compaction does not.
//!
//! Kept in `labels/settled.json`. It is looked at by names and sizes of files; only where these
//! changed the footers of the files are read.

use crate::archive::{Lake, Partition};
use crate::error::LakeError;
use crate::label_table;
use crate::storage::{Key, Storage};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::Xxh3Default;

/// The form of the file; one of another form counts as none, which costs the time to label all days.
const VERSION: u32 = 2;

/// Longest form of it that is read, in bytes: a day takes some 100.
const MOST: u64 = 64 << 20;

/// How far from a day events lie that its labels are made from, in whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    pub before: i32,
    pub after: i32,
}

/// The content of `labels/settled.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    version: u32,
    days: BTreeMap<Date, KeptDay>,
}

/// What is known of a day that has edits or facts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct KeptDay {
    /// A hash of the names and sizes of its files; `content` is one of what they hold.
    files: u64,
    content: u64,
    /// What the days around it held, and it itself, when its labels became final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settled: Option<u64>,
}

/// The days of a lake as they were when they were looked at.
#[derive(Debug)]
pub struct SettledDays {
    storage: Storage,
    reach: Reach,
    days: BTreeMap<Date, KeptDay>,
    /// The days that have edits, with their hours.
    partitions: BTreeMap<Date, Vec<Partition>>,
    /// The days that have a file of labels.
    labelled: BTreeSet<Date>,
}

impl SettledDays {
    /// Looks at the days of a lake. What is added from now on shows the next time.
    ///
    /// # Errors
    /// If the lake cannot be listed, or a file of a day that has changed cannot be read.
    pub fn look(lake: &Lake, reach: Reach) -> Result<Self, LakeError> {
        let storage = lake.storage().clone();
        let kept = storage.read(&marker(), MOST)?;
        let kept: Option<Kept> = kept.and_then(|seen| serde_json::from_slice(&seen.bytes).ok());
        let mut before = kept.unwrap_or_default();
        if before.version != VERSION {
            before = Kept::default();
        }
        let files = Files::list(lake)?;
        let mut days = BTreeMap::new();
        for (day, names) in &files.names {
            let hash = names.digest();
            let known = before.days.get(day).copied().unwrap_or_default();
            let content = match known.files == hash {
                true => known.content,
                false => files.content(lake, *day)?,
            };
            days.insert(
                *day,
                KeptDay {
                    files: hash,
                    content,
                    settled: known.settled,
                },
            );
        }
        Ok(Self {
            storage,
            reach,
            days,
            partitions: files.partitions,
            labelled: files.labelled,
        })
    }

    /// The days that have edits or facts, in order.
    pub fn days(&self) -> impl Iterator<Item = Date> {
        self.days.keys().copied()
    }

    /// The hours with edits of a day.
    pub fn partitions(&self, day: Date) -> &[Partition] {
        self.partitions.get(&day).map_or(&[], Vec::as_slice)
    }

    /// Whether the labels of a day are final, and made from what is there.
    pub fn is_settled(&self, day: Date) -> bool {
        let settled = self.days.get(&day).and_then(|known| known.settled);
        self.labelled.contains(&day) && settled == Some(self.around(day))
    }

    /// Notes that the labels of these days are final, and made from what was there when it was looked.
    ///
    /// # Errors
    /// If the note cannot be written; the one before is then still there.
    pub fn settle(&mut self, settled: &[Date]) -> Result<(), LakeError> {
        for day in settled {
            let around = self.around(*day);
            if let Some(known) = self.days.get_mut(day) {
                known.settled = Some(around);
            }
        }
        let kept = Kept {
            version: VERSION,
            days: self.days.clone(),
        };
        let bytes = serde_json::to_vec(&kept).expect("dates and numbers are always JSON");
        Ok(self.storage.put(&marker(), &bytes)?)
    }

    /// What a day's labels are made from.
    fn around(&self, day: Date) -> u64 {
        let first = shifted(day, -self.reach.before);
        let last = shifted(day, self.reach.after);
        let mut hash = Xxh3Default::new();
        for (day, known) in self.days.range(first..=last) {
            hash.update(day.to_string().as_bytes());
            hash.update(&known.content.to_le_bytes());
        }
        hash.digest()
    }
}

/// A day so many days later, as far as the calendar goes.
fn shifted(day: Date, days: i32) -> Date {
    let end = if days < 0 { Date::MIN } else { Date::MAX };
    day.checked_add(jiff::Span::new().days(days)).unwrap_or(end)
}

/// The files of a lake by day.
struct Files {
    names: BTreeMap<Date, Xxh3Default>,
    facts: BTreeMap<Date, Xxh3Default>,
    partitions: BTreeMap<Date, Vec<Partition>>,
    labelled: BTreeSet<Date>,
}

impl Files {
    fn list(lake: &Lake) -> Result<Self, LakeError> {
        let mut files = Self {
            names: BTreeMap::new(),
            facts: BTreeMap::new(),
            partitions: BTreeMap::new(),
            labelled: BTreeSet::new(),
        };
        for (partition, of_hour) in lake.sizes()? {
            let day = partition.date();
            files.partitions.entry(day).or_default().push(partition);
            let names = files.names.entry(day).or_default();
            names.update(partition.to_string().as_bytes());
            for (name, bytes) in of_hour {
                add(names, &name, bytes);
            }
        }
        let mut beside = lake.storage().sizes(&Key::from("labels"))?;
        beside.sort_unstable();
        for (key, bytes) in beside {
            let name = key.as_ref();
            if let Some(day) = fact_day(name) {
                add(files.names.entry(day).or_default(), name, bytes);
                let facts = files.facts.entry(day).or_default();
                facts.update(name.as_bytes());
            } else if let Some(day) = label_table::day_of(name) {
                files.labelled.insert(day);
            }
        }
        Ok(files)
    }

    /// What a day's files hold. Those of facts are named by the offsets of their events.
    fn content(&self, lake: &Lake, day: Date) -> Result<u64, LakeError> {
        let mut hash = self.facts.get(&day).cloned().unwrap_or_default();
        for partition in self.partitions.get(&day).into_iter().flatten() {
            hash.update(partition.to_string().as_bytes());
            lake.content(*partition)?.hash_into(&mut hash);
        }
        Ok(hash.digest())
    }
}

fn add(hash: &mut Xxh3Default, name: &str, bytes: u64) {
    hash.update(name.as_bytes());
    hash.update(&bytes.to_le_bytes());
}

/// The day of a file of label facts; `None` for other files.
fn fact_day(name: &str) -> Option<Date> {
    let day = name.strip_prefix("labels/facts/date=")?;
    let (day, file) = day.split_once('/')?;
    file.ends_with(".gz").then(|| day.parse().ok())?
}

fn marker() -> Key {
    Key::from("labels/settled.json")
}
