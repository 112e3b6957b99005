//! A store in memory that several actors use in an order that chance decides, request by request. A
//! listing has two pages, between which others act; a bulk removal is one request for each object. An
//! actor may be killed before or after any request has had its effect.

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt, TryFutureExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Go,
    /// The actor is killed before its request arrives.
    KillBefore,
    /// … or before the answer does.
    KillAfter,
}

#[derive(Debug, Default)]
struct Gates {
    /// By actor, where its verdict is sent.
    waiting: BTreeMap<usize, Sender<Verdict>>,
    /// Actors that neither wait nor have ended.
    running: BTreeSet<usize>,
}

/// The store, and who waits for it.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) objects: InMemory,
    gates: Mutex<Gates>,
    changed: Condvar,
    /// The store's clock, in milliseconds, and when each object was written.
    clock: Mutex<(i64, BTreeMap<Key, i64>)>,
}

impl World {
    pub(super) fn set_clock(&self, now: i64) {
        self.clock.lock().unwrap().0 = now;
    }

    pub(super) fn wrote(&self, key: &Key) {
        let mut clock = self.clock.lock().unwrap();
        let now = clock.0;
        clock.1.insert(key.clone(), now);
    }

    pub(super) fn written(&self, key: &Key) -> i64 {
        self.clock.lock().unwrap().1[key]
    }

    /// Counts an actor before its thread begins.
    pub(super) fn begin(&self, actor: usize) {
        self.gates.lock().unwrap().running.insert(actor);
    }

    pub(super) fn end(&self, actor: usize) {
        self.gates.lock().unwrap().running.remove(&actor);
        self.changed.notify_one();
    }

    /// The actors that wait, once none runs; none if all have ended.
    pub(super) fn waiting(&self) -> Vec<usize> {
        let gates = self.gates.lock().unwrap();
        let all = self
            .changed
            .wait_while(gates, |gates| !gates.running.is_empty());
        all.unwrap().waiting.keys().copied().collect()
    }

    /// Lets an actor do the request it waits for, and what follows up to its next.
    pub(super) fn grant(&self, actor: usize, verdict: Verdict) {
        let mut gates = self.gates.lock().unwrap();
        gates.running.insert(actor);
        let turn = gates.waiting.remove(&actor).unwrap();
        turn.send(verdict).unwrap();
    }

    fn enter(&self, actor: usize) -> Verdict {
        let (turn, granted) = channel();
        let mut gates = self.gates.lock().unwrap();
        gates.running.remove(&actor);
        gates.waiting.insert(actor, turn);
        drop(gates);
        self.changed.notify_one();
        granted.recv().unwrap()
    }

    /// All objects below a folder now, with the store's own times.
    fn all(&self, prefix: Option<&Key>) -> Vec<ObjectMeta> {
        let listed = self.objects.list(prefix).try_collect::<Vec<_>>();
        let mut all = listed.now_or_never().unwrap().unwrap();
        all.sort_by(|one, other| one.location.cmp(&other.location));
        for object in &mut all {
            let millis = self.written(&object.location);
            // Its type is of a crate that this one does not depend on.
            let moved = std::time::Duration::from_millis(millis.unsigned_abs());
            object.last_modified = std::time::SystemTime::UNIX_EPOCH
                .checked_add(moved)
                .unwrap()
                .into();
        }
        all
    }
}

/// The store as one actor sees it.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) world: Arc<World>,
    pub(super) actor: usize,
    is_dead: Arc<Mutex<bool>>,
    /// Whether it waits for its turn at all.
    is_free: bool,
}

impl Seat {
    /// Of one who is alone with the store.
    pub(super) fn free(world: &Arc<World>) -> Self {
        Self {
            is_free: true,
            ..Self::new(world, usize::MAX)
        }
    }

