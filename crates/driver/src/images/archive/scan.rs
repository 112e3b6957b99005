//! Looks through a whole archive before anything of it reaches the engine: that it is one of ours,
//! uncut and unchanged, and names no image that its manifest does not.

use super::{ArchiveManifest, FORMAT, MANIFEST};
use crate::images::error::ImageError;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

/// The engine's own list of what is in an archive.
const ENGINE_MANIFEST: &str = "manifest.json";

/// Neither list is ever this large.
const LIST_LIMIT: u64 = 8 * 1024 * 1024;

/// The first bytes of a zstd frame (RFC 8878).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Size of a tar header, and what entries are padded to.
const BLOCK: u64 = 512;

/// An archive that was read to its end and is whole.
#[derive(Debug)]
pub(super) struct Scanned {
    pub(super) manifest: ArchiveManifest,
    /// Where the engine's part begins, in uncompressed bytes.
    pub(super) engine_part: u64,
}

/// A line of the engine's own list.
#[derive(Deserialize)]
struct EngineImage {
    #[serde(rename = "RepoTags", default)]
    repo_tags: Option<Vec<String>>,
}

/// The uncompressed bytes of an archive, reporting how much of the file was read.
pub(super) fn open<'p>(
    path: &Path,
    on_read: impl FnMut(u64) + 'p,
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
    let counted = Counted {
        file,
        read: 0,
        on_read,
    };
    zstd::Decoder::with_buffer(BufReader::with_capacity(1 << 20, counted)).map_err(file_error)
}

/// Reads an archive to its end.
///
/// # Errors
/// [`ImageError::NotAnArchive`] or [`ImageError::Damaged`].
pub(super) fn scan(path: &Path, on_read: impl FnMut(u64)) -> Result<Scanned, ImageError> {
    let foreign = |why: &str| ImageError::NotAnArchive {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    let trouble = RefCell::new(None);
    let damaged = |error: io::Error| ImageError::Damaged {
        path: path.to_owned(),
        why: trouble.take().unwrap_or_else(|| error.to_string()),
    };
    let mut archive = tar::Archive::new(KeepsTrouble {
        inner: open(path, on_read)?,
        trouble: &trouble,
    });
    let mut ours: Option<Scanned> = None;
    let mut theirs: Option<BTreeSet<String>> = None;
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
            ours = Some(Scanned {
                manifest: known(&manifest).map_err(|why| foreign(&why))?,
                engine_part: BLOCK + size.next_multiple_of(BLOCK),
            });
        } else if name == ENGINE_MANIFEST.as_bytes() && size <= LIST_LIMIT {
            let list = read(&mut entry).map_err(damaged)?;
            let images: Vec<EngineImage> = serde_json::from_slice(&list)
                .map_err(|error| foreign(&format!("{ENGINE_MANIFEST}: {error}")))?;
            let tags = images
                .into_iter()
                .flat_map(|image| image.repo_tags.unwrap_or_default());
            theirs = Some(tags.collect());
        }
    }
    // What follows the last entry counts too: the checksum stands at the very end.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;

    let ours = ours.ok_or_else(|| foreign("it is empty"))?;
    let theirs = theirs.ok_or_else(|| foreign(&format!("it lacks {ENGINE_MANIFEST}")))?;
    let listed = ours
        .manifest
        .images
        .iter()
        .map(|image| image.reference.clone());
    if theirs != listed.collect() {
        return Err(foreign("its two lists of images differ"));
    }
    Ok(ours)
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

struct Counted<F> {
    file: File,
    read: u64,
    on_read: F,
}

