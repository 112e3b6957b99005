//! Where the platform's state lies on disk, and how its files are read, written and locked. What is
//! inside each belongs to its writer.

mod files;
mod ownership;

pub use files::{
    NOTE_BYTES, if_there, lock, open_to_append, read_json, read_note, unreadable, unwritable,
    write_json, write_private,
};

use crate::error::{ExpectedError, Result};
use etcetera::BaseStrategy;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use wikisentry_lake::file::{close_folder, create_private_folder};

/// The environment variable that moves the state folder.
pub const HOME_VARIABLE: &str = "WIKISENTRY_HOME";

/// The folder that holds everything the platform keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir {
    root: PathBuf,
    home: PathBuf,
}

impl StateDir {
    /// `$WIKISENTRY_HOME`, else `wikisentry` in the XDG state folder. Creates nothing.
    ///
    /// # Errors
    /// If neither that variable nor a home folder is set, or the folder is another user's.
    pub fn from_environment() -> Result<Self> {
        let state = Self::resolve(std::env::var_os(HOME_VARIABLE))?;
        state.check_owner(rustix::process::geteuid().as_raw())?;
        Ok(state)
    }

    /// Another user's state is not for us: its locks and logs are theirs alone, so that most of what
    /// a command tries would fail half-way. The administrator may look at any.
    fn check_owner(&self, us: u32) -> Result<()> {
        let Ok(folder) = std::fs::metadata(&self.root) else {
            return Ok(());
        };
        let owner = folder.uid();
        if us == 0 || owner == us {
            return Ok(());
        }
        let what = format!("the state folder {} is not yours", self.root.display());
        ExpectedError::preflight(what)
            .because(format!("it belongs to {}", user_name(owner)))
            .help("run it as that user, or set WIKISENTRY_HOME to a folder of your own")
            .fail()
    }

    fn resolve(home: Option<OsString>) -> Result<Self> {
        let root = match home.filter(|home| !home.is_empty()) {
            Some(home) => PathBuf::from(home),
            None => etcetera::choose_base_strategy()
                .ok()
                .and_then(|dirs| dirs.state_dir())
                .ok_or_else(|| {
                    ExpectedError::usage("there is no folder to keep the state in")
                        .because("neither WIKISENTRY_HOME nor HOME is set")
                        .help("set WIKISENTRY_HOME=/path/to/folder")
                })?
                .join("wikisentry"),
        };
        Ok(Self::at(&root))
    }

    /// The state folder at a given place; a relative one is taken from the current folder.
    pub fn at(root: &Path) -> Self {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        Self {
            home: root.clone(),
            root,
        }
    }

    /// The state folder of a recording, in a folder of that name below this one.
    pub fn recording(&self, name: &str) -> Self {
        Self {
            root: self.recordings().join(name),
            home: self.home.clone(),
        }
    }

    /// The state folder of the live feed: this one, or that which this one of a recording is below.
    pub fn home(&self) -> Self {
        Self::at(&self.home)
    }

    /// The folder itself, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The durable log: topics, bookmarks, committed offsets.
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    pub fn lake(&self) -> PathBuf {
        self.root.join("lake")
    }

    /// The data sets that models learn from.
    pub fn datasets(&self) -> PathBuf {
        self.lake().join("datasets")
    }

    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// Locks, process ids and sockets of the running process; readable by its owner alone.
    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// Log files of the background process.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The data layer in Docker: its compose file, credentials and journal; for its owner alone.
    pub fn data_layer(&self) -> PathBuf {
        self.root.join("data-layer")
    }

    /// The states of recordings, which have nothing to do with this one.
    pub fn recordings(&self) -> PathBuf {
        self.root.join("recordings")
    }

    /// All of these that stand by themselves.
    pub fn folders(&self) -> [PathBuf; 7] {
        [
            self.recordings(),
            self.data_layer(),
            self.log(),
            self.lake(),
            self.models(),
            self.logs(),
            self.run(),
        ]
    }

    /// Makes the folder with `run/` alone, and marks it as ours.
    ///
    /// # Errors
    /// With exit code 3 if it cannot be made, or closed to others; 7 if it holds what is not ours.
    pub fn create_run(&self) -> Result<()> {
        self.create_private(&self.run())
    }

    /// The same with `data-layer/`.
    ///
    /// # Errors
    /// As [`StateDir::create_run`].
    pub fn create_data_layer(&self) -> Result<()> {
        self.create_private(&self.data_layer())
    }

