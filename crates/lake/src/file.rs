//! Small files that are whole or absent: written beside, forced to disk, renamed into place.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file so that readers, also after a power cut, see all of it or the one before.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let staged = folder.join(format!(".{name}.{}", std::process::id()));
    let written = File::create(&staged).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&staged, path)
    });
    if let Err(error) = written {
        // The old file is untouched; what is left of the new one is of no use.
        let _ = fs::remove_file(&staged);
        return Err(error);
    }
    sync_folder(folder)
}

/// Forces the entries of a folder to disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