impl<F: FnMut(u64)> Read for Counted<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read += count as u64;
        (self.on_read)(self.read);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ManifestImage;
    use super::super::save::entry;
    use super::*;
    use std::io::Write;

    const REFERENCE: &str = "wikisentry/base:0123456789ab";

    fn manifest(format: u32) -> ArchiveManifest {
        ArchiveManifest {
            format,
            platform: "linux/amd64".to_owned(),
            images: vec![ManifestImage {
                name: "base".to_owned(),
                reference: REFERENCE.to_owned(),
                layers: vec!["sha256:00".to_owned()],
            }],
        }
    }

    /// What an engine hands out: a layer, and its list.
    fn engine_part(tag: &str) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        let list = format!(r#"[{{"Config":"c.json","RepoTags":["{tag}"],"Layers":["l"]}}]"#);
        let noise: Vec<u8> = (0..60_000_u64).map(|n| ((n * n * n) >> 7) as u8).collect();
        for (name, content) in [("l", noise.as_slice()), (ENGINE_MANIFEST, list.as_bytes())] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, name, content).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn compressed(parts: &[&[u8]]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        for part in parts {
            encoder.write_all(part).unwrap();
        }
        encoder.finish().unwrap()
    }

    fn sound() -> Vec<u8> {
        compressed(&[&entry(&manifest(FORMAT)).unwrap(), &engine_part(REFERENCE)])
    }

    fn scanned(content: &[u8]) -> Result<Scanned, ImageError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive");
        std::fs::write(&path, content).unwrap();
        scan(&path, |_| ())
    }

    #[test]
    fn a_sound_archive_is_read_and_its_engine_part_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive");
        std::fs::write(&path, sound()).unwrap();
        let mut read = 0;
        let scanned = scan(&path, |bytes| read = bytes).unwrap();
        assert_eq!(scanned.manifest, manifest(FORMAT));
        assert_eq!(read, sound().len() as u64);
        let mut rest = Vec::new();
        let mut archive = open(&path, |_| ()).unwrap();
        archive.read_to_end(&mut rest).unwrap();
        assert!(rest[scanned.engine_part as usize..] == engine_part(REFERENCE));
    }

    #[test]
    fn what_is_no_archive_of_ours_is_refused_with_the_reason() {
        let ours = entry(&manifest(FORMAT)).unwrap();
        let newer = entry(&manifest(FORMAT + 1)).unwrap();
        let no_json = {
            let mut bytes = ours.clone();
            bytes[512] = b'x';
            bytes
        };
        let engine = engine_part(REFERENCE);
        for (content, reason) in [
            (Vec::new(), "not compressed with zstd"),
            (
                b"PK\x03\x04 a zip file".to_vec(),
                "not compressed with zstd",
            ),
            (engine.clone(), "not compressed with zstd"),
            (compressed(&[&engine]), "does not begin with"),
            (compressed(&[b"text"]), "no tar archive"),
            (compressed(&[b""]), "it is empty"),
            (compressed(&[&newer, &engine]), "it has format 2"),
            (compressed(&[&no_json, &engine]), "wikisentry-images.json: "),
            (compressed(&[&ours]), "lacks manifest.json"),
            (
                compressed(&[&ours, &engine_part("other:1")]),
                "lists of images differ",
            ),
        ] {
            let error = scanned(&content).unwrap_err();
            let refused = matches!(error, ImageError::NotAnArchive { .. });
            assert!(
                refused && error.to_string().contains(reason),
                "{reason}: {error}"
            );
        }
    }

    #[test]
    fn an_archive_that_is_cut_or_changed_anywhere_is_refused() {
        let sound = sound();
        for end in (4..sound.len()).step_by(97).chain([sound.len() - 1]) {
            let error = scanned(&sound[..end]).unwrap_err();
            let cut = matches!(&error, ImageError::Damaged { .. });
            let said = error.to_string().ends_with("it is cut short");
            assert!(cut && said, "cut at {end} of {}: {error}", sound.len());
        }
        for at in (4..6).chain((6..sound.len()).step_by(61)) {
            let mut changed = sound.clone();
            changed[at] ^= 0x10;
            if scanned(&changed).is_ok() {
                // Some bits say how to read, not what: all that counts is what comes out.
                let [changed, sound] = [&changed, &sound].map(|file| zstd::decode_all(&file[..]));
                assert!(changed.unwrap() == sound.unwrap(), "changed at {at}");
            }
        }
        let mut longer = sound;
        longer.extend_from_slice(b"more");
        assert!(matches!(scanned(&longer), Err(ImageError::Damaged { .. })));
    }
}
