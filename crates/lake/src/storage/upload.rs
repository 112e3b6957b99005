//! An object in the making: what is written goes out in parts, and nothing is to be seen of it
//! before it is finished.

use super::Storage;
use super::error::{StorageError, into_io};
use object_store::MultipartUpload;
use object_store::path::Path as Key;
use std::io::{self, Write};

/// Bytes that are sent together; S3 takes no less than 5 MiB but for the last part.
const PART_BYTES: usize = 8 << 20;

/// Dropped unfinished, it leaves nothing behind.
pub(crate) struct Upload {
    /// `None` once it was finished.
    parts: Option<Box<dyn MultipartUpload>>,
    key: Key,
    storage: Storage,
    held: Vec<u8>,
    bytes: u64,
}

impl Upload {
    pub(super) fn new(parts: Box<dyn MultipartUpload>, key: Key, storage: Storage) -> Self {
        Self {
            parts: Some(parts),
            key,
            storage,
            held: Vec::new(),
            bytes: 0,
        }
    }

    /// Bytes that wait in memory for their part to be full.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    fn send(&mut self) -> io::Result<()> {
        let Some(parts) = &mut self.parts else {
            return Ok(());
        };
        let part = parts.put_part(std::mem::take(&mut self.held).into());
        self.storage.wait(part).map_err(into_io)
    }

    /// Makes the object visible as a whole, and returns its size in bytes.
    pub(crate) fn finish(mut self) -> Result<u64, StorageError> {
        if !self.held.is_empty() {
            self.send().map_err(|error| self.failed(error))?;
        }
        if let Some(mut parts) = self.parts.take()
            && let Err(error) = self.storage.wait(parts.complete())
        {
            if let Some(folder) = self.storage.folder() {
                // The first failure is returned; the next start of the archive removes what is left.
                let _ = folder.remove_torn(&self.key);
            }
            return Err(self.failed(into_io(error)));
        }
        if let Some(folder) = self.storage.folder() {
            folder.force_file(&self.key)?;
        }
        Ok(self.bytes)
    }

    fn failed(&self, error: io::Error) -> StorageError {
        self.storage.failed("write", &self.key, error)
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        self.bytes += bytes.len() as u64;
        if self.held.len() >= PART_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(mut parts) = self.parts.take() {
            // What cannot be removed now is removed at the next start.
            let _ = self.storage.wait(parts.abort());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(storage: &Storage, key: &Key, bytes: usize) -> Upload {
        let mut upload = storage.create(key).unwrap();
        upload.write_all(&vec![7; bytes]).unwrap();
        upload
    }

    #[test]
    fn an_object_of_several_parts_is_whole_and_one_that_is_dropped_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::in_folder(folder.path());
        let key = Key::from("a/b");
        drop(written(&storage, &key, PART_BYTES + 3));
        assert!(storage.names(&Key::from("a")).unwrap().is_empty());
        let upload = written(&storage, &key, 2 * PART_BYTES + 3);
        assert_eq!(upload.held(), 0, "written at once, sent at once");
        assert_eq!(upload.finish().unwrap(), 2 * PART_BYTES as u64 + 3);
        let seen = storage.read(&key, u64::MAX).unwrap().unwrap();
        assert_eq!(seen.bytes.len(), 2 * PART_BYTES + 3);
        assert_eq!(storage.names(&Key::from("a")).unwrap(), ["b"]);
    }

    #[test]
    fn an_object_that_cannot_be_named_leaves_nothing_and_what_has_its_name_stays() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::in_folder(folder.path());
        std::fs::create_dir_all(folder.path().join("a/b/c")).unwrap();
        let error = written(&storage, &Key::from("a/b"), 3)
            .finish()
            .unwrap_err();
        assert!(error.path.ends_with("a/b"), "{error:?}");
        assert_eq!(storage.names(&Key::from("a")).unwrap(), ["b"]);
        assert_eq!(storage.names(&Key::from("a/b")).unwrap(), ["c"]);
    }
}
