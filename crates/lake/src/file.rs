//! The files and folders of the state folder: replaced as a whole (written beside, forced to disk,
//! renamed into place), for their owner alone, and opened so that no link is followed, and no pipe or
//! device put in a file's place is waited for.

use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Bits of a mode that let others in.
const OTHERS: u32 = 0o077;

/// Opens a file that this program keeps, as the options say; one that is made is for its owner alone.
///
/// # Errors
/// What the system says, and if it is a symbolic link or no regular file.
pub fn open_own(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = options.custom_flags(flags).mode(0o600).open(path);
    let file = file.map_err(|error| match is_link(path) {
        true => linked(),
        false => error,
    })?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(odd(path)),
    }
}

/// The whole of a file that this program keeps, of `most` bytes at most.
///
/// # Errors
/// As [`open_own`], and if it is longer.
pub fn read_own(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open_own(path, OpenOptions::new().read(true))?;
    match file.metadata()?.len() {
        bytes if bytes > most => Err(too_large(bytes, most)),
        _ => read_bounded(file, most),
    }
}

/// All of an input, of `most` bytes at most; no more than that is read.
///
/// # Errors
/// What the input says, and if it is longer.
pub fn read_bounded(input: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(too_large(bytes.len() as u64, most)),
        false => Ok(bytes),
    }
}

/// The refusal of what has so many bytes, or more.
pub(crate) fn too_large(bytes: u64, most: u64) -> io::Error {
    let what = format!("it has {bytes} bytes or more, and at most {most} are read");
    io::Error::new(ErrorKind::FileTooLarge, what)
}

/// What is said of a link, and of a pipe or device, in the place of something of ours.
const LINKED: &str = "it is a symbolic link, and none is followed here";
const IRREGULAR: &str = "it is not a regular file";

/// The refusal of a symbolic link.
pub(crate) fn linked() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, LINKED)
}

/// The refusal of what is neither a file nor a folder.
pub fn odd(path: &Path) -> io::Error {
    match is_link(path) {
        true => linked(),
        false => io::Error::new(ErrorKind::InvalidInput, IRREGULAR),
    }
}

/// What to do about something odd in the place of a file of ours, if a message is about that; the
/// message names it.
pub fn help_of_odd(message: &str) -> Option<&'static str> {
    match message {
        message if message.contains(LINKED) => Some(
            "put what the link points to in its place, or remove the link, and run it again; to keep \
             the state on another disk, set WIKISENTRY_HOME",
        ),
        message if message.contains(IRREGULAR) => {
            Some("move it away: it is no file of wikisentry; then run it again")
        }
        _ => None,
    }
}

/// Whether a symbolic link has this name.
pub fn is_link(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|found| found.is_symlink())
}

/// The first of what is below a folder that is neither a file nor a folder, such as a symbolic link.
///
/// # Errors
/// If a folder cannot be listed.
pub fn first_odd(folder: &Path) -> io::Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if let Some(odd) = first_odd(&entry.path())? {
                return Ok(Some(odd));
            }
        } else if !kind.is_file() {
            return Ok(Some(entry.path()));
        }
    }
    Ok(None)
}

/// Makes a folder for its owner alone, with those above it; one that is there stays as it is.
///
/// # Errors
/// What the system says.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Takes from others what they may do with a folder of ours.
///
/// # Errors
/// What the system says, and if it is a symbolic link or no folder.
pub fn close_folder(folder: &Path) -> io::Result<()> {
    if is_link(folder) {
        return Err(linked());
    }
    let flags = OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(folder)?;
    let mode = opened.metadata()?.permissions().mode();
    match mode & OTHERS {
        0 => Ok(()),
        _ => opened.set_permissions(Permissions::from_mode(mode & 0o7777 & !OTHERS)),
    }
}

/// The same for a folder and all that is below it, as far as it is ours: what belongs to another user,
/// such as `lost+found`, stays as it is, and so do links and what they point to.
///
/// # Errors
/// What the system says of the first that cannot be closed. What vanishes meanwhile is fine.
pub fn close_tree(folder: &Path) -> io::Result<()> {
    if !is_link(folder) && !is_mine(&folder.symlink_metadata()?) {
        return Ok(());
    }
    close_folder(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let closed = match (kind.is_dir(), kind.is_file()) {
            (true, _) => close_tree(&entry.path()),
            (_, true) => close_file(&entry.path()),
            _ => Ok(()),
        };
        match closed {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            closed => closed?,
        }
    }
    Ok(())
}

/// Whether this process may change the mode of something.
fn is_mine(found: &Metadata) -> bool {
    let us = rustix::process::geteuid().as_raw();
    us == 0 || found.uid() == us
}

fn close_file(path: &Path) -> io::Result<()> {
    let found = path.symlink_metadata()?;
    let mode = found.permissions().mode();
    if mode & OTHERS == 0 || !is_mine(&found) {
        return Ok(());
    }
    let file = open_own(path, OpenOptions::new().read(true))?;
    file.set_permissions(Permissions::from_mode(mode & 0o7777 & !OTHERS))
}

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
    match mode & OTHERS {
        0 => create_private_folder(folder)?,
        _ => fs::create_dir_all(folder)?,
    }
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
    fn links_pipes_devices_and_what_is_too_long_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("note"), "12345").unwrap();
        assert_eq!(read_own(&at("note"), 5).unwrap(), b"12345");
        let long = read_own(&at("note"), 4).unwrap_err();
        assert!(
            long.to_string().contains("5 bytes or more, and at most 4"),
            "{long}"
        );
        std::os::unix::fs::symlink(at("note"), at("link")).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), kind, mode, 0).unwrap();
        fs::create_dir(at("folder")).unwrap();
        for name in ["link", "pipe", "folder"] {
            let read = read_own(&at(name), 100).unwrap_err();
            assert_eq!(read.kind(), ErrorKind::InvalidInput, "{name}: {read}");
            let mut options = OpenOptions::new();
            options.create(true).append(true);
            open_own(&at(name), &mut options).unwrap_err();
        }
        read_own(Path::new("/dev/zero"), 100).unwrap_err();
        // A file that is longer than it says, as those of /proc are.
        read_bounded(io::repeat(b'x'), 100).unwrap_err();
        assert_eq!(fs::read(at("note")).unwrap(), b"12345");
    }

    #[test]
    fn a_tree_is_closed_to_others_and_nothing_behind_a_link_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let set = |name: &str, mode| fs::set_permissions(at(name), Permissions::from_mode(mode));
        let mode = |name: &str| at(name).metadata().unwrap().permissions().mode() & 0o777;
        fs::create_dir_all(at("ours/below")).unwrap();
        fs::create_dir(at("theirs")).unwrap();
        for file in ["ours/below/file", "theirs/file"] {
            fs::write(at(file), "").unwrap();
            set(file, 0o644).unwrap();
        }
        for open in ["ours", "ours/below", "theirs"] {
            set(open, 0o755).unwrap();
        }
        for (to, link) in [
            ("theirs", "ours/a"),
            ("theirs/file", "ours/below/b"),
            ("theirs", "c"),
        ] {
            std::os::unix::fs::symlink(at(to), at(link)).unwrap();
        }
        close_tree(&at("ours")).unwrap();
        close_tree(&at("c")).unwrap_err();
        let modes = [
            "ours",
            "ours/below",
            "ours/below/file",
            "theirs",
            "theirs/file",
        ]
        .map(mode);
        assert_eq!(modes, [0o700, 0o700, 0o600, 0o755, 0o644]);
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
