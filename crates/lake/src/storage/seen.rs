//! Small objects, read as a whole together with what tells one version from the next.

use bytes::Bytes;
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt, UpdateVersion};

/// An object as it was read.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) bytes: Bytes,
    pub(super) version: UpdateVersion,
}

/// What a read came upon.
pub(super) enum Found {
    Nothing,
    Object(Seen),
    /// Of so many bytes.
    TooLarge(u64),
}

pub(super) async fn read(objects: &dyn ObjectStore, key: &Key, most: u64) -> Result<Found, Error> {
    let found = match objects.get(key).await {
        Err(Error::NotFound { .. }) => return Ok(Found::Nothing),
        found => found?,
    };
    if found.meta.size > most {
        return Ok(Found::TooLarge(found.meta.size));
    }
    let version = UpdateVersion {
        e_tag: found.meta.e_tag.clone(),
        version: found.meta.version.clone(),
    };
    let bytes = found.bytes().await?;
    Ok(Found::Object(Seen { bytes, version }))
}
