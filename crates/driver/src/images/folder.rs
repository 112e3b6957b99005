//! Which files make up the build context of an image: what is in version control of its folder, and of
//! the paths of the repository that the folder's [`LIST`] names, in an order and with modes that are the
//! same in every checkout. Also part of this crate's build script.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// The file of an image's folder that names further files of its context: a path of the repository
/// on each line, a file or a folder with all below it; `#` begins a comment. Files get the same path in
/// the context. Of folders that are named, tests, benches and examples ([`NOT_BUILT`]) are left out.
pub const LIST: &str = "context.list";

/// Folders and files of sources that no image is built from: a change there is none of an image.
const NOT_BUILT: [&str; 4] = ["benches", "examples", "tests", "tests.rs"];

/// Folders and files that tools leave behind; they are no part of a context.
const LEFT_BEHIND: [&str; 9] = [
    ".DS_Store",
    ".git",
    ".idea",
    ".pytest_cache",
    ".settings",
    ".venv",
    ".vscode",
    "__pycache__",
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

/// The files of an image's folder and of those below it, and what its list names of `repository`,
/// sorted by path.
///
/// # Errors
/// If something cannot be read, is neither file nor folder (a context with links would mean
/// something else elsewhere), has a name that is not UTF-8, or is there twice. The message names it.
pub fn files(folder: &Path, repository: &Path) -> io::Result<Vec<FolderFile>> {
    let mut found = Vec::new();
    gather(folder, "", &[], &mut found)?;
    for path in listed(folder)? {
        let from = repository.join(&path);
        let metadata = fs::symlink_metadata(&from).map_err(|error| at(&from, error))?;
        if metadata.is_dir() {
            gather(&from, &format!("{path}/"), &NOT_BUILT, &mut found)?;
        } else {
            add(from, path, &metadata, &mut found)?;
        }
    }
    found.sort();
    let twice = found
        .windows(2)
        .find(|two| two[0].relative == two[1].relative);
    if let Some(two) = twice {
        return Err(at(
            &two[1].absolute,
            io::Error::other("it is in the context twice"),
        ));
    }
    Ok(found)
}

/// The paths that the folder's list names; none without a list.
///
/// # Errors
/// If the list cannot be read, or a path leads out of the repository.
pub fn listed(folder: &Path) -> io::Result<Vec<String>> {
    let list = folder.join(LIST);
    let text = match fs::read_to_string(&list) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(&list, error)),
    };
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    let paths = lines.filter(|line| !line.is_empty()).map(|path| {
        let parts = Path::new(path).components();
        let is_plain = parts
            .clone()
            .all(|part| matches!(part, Component::Normal(_)));
        // Written as the file system would: no `a//b`, no `a/`.
        if is_plain && parts.as_path().as_os_str().as_encoded_bytes() == path.as_bytes() {
            return Ok(path.to_owned());
        }
        Err(at(
            &list,
            io::Error::other(format!("{path}: a plain path of the repository is needed")),
        ))
    });
    paths.collect()
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn gather(
    folder: &Path,
    prefix: &str,
    without: &[&str],
    found: &mut Vec<FolderFile>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder).map_err(|error| at(folder, error))? {
        let path = entry.map_err(|error| at(folder, error))?.path();
        let name = path.file_name().and_then(OsStr::to_str);
        let name = name.ok_or_else(|| at(&path, io::Error::other("its name is not UTF-8")))?;
        let is_left = LEFT_BEHIND.contains(&name) || without.contains(&name);
        if is_left || name.ends_with('~') || name.ends_with(".swp") || name.ends_with(".pyc") {
            continue;
        }
        let relative = format!("{prefix}{name}");
        let metadata = fs::symlink_metadata(&path).map_err(|error| at(&path, error))?;
        if metadata.is_dir() {
            gather(&path, &format!("{relative}/"), without, found)?;
        } else {
            add(path, relative, &metadata, found)?;
        }
    }
    Ok(())
}

fn add(
    absolute: PathBuf,
    relative: String,
    metadata: &fs::Metadata,
    found: &mut Vec<FolderFile>,
) -> io::Result<()> {
    if !metadata.is_file() {
        let why = "a build context holds files and folders only";
        return Err(at(&absolute, io::Error::other(why)));
    }
    found.push(FolderFile {
        relative,
        executable: metadata.permissions().mode() & 0o100 != 0,
        absolute,
    });
    Ok(())
}
