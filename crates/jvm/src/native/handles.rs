//! Objects that Java holds by number: no pointer crosses the border, and a number that was freed is an
//! error instead of a crash.

use super::NativeError;
use jni::sys::jlong;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The next number. One sequence for all kinds: the number of a model is never that of a file.
static NEXT: AtomicI64 = AtomicI64::new(1);

/// The objects of one kind.
pub(super) struct Handles<T> {
    /// As messages name it.
    kind: &'static str,
    objects: LazyLock<Mutex<HashMap<jlong, Arc<T>>>>,
}

impl<T> Handles<T> {
    pub(super) const fn new(kind: &'static str) -> Self {
        Self {
            kind,
            objects: LazyLock::new(Mutex::default),
        }
    }

    pub(super) fn put(&self, object: T) -> jlong {
        let handle = NEXT.fetch_add(1, Ordering::Relaxed);
        self.objects().insert(handle, Arc::new(object));
        handle
    }

    pub(super) fn get(&self, handle: jlong) -> Result<Arc<T>, NativeError> {
        let found = self.objects().get(&handle).cloned();
        found.ok_or(self.freed(handle))
    }

    /// Takes an object out; calls that are under way keep it until they end.
    pub(super) fn take(&self, handle: jlong) -> Option<Arc<T>> {
        self.objects().remove(&handle)
    }

    pub(super) fn freed(&self, handle: jlong) -> NativeError {
        NativeError::Freed {
            kind: self.kind,
            handle,
        }
    }

    /// No panic can leave the map half changed.
    fn objects(&self) -> MutexGuard<'_, HashMap<jlong, Arc<T>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