    /// A folder that may be no symbolic link, and is closed to others also if it was open.
    fn create_private(&self, folder: &Path) -> Result<()> {
        self.claim()?;
        let made = create_private_folder(folder).and_then(|()| close_folder(folder));
        made.map_err(|error| self.unprepared(folder, &error).into())
    }

    fn unprepared(&self, folder: &Path, error: &std::io::Error) -> ExpectedError {
        let what = format!("cannot prepare the state folder {}", folder.display());
        ExpectedError::preflight(what)
            .caused_by(error)
            .help("make the folder writable, or set WIKISENTRY_HOME to one that is")
    }

    /// Makes the folder with `run/` and `logs/`, or leaves them as they are, and marks it as ours.
    ///
    /// # Errors
    /// As [`StateDir::create_run`].
    pub fn create(&self) -> Result<()> {
        self.create_run()?;
        let logs = self.logs();
        create_private_folder(&logs).map_err(|error| self.unprepared(&logs, &error).into())
    }
}

/// The name of a user; of one whom this machine's own list does not have, the number.
fn user_name(id: u32) -> String {
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let is_this = |line: &&str| line.split(':').nth(2) == Some(&id.to_string());
    let line = known.lines().find(is_this);
    let name = line.and_then(|line| line.split(':').next());
    name.map_or_else(|| format!("user {id}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExitStatus;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_of_another_user_is_refused_by_the_name_of_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path());
        let owner = std::fs::metadata(dir.path()).unwrap().uid();
        state.check_owner(owner).unwrap();
        state.check_owner(0).unwrap();
        let error = state.check_owner(owner + 1).unwrap_err();
        assert_eq!(error.exit_status(), ExitStatus::Preflight);
        let name = user_name(owner);
        assert!(error.in_one_line().contains(&name), "{error:?}");
        assert_eq!(
            (user_name(0).as_str(), user_name(u32::MAX - 7).as_str()),
            ("root", "user 4294967288")
        );
        // A folder that is not there yet is nobody's.
        StateDir::at(&dir.path().join("new"))
            .check_owner(owner + 1)
            .unwrap();
    }

    #[test]
    fn the_variable_moves_every_path() {
        let state = StateDir::resolve(Some("/srv/ws".into())).unwrap();
        let paths = [
            state.log(),
            state.lake(),
            state.models(),
            state.run(),
            state.logs(),
        ];
        let names = ["log", "lake", "models", "run", "logs"];
        for (path, name) in paths.iter().zip(names) {
            assert_eq!(path, &Path::new("/srv/ws").join(name));
        }
    }

    #[test]
    fn a_relative_home_does_not_depend_on_a_later_change_of_folder() {
        assert!(
            StateDir::resolve(Some("here".into()))
                .unwrap()
                .root()
                .is_absolute()
        );
    }

    #[test]
    fn run_is_closed_to_others_even_if_it_was_open() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::at(dir.path());
        std::fs::create_dir(state.run()).unwrap();
        std::fs::set_permissions(state.run(), PermissionsExt::from_mode(0o755)).unwrap();
        state.create().unwrap();
        let mode = std::fs::metadata(state.run()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_linked_run_is_neither_used_nor_changed() {
        let dir = tempfile::tempdir().unwrap();
        let (home, theirs) = (dir.path().join("home"), dir.path().join("theirs"));
        std::fs::create_dir_all(&home).unwrap();
        std::fs::create_dir(&theirs).unwrap();
        std::fs::set_permissions(&theirs, PermissionsExt::from_mode(0o755)).unwrap();
        for name in ["run", "data-layer"] {
            std::os::unix::fs::symlink(&theirs, home.join(name)).unwrap();
        }
        let state = StateDir::at(&home);
        for made in [state.create(), state.create_data_layer()] {
            let error = made.unwrap_err();
            assert_eq!(error.exit_status(), ExitStatus::Preflight);
            assert!(error.in_one_line().contains("symbolic link"), "{error:?}");
        }
        write_private(&state.run().join("note"), b"x").unwrap_err();
        assert_eq!(std::fs::read_dir(&theirs).unwrap().count(), 0);
        let mode = std::fs::metadata(&theirs).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }

    #[test]
    fn an_impossible_folder_is_a_preflight_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = StateDir::at(&file.path().join("below"))
            .create()
            .unwrap_err();
        assert_eq!(error.exit_status(), ExitStatus::Preflight);
    }
}
