//! Files that are replaced as a whole: written beside, forced to disk, renamed into place.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Writes a file so that readers, also after a power cut, see all of it or the one before. Folders
/// that are missing are made.
///
/// # Errors
/// What the system says; the file before is still there then.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, 0o666)
}

/// The same for secrets: only the owner can read the file (mode 0600), from its first moment on.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_privately(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, 0o600)
}

/// The process's `umask` takes away of `mode` what it usually does.
fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    // A bare name has the empty path above it.
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let folder = above.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new()
        .prefix(".")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Forces the entries of a folder to disk.
///
/// # Errors
/// What the system says.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/note.json");
        let mode = || fs::metadata(&path).unwrap().permissions().mode();
        write_privately(&path, b"a secret").unwrap();
        assert_eq!(mode() & 0o777, 0o600);
        write_atomically(&path, b"short").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"short");
        let usual = folder.path().join("usual");
        fs::write(&usual, "").unwrap();
        assert_eq!(mode(), fs::metadata(usual).unwrap().permissions().mode());
        write_privately(&path, b"a secret once more").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"a secret once more");
        assert_eq!(mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_replaced_stays_and_the_new_one_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir_all(path.join("by a folder")).unwrap();
        write_atomically(&path, b"x").unwrap_err();
        assert!(path.join("by a folder").is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
