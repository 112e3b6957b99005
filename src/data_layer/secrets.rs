//! Credentials of the data layer: generated once, kept in a file for the owner alone, and never in
//! a log, an argument or the `Debug` of anything.

use super::store::USERS;
use crate::error::{ExitStatus, ExpectedError, Result};
use crate::state::{StateDir, unwritable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// The administrator of the object store.
pub const ROOT_USER: &str = "wikisentry";

/// Random bytes in a password; MinIO takes at most 40 characters.
const BYTES: usize = 20;

/// Passwords, all of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    minio_root_password: String,
    minio_users: BTreeMap<String, String>,
}

impl Secrets {
    /// New ones; kept nowhere.
    pub fn generate() -> Self {
        Self {
            minio_root_password: password(),
            minio_users: USERS
                .iter()
                .map(|user| ((*user).to_owned(), password()))
                .collect(),
        }
    }

    /// Those that were kept; `None` before the first `up`.
    ///
    /// # Errors
    /// If the file cannot be read, or is none.
    pub fn load(state: &StateDir) -> Result<Option<Self>> {
        let path = path(state);
        let unreadable = |error: &dyn std::error::Error| {
            ExpectedError::new(
                ExitStatus::Preflight,
                format!("cannot read the credentials in {}", path.display()),
            )
            .caused_by(error)
            .help("if they are lost, move the file away: `wikisentry up` makes new ones")
        };
        match std::fs::read(&path) {
            Ok(text) => {
                let mut secrets: Self =
                    serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
                // A user may have come with a newer version.
                for user in USERS {
                    let users = &mut secrets.minio_users;
                    users.entry(user.to_owned()).or_insert_with(password);
                }
                Ok(Some(secrets))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&error).into()),
        }
    }

    /// Those that were kept, else new ones; kept from now on, readable by the owner alone.
    ///
    /// # Errors
    /// As [`Secrets::load`], or if they cannot be written.
    pub fn load_or_create(state: &StateDir) -> Result<Self> {
        let secrets = Self::load(state)?.unwrap_or_else(Self::generate);
        let text = serde_json::to_vec_pretty(&secrets)?;
        let path = path(state);
        write_private(&path, &text).map_err(|error| unwritable(&path, &error))?;
        Ok(secrets)
    }

    /// Of [`ROOT_USER`].
    pub fn root_password(&self) -> &str {
        &self.minio_root_password
    }

    /// Users of the object store with their passwords.
    pub fn users(&self) -> impl Iterator<Item = (&str, &str)> {
        let users = self.minio_users.iter();
        users.map(|(user, password)| (user.as_str(), password.as_str()))
    }
}

/// Where they are kept.
fn path(state: &StateDir) -> PathBuf {
    state.data_layer().join("credentials.json")
}

/// Writes a file that was never readable by others, whole or not at all.
pub(super) fn write_private(path: &std::path::Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(std::path::Path::new("."));
    std::fs::create_dir_all(folder)?;
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700))?;
    // Made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, text)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}

fn password() -> String {
    let bytes: [u8; BYTES] = rand::random();
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_made_once_and_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        assert!(Secrets::load(&state).unwrap().is_none());
        let made = Secrets::load_or_create(&state).unwrap();
        let again = Secrets::load_or_create(&state).unwrap();
        assert!(made == again);
        let mode = path(&state).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let passwords: std::collections::HashSet<_> =
            made.users().map(|(_, password)| password).collect();
        assert_eq!(passwords.len(), USERS.len());
        assert!(passwords.iter().all(|password| password.len() == 2 * BYTES));
    }

    #[test]
    fn damaged_credentials_are_refused_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        write_private(&path(&state), b"{").unwrap();
        let error = Secrets::load_or_create(&state).err().unwrap();
        assert_eq!(error.exit_status(), ExitStatus::Preflight);
        assert_eq!(std::fs::read(path(&state)).unwrap(), b"{");
    }
}
