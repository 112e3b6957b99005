//! Passwords of components: generated once, kept in a file for the owner alone, and never in a
//! log, an argument or the `Debug` of anything.

use super::Component;
use crate::error::{ExpectedError, Result};
use crate::state::{StateDir, unwritable, write_private};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// Random bytes in a password, two hexadecimal digits each; stores take at most 40 characters.
const BYTES: usize = 20;

/// The passwords of every component that asks for some.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// By component and account.
    passwords: BTreeMap<String, BTreeMap<String, String>>,
}

impl Secrets {
    /// New ones; kept nowhere.
    pub fn generate() -> Self {
        Self {
            passwords: BTreeMap::new(),
        }
        .completed()
    }

    /// Those that were kept; `None` before the first `up`.
    ///
    /// # Errors
    /// If the file cannot be read, or is no such file.
    pub fn load(state: &StateDir) -> Result<Option<Self>> {
        let path = path(state);
        let unreadable = |error: &dyn std::error::Error| {
            ExpectedError::preflight(format!("cannot read the credentials in {}", path.display()))
                .caused_by(error)
                .help("if they are lost, move the file away: `wikisentry up` makes new ones")
        };
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&error).into()),
        };
        let kept: BTreeMap<String, Value> =
            serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
        let mut passwords = BTreeMap::new();
        for (component, accounts) in accounts() {
            let own = from_file(component, &accounts, &kept);
            passwords.insert(component.name.to_owned(), own);
        }
        Ok(Some(Self { passwords }.completed()))
    }

    /// Those that were kept, else new ones; kept from now on, readable by the owner alone.
    ///
    /// # Errors
    /// As [`Secrets::load`], or if they cannot be written.
    pub fn load_or_create(state: &StateDir) -> Result<Self> {
        let secrets = Self::load(state)?.unwrap_or_else(Self::generate);
        let text = serde_json::to_vec_pretty(&secrets.to_file())?;
        let path = path(state);
        write_private(&path, &text).map_err(|error| unwritable(&path, &error))?;
        Ok(secrets)
    }

    /// The password of an account.
    ///
    /// # Panics
    /// If the component names no such account.
    pub fn password(&self, component: &str, account: &str) -> &str {
        let accounts = self.passwords.get(component);
        let password = accounts.and_then(|accounts| accounts.get(account));
        password.unwrap_or_else(|| panic!("{component} has no account {account}"))
    }

    /// Accounts and passwords of a component, its administrator first.
    pub fn of(&self, component: &Component) -> Vec<(&'static str, &str)> {
        let accounts = (component.accounts)().into_iter();
        accounts
            .map(|account| (account, self.password(component.name, account)))
            .collect()
    }

    /// With a password for every account: one may have come with a newer version.
    fn completed(mut self) -> Self {
        for (component, accounts) in accounts() {
            let own = self.passwords.entry(component.name.to_owned()).or_default();
            for account in accounts {
                own.entry(account.to_owned()).or_insert_with(password);
            }
        }
        self
    }

    /// `<component>_root_password` and `<component>_users`, as the file has had them from the first.
    fn to_file(&self) -> Map<String, Value> {
        let mut file = Map::new();
        for (component, accounts) in accounts() {
            let name = component.name;
            let password = |account: &str| Value::from(self.password(name, account));
            let (root, users) = accounts.split_first().expect("accounts are not empty");
            file.insert(format!("{name}_root_password"), password(root));
            let users = users.iter();
            let users: Map<String, Value> = users
                .map(|user| ((*user).to_owned(), password(user)))
                .collect();
            file.insert(format!("{name}_users"), users.into());
        }
        file
    }
}

fn from_file(
    component: &Component,
    accounts: &[&str],
    kept: &BTreeMap<String, Value>,
) -> BTreeMap<String, String> {
    let name = component.name;
    let root = kept.get(&format!("{name}_root_password"));
    let users = kept.get(&format!("{name}_users"));
    let of = |account: &str| match account {
        administrator if Some(&administrator) == accounts.first() => root?.as_str(),
        user => users?.get(user)?.as_str(),
    };
    let known = accounts
        .iter()
        .filter_map(|account| Some(((*account).to_owned(), of(account)?.to_owned())));
    known.collect()
}

/// The components with accounts.
fn accounts() -> impl Iterator<Item = (&'static Component, Vec<&'static str>)> {
    let all = super::all().iter();
    all.map(|component| (*component, (component.accounts)()))
        .filter(|(_, accounts)| !accounts.is_empty())
}

/// Where they are kept.
fn path(state: &StateDir) -> PathBuf {
    state.data_layer().join("credentials.json")
}

fn password() -> String {
    hex::encode(rand::random::<[u8; BYTES]>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExitStatus;
    use std::os::unix::fs::PermissionsExt;

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
        let all: Vec<_> = made.passwords.values().flat_map(BTreeMap::values).collect();
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert!(!all.is_empty());
        assert_eq!(different.len(), all.len());
        assert!(all.iter().all(|password| password.len() == 2 * BYTES));
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

    #[test]
    fn passwords_outlive_an_account_that_comes_later() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        let made = Secrets::load_or_create(&state).unwrap();
        let text = std::fs::read_to_string(path(&state)).unwrap();
        let mut file: Map<String, Value> = serde_json::from_str(&text).unwrap();
        let users = file.iter_mut().find(|(key, _)| key.ends_with("_users"));
        users.unwrap().1.as_object_mut().unwrap().remove("cli");
        write_private(&path(&state), &serde_json::to_vec(&file).unwrap()).unwrap();
        let again = Secrets::load(&state).unwrap().unwrap();
        let component = super::super::all()
            .iter()
            .find(|one| !(one.accounts)().is_empty())
            .unwrap();
        for ((account, before), (_, now)) in made.of(component).iter().zip(again.of(component)) {
            assert_eq!(*before == now, *account != "cli", "{account}");
        }
    }
}
