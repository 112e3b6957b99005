//! Looks through a whole archive before anything of it reaches the engine: that it is one of ours,
//! uncut and unchanged, and holds what its manifest says.

use super::content::Content;
use super::pieces::{Hashes, Pieces};
use super::{ArchiveManifest, FORMAT, MANIFEST};
use crate::images::error::ImageError;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

/// Our list is never this large.
const LIST_LIMIT: u64 = 8 * 1024 * 1024;

/// The first bytes of a zstd frame (RFC 8878).
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Size of a tar header, and what entries are padded to.
const BLOCK: u64 = 512;

/// An archive that was read to its end and is whole.
#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) manifest: ArchiveManifest,
    /// Where the engine's part begins, in uncompressed bytes.
    pub(super) engine_part: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub(super) sha256: String,
    /// Those of all uncompressed bytes, in pieces.
    pub(super) pieces: Hashes,
}

/// The uncompressed bytes of an archive, handing on the bytes of the file as they are read.
pub(super) fn open<'p>(
    path: &Path,
    on_read: impl FnMut(&[u8]) + 'p,
) -> Result<impl Read + 'p, ImageError> {
    let file_error = ImageError::file(path);
    let mut file = File::open(path).map_err(file_error)?;
    let mut magic = Vec::new();
    let begin = (&mut file).take(MAGIC.len() as u64).read_to_end(&mut magic);
    begin.and_then(|_| file.rewind()).map_err(file_error)?;
    if magic != MAGIC {
        return Err(ImageError::NotAnArchive {
            path: path.to_owned(),
            why: "it is not compressed with zstd".to_owned(),
        });
    }
    let watched = Watched {
        inner: file,
        on_read,
    };
    zstd::Decoder::with_buffer(BufReader::with_capacity(1 << 20, watched)).map_err(file_error)
}

/// Reads an archive to its end, reporting how much of the file was read.
///
/// # Errors
/// [`ImageError::NotAnArchive`] or [`ImageError::Damaged`].
pub(super) fn scan(path: &Path, mut on_read: impl FnMut(u64)) -> Result<Scanned, ImageError> {
    let foreign = |why: &str| ImageError::NotAnArchive {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    let trouble = RefCell::new(None);
    let damaged = |error: io::Error| ImageError::Damaged {
        path: path.to_owned(),
        why: trouble.take().unwrap_or_else(|| error.to_string()),
    };
    let (mut read_bytes, hash) = (0, RefCell::new(Sha256::new()));
    let file = open(path, |bytes: &[u8]| {
        hash.borrow_mut().update(bytes);
        read_bytes += bytes.len() as u64;
        on_read(read_bytes);
    })?;
    let pieces = RefCell::new(Pieces::default());
    let inner = Watched {
        inner: file,
        on_read: |bytes: &[u8]| pieces.borrow_mut().update(bytes),
    };
    let mut archive = tar::Archive::new(KeepsTrouble {
        inner,
        trouble: &trouble,
    });
    let mut ours: Option<(ArchiveManifest, u64)> = None;
    let mut content = Content::default();
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(|error| {
            if ours.is_none() && trouble.borrow().is_none() {
                foreign("it holds no tar archive")
            } else {
                damaged(error)
            }
        })?;
        let name = entry.path_bytes().into_owned();
        let size = entry.size();
        if ours.is_none() {
            if name != MANIFEST.as_bytes()
                || size > LIST_LIMIT
                || entry.raw_file_position() != BLOCK
            {
                return Err(foreign(&format!("it does not begin with {MANIFEST}")));
            }
            let manifest = read(&mut entry).map_err(damaged)?;
            let manifest = known(&manifest).map_err(|why| foreign(&why))?;
            ours = Some((manifest, BLOCK + size.next_multiple_of(BLOCK)));
        } else {
            let taken = content.take(&mut entry).map_err(damaged)?;
            taken.map_err(|why| foreign(&why))?;
        }
    }
    // What follows the last entry counts too: the checksum stands at the very end.
    let is_padding = only_zeros(&mut archive.into_inner()).map_err(damaged)?;

    let (manifest, engine_part) = ours.ok_or_else(|| foreign("it is empty"))?;
    if !is_padding {
        return Err(foreign("it goes on after its end"));
    }
    content.check(&manifest).map_err(|why| foreign(&why))?;
    Ok(Scanned {
        manifest,
        engine_part,
        sha256: hex::encode(hash.take().finalize()),
        pieces: pieces.take().finish(),
    })
}

/// Reads to the end; answers whether only zeros came.
fn only_zeros(rest: &mut impl Read) -> io::Result<bool> {
    let (mut are_zeros, mut piece) = (true, vec![0; 64 * 1024]);
    loop {
        match rest.read(&mut piece)? {
            0 => return Ok(are_zeros),
            count => are_zeros &= piece[..count].iter().all(|byte| *byte == 0),
        }
    }
}

fn read(entry: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    entry.read_to_end(&mut content)?;
    Ok(content)
}

fn known(text: &[u8]) -> Result<ArchiveManifest, String> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let wrong = |error: serde_json::Error| format!("{MANIFEST}: {error}");
    let Format { format } = serde_json::from_slice(text).map_err(wrong)?;
    if format != FORMAT {
        return Err(format!(
            "it has format {format}, this version reads {FORMAT}"
        ));
    }
    serde_json::from_slice(text).map_err(wrong)
}

/// Keeps what the decompressor says of a damaged file; the reader of the archive above it only
/// passes on that something was wrong.
struct KeepsTrouble<'t, R> {
    inner: R,
    trouble: &'t RefCell<Option<String>>,
}

impl<R: Read> Read for KeepsTrouble<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).inspect_err(|error| {
            *self.trouble.borrow_mut() = Some(match error.kind() {
                io::ErrorKind::UnexpectedEof => "it is cut short".to_owned(),
                _ => error.to_string(),
            });
        })
    }
}

/// Hands on the bytes that are read.
struct Watched<R, F> {
    inner: R,
    on_read: F,
}

impl<R: Read, F: FnMut(&[u8])> Read for Watched<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        (self.on_read)(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