    pub(super) fn new(world: &Arc<World>, actor: usize) -> Self {
        Self {
            world: world.clone(),
            actor,
            is_dead: Arc::default(),
            is_free: false,
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        *self.is_dead.lock().unwrap()
    }

    /// Waits for its turn, does the request, and perhaps dies.
    async fn ask<T>(&self, request: impl Future<Output = Result<T>>) -> Result<T> {
        if self.is_dead() {
            return Err(killed());
        }
        if self.is_free {
            return request.await;
        }
        match self.world.enter(self.actor) {
            Verdict::Go => request.await,
            verdict => {
                *self.is_dead.lock().unwrap() = true;
                if verdict == Verdict::KillAfter {
                    let _ = request.await;
                }
                Err(killed())
            }
        }
    }

    async fn pages(self, prefix: Option<Key>) -> Result<Vec<ObjectMeta>> {
        let now = || async { Ok(self.world.all(prefix.as_ref())) };
        let mut first = self.ask(now()).await?;
        let middle = first.get(first.len() / 2).map(|it| it.location.clone());
        let Some(middle) = middle else {
            return Ok(first);
        };
        let second = self.ask(now()).await?;
        first.retain(|object| object.location < middle);
        let second = second.into_iter();
        first.extend(second.filter(|object| object.location >= middle));
        Ok(first)
    }
}

fn killed() -> Error {
    Error::Generic {
        store: "test",
        source: "killed".into(),
    }
}

impl std::fmt::Display for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "actor {}", self.actor)
    }
}

impl ObjectStore for Seat {
    fn put_opts<'s, 'k, 'f>(
        &'s self,
        key: &'k Key,
        payload: PutPayload,
        options: PutOptions,
    ) -> BoxFuture<'f, Result<PutResult>>
    where
        's: 'f,
        'k: 'f,
        Self: 'f,
    {
        let put = async move {
            let put = self.world.objects.put_opts(key, payload, options).await?;
            self.world.wrote(key);
            Ok(put)
        };
        self.ask(put).boxed()
    }

    fn put_multipart_opts<'s, 'k, 'f>(
        &'s self,
        _: &'k Key,
        _: PutMultipartOptions,
    ) -> BoxFuture<'f, Result<Box<dyn MultipartUpload>>>
    where
        's: 'f,
        'k: 'f,
        Self: 'f,
    {
        unreachable!("a compaction puts its file in one request")
    }

    fn get_opts<'s, 'k, 'f>(
        &'s self,
        key: &'k Key,
        options: GetOptions,
    ) -> BoxFuture<'f, Result<GetResult>>
    where
        's: 'f,
        'k: 'f,
        Self: 'f,
    {
        self.ask(self.world.objects.get_opts(key, options)).boxed()
    }

    fn delete_stream(
        &self,
        keys: BoxStream<'static, Result<Key>>,
    ) -> BoxStream<'static, Result<Key>> {
        let seat = self.clone();
        keys.then(move |key| {
            let seat = seat.clone();
            async move {
                let key = key?;
                seat.ask(seat.world.objects.delete(&key)).await?;
                Ok(key)
            }
        })
        .boxed()
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, Result<ObjectMeta>> {
        let pages = self.clone().pages(prefix.cloned());
        let objects = pages.map_ok(|objects| stream::iter(objects).map(Ok));
        objects.try_flatten_stream().boxed()
    }

    fn list_with_delimiter<'s, 'k, 'f>(
        &'s self,
        prefix: Option<&'k Key>,
    ) -> BoxFuture<'f, Result<ListResult>>
    where
        's: 'f,
        'k: 'f,
        Self: 'f,
    {
        let listed = async move {
            let objects = self.clone().pages(prefix.cloned()).await?;
            let depth = prefix.map_or(0, |prefix| prefix.parts().count());
            let (mut here, mut below) = (Vec::new(), BTreeSet::new());
            for object in objects {
                let parts: Vec<_> = object.location.parts().collect();
                match parts.len() - depth {
                    1 => here.push(object),
                    _ => {
                        below.insert(parts[..=depth].iter().cloned().collect::<Key>());
                    }
                }
            }
            Ok(ListResult {
                objects: here,
                common_prefixes: below.into_iter().collect(),
                extensions: Default::default(),
            })
        };
        listed.boxed()
    }

    fn copy_opts<'s, 'k, 't, 'f>(
        &'s self,
        _: &'k Key,
        _: &'t Key,
        _: CopyOptions,
    ) -> BoxFuture<'f, Result<()>>
    where
        's: 'f,
        'k: 'f,
        't: 'f,
        Self: 'f,
    {
        unreachable!("a compaction copies nothing")
    }
}
