//! The connections of a server: how many there are, and which one gives way to the next. It is the
//! one that has waited longest without a request, so that idle ones keep nobody out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// All seats of a server.
pub(super) struct Seats {
    most: usize,
    /// Counts what happens: by it, what happened before what.
    clock: AtomicU64,
    taken: Mutex<BTreeMap<u64, Arc<Sitter>>>,
}

/// What is known of the connection on a seat.
struct Sitter {
    /// Requests that are being answered.
    requests: AtomicUsize,
    /// When the last of them ended.
    idle_since: AtomicU64,
    given_away: CancellationToken,
}

/// The seat of one connection, until this is dropped.
pub(super) struct Seat {
    number: u64,
    seats: Arc<Seats>,
    sitter: Arc<Sitter>,
}

/// A request that is being answered, until this is dropped.
pub(super) struct Busy(Arc<Seat>);

impl Seats {
    pub fn new(most: usize) -> Self {
        Self {
            most,
            clock: AtomicU64::new(0),
            taken: Mutex::default(),
        }
    }

    /// A seat for a new connection; `None` if all have a request under way.
    pub fn take(self: &Arc<Self>) -> Option<Arc<Seat>> {
        let mut taken = self.taken();
        if taken.len() >= self.most {
            let idle = taken.iter().filter(|(_, sitter)| sitter.is_idle());
            let longest = idle.min_by_key(|(_, sitter)| sitter.idle_since.load(Ordering::Acquire));
            let number = *longest?.0;
            let sitter = taken.remove(&number)?;
            sitter.given_away.cancel();
        }
        let number = self.tick();
        let sitter = Arc::new(Sitter {
            requests: AtomicUsize::new(0),
            idle_since: AtomicU64::new(number),
            given_away: CancellationToken::new(),
        });
        taken.insert(number, Arc::clone(&sitter));
        Some(Arc::new(Seat {
            number,
            seats: Arc::clone(self),
            sitter,
        }))
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::AcqRel)
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Sitter>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sitter {
    fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Acquire) == 0
    }
}

impl Seat {
    /// A request has come.
    pub fn begin(self: &Arc<Self>) -> Busy {
        self.sitter.requests.fetch_add(1, Ordering::AcqRel);
        Busy(Arc::clone(self))
    }

    /// Waits until another connection gets the seat.
    pub async fn given_away(&self) {
        self.sitter.given_away.cancelled().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken().remove(&self.number);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let sitter = &self.0.sitter;
        let now = self.0.seats.tick();
        sitter.idle_since.store(now, Ordering::Release);
        sitter.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_away(seat: &Seat) -> bool {
        seat.sitter.given_away.is_cancelled()
    }

    #[test]
    fn the_one_that_has_been_idle_longest_gives_way() {
        let seats = Arc::new(Seats::new(3));
        let [first, second, third] = [(); 3].map(|()| seats.take().expect("a seat"));
        drop(first.begin());
        let busy = second.begin();
        let fourth = seats.take().expect("a seat");
        assert!(is_away(&third) && !is_away(&first) && !is_away(&second));
        let fifth = seats.take().expect("a seat");
        assert!(is_away(&first) && !is_away(&second) && !is_away(&fourth));
        let all = [fourth.begin(), fifth.begin()];
        assert!(seats.take().is_none(), "all have a request");
        drop(busy);
        assert!(seats.take().is_some() && is_away(&second));
        drop(all);
    }

    #[test]
    fn who_leaves_makes_room() {
        let seats = Arc::new(Seats::new(1));
        drop(seats.take().expect("a seat"));
        let seat = seats.take().expect("a seat");
        let busy = seat.begin();
        drop(seat);
        assert!(seats.take().is_none(), "the answer is still on its way");
        drop(busy);
        assert!(seats.take().is_some());
    }
}
