//! Runs tasks on a number of threads. Which thread runs which task is not defined, so results must
//! not depend on it.

use std::sync::{Mutex, PoisonError};

/// Calls `work` once with each task. One thread, or one task, starts no thread.
pub(crate) fn each<T: Send>(threads: usize, tasks: Vec<T>, work: impl Fn(T) + Sync) {
    let threads = threads.min(tasks.len());
    if threads <= 1 {
        tasks.into_iter().for_each(work);
        return;
    }
    let queue = Mutex::new(tasks.into_iter());
    let next = || {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.next()
    };
    let run = || {
        while let Some(task) = next() {
            work(task);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
}
