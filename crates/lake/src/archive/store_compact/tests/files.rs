//! Files of the lake as Flink writes them, and what is in a file.

use super::world::World;
use crate::archive::archive_sample;
use crate::archive::parquet_file::{FILE_SUFFIX, merged_of};
use crate::archive::{FileWriter, Lake, Partition};
use arrow_array::{Array, StringArray};
use futures_util::{FutureExt, TryStreamExt};
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;

/// 2026-09-17T03:00:00Z, the first hour of edits.
pub(super) const START: i64 = 1_789_614_000_000;
pub(super) const HOUR: i64 = 3_600_000;

/// A store with files, and what must be in it.
pub(super) struct Files {
    pub(super) world: Arc<World>,
    pub(super) rng: ChaCha8Rng,
    /// The store's clock, in milliseconds.
    pub(super) now: i64,
    /// `meta_id` of every edit, by hour.
    pub(super) edits: BTreeMap<Partition, BTreeSet<String>>,
    /// Files of Flink, and when they were written.
    pub(super) flinks: BTreeMap<Key, i64>,
    /// What files hold that were looked at before: none ever changes.
    known: BTreeMap<Key, Content>,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) edits: Vec<String>,
    pub(super) replaces: BTreeSet<String>,
}

/// The hour that begins so many hours after the first.
pub(super) fn hour(number: i64) -> Partition {
    let time = EventTime::from_millis(START + number * HOUR).unwrap();
    Partition::of(UserType::Registered, time)
}

impl Files {
    /// Nine hours after the first hour of edits.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            world: Arc::default(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            now: START + 9 * HOUR,
            edits: BTreeMap::new(),
            flinks: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    pub(super) fn lake(&self) -> Lake {
        Lake::on_store(Arc::new(super::world::Seat::free(&self.world)), "")
    }

    pub(super) fn later(&mut self, millis: i64) {
        self.now += millis;
        self.world.set_clock(self.now);
    }

    /// Adds a file of some edits of an hour, as Flink names it; its key.
    pub(super) fn flink(&mut self, number: i64) -> Key {
        let rng = &mut self.rng;
        let (high, low): (u64, u64) = (rng.random(), rng.random());
        let uuid = format!("{:016x}{:016x}", high, low);
        let parts = [
            &uuid[..8],
            &uuid[8..12],
            &uuid[12..16],
            &uuid[16..20],
            &uuid[20..],
        ];
        let count: u8 = rng.random();
        let name = format!("part-{}-{count}{FILE_SUFFIX}", parts.join("-"));
        let key = self.add(number, &name);
        self.flinks.insert(key.clone(), self.now);
        key
    }

    /// Adds a file of some edits of an hour.
    pub(super) fn add(&mut self, number: i64, name: &str) -> Key {
        let partition = hour(number);
        let mut file = FileWriter::new().unwrap();
        for _ in 0..self.rng.random_range(1..5) {
            let millis = START + number * HOUR + self.rng.random_range(0..HOUR);
            let mut record = archive_sample::edit(&mut self.rng, millis);
            record.edit.user_type = UserType::Registered;
            let id = record.edit.meta_id.to_string();
            self.edits.entry(partition).or_default().insert(id);
            file.push(&record).unwrap();
        }
        let key = Key::from(format!("edits/{partition}/{name}"));
        self.put(&key, file.finish().unwrap());
        key
    }

    pub(super) fn put(&self, key: &Key, bytes: Vec<u8>) {
        self.world.set_clock(self.now);
        let put = self.world.objects.put(key, bytes.into());
        put.now_or_never().unwrap().unwrap();
        self.world.wrote(key);
    }

    pub(super) fn remove(&self, key: &Key) {
        let removed = self.world.objects.delete(key);
        removed.now_or_never().unwrap().unwrap();
    }

    pub(super) fn bytes(&self, key: &Key) -> Option<Vec<u8>> {
        let found = self.world.objects.get(key).now_or_never().unwrap().ok()?;
        let bytes = found.bytes().now_or_never().unwrap().unwrap();
        Some(bytes.to_vec())
    }

    /// The files of edits that anybody would list now.
    pub(super) fn keys(&self) -> Vec<Key> {
        let edits = Key::from("edits");
        let listed = self.world.objects.list(Some(&edits));
        let keys = listed.map_ok(|object| object.location).try_collect();
        let mut keys: Vec<Key> = keys.now_or_never().unwrap().unwrap();
        keys.sort_unstable();
        keys
    }

    /// The same with what is in them.
    pub(super) fn listed(&mut self) -> BTreeMap<Key, Content> {
        let mut all = BTreeMap::new();
        for key in self.keys() {
            if !self.known.contains_key(&key) {
                let content = content(&self.bytes(&key).unwrap());
                self.known.insert(key.clone(), content);
            }
            let content = self.known[&key].clone();
            all.insert(key, content);
        }
        all
    }

    /// Every edit of the files that no other file of their hour replaces, as often as it is there.
    pub(super) fn live(&mut self) -> Vec<String> {
        let listed = self.listed();
        let place = |key: &Key| {
            let (folder, name) = key.as_ref().rsplit_once('/').unwrap();
            (folder.to_owned(), name.to_owned())
        };
        let mut replaced = BTreeSet::new();
        for (key, content) in &listed {
            let (folder, _) = place(key);
            let names = content.replaces.iter();
            replaced.extend(names.map(|name| (folder.clone(), name.clone())));
        }
        let live = listed
            .iter()
            .filter(|(key, _)| !replaced.contains(&place(key)));
        let mut edits: Vec<_> = live.flat_map(|(_, file)| file.edits.clone()).collect();
        edits.sort_unstable();
        edits
    }

    /// Every edit of all files, as often as it is there.
    pub(super) fn plain(&mut self) -> Vec<String> {
        let mut edits: Vec<_> = self
            .listed()
            .into_values()
            .flat_map(|it| it.edits)
            .collect();
        edits.sort_unstable();
        edits
    }

    /// Every edit that was written, once.
    pub(super) fn expected(&self) -> Vec<String> {
        let mut edits: Vec<_> = self.edits.values().flatten().cloned().collect();
        edits.sort_unstable();
        edits
    }
}

fn content(bytes: &[u8]) -> Content {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    let opened = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let replaces = merged_of(&opened, Path::new("a file")).unwrap();
    let mut edits = Vec::new();
    for batch in opened.build().unwrap() {
        let batch = batch.unwrap();
        let ids = batch.column_by_name("meta_id").unwrap();
        let ids: &StringArray = ids.as_any().downcast_ref().unwrap();
        edits.extend((0..ids.len()).map(|row| ids.value(row).to_owned()));
    }
    Content {
        edits,
        replaces: replaces.into_iter().collect(),
    }
}
