//! Which files of a folder make up its build context: what is in version control, in an order and
//! with modes that are the same in every checkout. Also part of this crate's build script.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Folders and files that tools leave behind; they are no part of a context.
const LEFT_BEHIND: [&str; 6] = [
    ".DS_Store",
    ".git",
    ".idea",
    ".settings",
    ".vscode",
    "target",
];

/// A file of a context, not read yet.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FolderFile {
    /// Path inside the folder, with `/` between its parts.
    pub relative: String,
    /// Whether its owner may execute it, the only part of a mode that version control keeps.
    pub executable: bool,
    pub absolute: PathBuf,
}

/// The files of a folder and of those below it, sorted by path.
///
/// # Errors
/// If something cannot be read, is neither file nor folder (a context with links would mean
/// something else elsewhere), or has a name that is not UTF-8. The message names it.
pub fn files(folder: &Path) -> io::Result<Vec<FolderFile>> {
    let mut found = Vec::new();
    gather(folder, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn gather(folder: &Path, prefix: &str, found: &mut Vec<FolderFile>) -> io::Result<()> {
    let at = |path: &Path, error: io::Error| {
        io::Error::new(error.kind(), format!("{}: {error}", path.display()))
    };
    for entry in fs::read_dir(folder).map_err(|error| at(folder, error))? {
        let path = entry.map_err(|error| at(folder, error))?.path();
        let wrong = |why: &str| at(&path, io::Error::other(why.to_owned()));
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| wrong("its name is not UTF-8"))?;
        if LEFT_BEHIND.contains(&name) || name.ends_with('~') || name.ends_with(".swp") {
            continue;
        }
        let relative = format!("{prefix}{name}");
        let metadata = fs::symlink_metadata(&path).map_err(|error| at(&path, error))?;
        if metadata.is_dir() {
            gather(&path, &format!("{relative}/"), found)?;
        } else if metadata.is_file() {
            found.push(FolderFile {
                relative,
                executable: metadata.permissions().mode() & 0o100 != 0,
                absolute: path,
            });
        } else {
            return Err(wrong("a build context holds files and folders only"));
        }
    }
    Ok(())
}
