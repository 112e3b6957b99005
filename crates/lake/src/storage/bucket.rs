//! What only an object store has: when each object was written, and the removal of many in one request.

use super::{Key, Storage, StorageError};
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::{Error, ObjectStore, ObjectStoreExt};

/// An object store, seen as such.
pub(crate) struct Bucket<'s> {
    storage: &'s Storage,
    objects: &'s dyn ObjectStore,
}

/// An object as a store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: Key,
    pub(crate) bytes: u64,
    /// In milliseconds since 1970, by the store's clock.
    pub(crate) written: i64,
}

impl<'s> Bucket<'s> {
    pub(super) fn new(storage: &'s Storage, objects: &'s dyn ObjectStore) -> Self {
        Self { storage, objects }
    }

    /// The objects below a folder, in the order of their keys. What comes or goes meanwhile is in it or
    /// not: a listing of more than one page is not of one moment.
    pub(crate) fn listed(&self, folder: &Key) -> Result<Vec<Listed>, StorageError> {
        let listed = self.objects.list(Some(folder)).map_ok(|object| Listed {
            key: object.location,
            bytes: object.size,
            written: object.last_modified.timestamp_millis(),
        });
        let listed = self.storage.wait(listed.try_collect::<Vec<_>>());
        let mut listed = listed.map_err(|error| self.storage.refused("list", folder, error))?;
        listed.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        Ok(listed)
    }

    pub(crate) fn exists(&self, key: &Key) -> Result<bool, StorageError> {
        match self.storage.wait(self.objects.head(key)) {
            Err(Error::NotFound { .. }) => Ok(false),
            found => found
                .map(|_| true)
                .map_err(|error| self.storage.refused("look at", key, error)),
        }
    }

    /// Removes objects, as many in one request as the store takes; those that are not there are fine.
    /// After an error some are removed and some are not.
    pub(crate) fn remove(&self, keys: &[Key]) -> Result<(), StorageError> {
        let wanted: Vec<_> = keys.iter().cloned().map(Ok).collect();
        let removed = self.objects.delete_stream(stream::iter(wanted).boxed());
        let outcomes: Vec<_> = self.storage.wait(removed.collect());
        let failed = outcomes.into_iter().find_map(|outcome| match outcome {
            Ok(_) | Err(Error::NotFound { .. }) => None,
            Err(error) => Some(error),
        });
        match (failed, keys.first()) {
            (Some(error), Some(first)) => Err(self.storage.refused("remove", first, error)),
            _ => Ok(()),
        }
    }
}
