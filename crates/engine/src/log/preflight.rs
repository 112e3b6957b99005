//! What the store does not look at before it trusts it (fjall 3.1, lsm-tree 3.1): damage here makes
//! it abort the process instead of returning an error. Checked while nobody has the store open.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// Trailer of the store's table and value files: magic, version, checksum type, checksum of the
/// table of contents, its place and its length.
const TRAILER: u64 = 4 + 1 + 1 + 16 + 8 + 8;

/// The first damage found in the files below `store`, in words that name the file.
pub(super) fn damage(store: &Path) -> io::Result<Option<String>> {
    let keyspaces = store.join("keyspaces");
    if !keyspaces.try_exists()? {
        return Ok(None);
    }
    for keyspace in std::fs::read_dir(keyspaces)? {
        let keyspace = keyspace?.path();
        if !keyspace.join("current").try_exists()? {
            continue;
        }
        if let Some(why) = version_damage(&keyspace)? {
            return Ok(Some(format!("{}: {why}", keyspace.display())));
        }
        for folder in ["tables", "blobs"] {
            let folder = keyspace.join(folder);
            if !folder.try_exists()? {
                continue;
            }
            for file in std::fs::read_dir(folder)? {
                let file = file?.path();
                if contents_damaged(&file)? {
                    let why = "its table of contents has an impossible length";
                    return Ok(Some(format!("{}: {why}", file.display())));
                }
            }
        }
    }
    Ok(None)
}

/// `current` names the version file in force (8 bytes) and holds its XXH3-128, which the store
/// writes and never compares.
fn version_damage(keyspace: &Path) -> io::Result<Option<String>> {
    let current = std::fs::read(keyspace.join("current"))?;
    let head = current
        .split_first_chunk()
        .and_then(|(id, rest)| Some((id, rest.first_chunk()?)));
    let Some((id, checksum)) = head else {
        return Ok(Some("`current` is cut off".to_owned()));
    };
    let (id, checksum) = (u64::from_le_bytes(*id), u128::from_le_bytes(*checksum));
    match std::fs::read(keyspace.join(format!("v{id}"))) {
        Ok(version) if xxh3_128(&version) == checksum => Ok(None),
        Ok(_) => Ok(Some(format!("`v{id}` is not what `current` says it is"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Some(format!("`v{id}`, which `current` names, is missing")))
        }
        Err(error) => Err(error),
    }
}

/// The store allocates as many entries as the file says before it compares checksums. A file that
/// is unfinished (the process died while writing it) is not looked at: nothing refers to it.
fn contents_damaged(path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    let Some(end) = file.metadata()?.len().checked_sub(TRAILER) else {
        return Ok(false);
    };
    let mut trailer = [0; TRAILER as usize];
    file.read_exact_at(&mut trailer, end)?;
    let mut place = [0; 8];
    place.copy_from_slice(&trailer[22..30]);
    let place = u64::from_le_bytes(place);
    let Some(room) = end.checked_sub(place).filter(|room| *room >= 8) else {
        return Ok(trailer[..4] == *b"SFA!");
    };
    let mut head = [0; 8];
    file.read_exact_at(&mut head, place)?;
    let entries = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    Ok(trailer[..4] == *b"SFA!" && head[..4] == *b"TOC!" && u64::from(entries) > room)
}
