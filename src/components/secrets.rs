//! Passwords of components: generated once, kept in a file for the owner alone, and never in a
//! log, an argument or the `Debug` of anything.

use super::Component;
use crate::error::{ExpectedError, Result};
use crate::state::{StateDir, read_json, write_json};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// Random bytes in a password, two hexadecimal digits each; stores take at most 40 characters.
const BYTES: usize = 20;

/// The passwords of every component that asks for some.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// `<component>_root_password` and `<component>_users`, as the file has had them from the first.
    file: Map<String, Value>,
}

impl Secrets {
    /// New ones; kept nowhere.
    pub fn generate() -> Self {
        Self::completing(&Map::new())
    }

    /// Those that were kept; `None` before the first `up`.
    ///
    /// # Errors
    /// If the file cannot be read, or is no such file.
    pub fn load(state: &StateDir) -> Result<Option<Self>> {
        let path = path(state);
        let kept = read_json(&path).map_err(|error| {
            ExpectedError::preflight(format!("cannot read the credentials in {}", path.display()))
                .caused_by(&error)
                .help("if they are lost, move the file away: `wikisentry up` makes new ones")
        })?;
        Ok(kept.as_ref().map(Self::completing))
    }

    /// Those that were kept, else new ones; kept from now on, readable by the owner alone.
    ///
    /// # Errors
    /// As [`Secrets::load`], or if they cannot be written.
    pub fn load_or_create(state: &StateDir) -> Result<Self> {
        let secrets = Self::load(state)?.unwrap_or_else(Self::generate);
        write_json(&path(state), &secrets.file)?;
        Ok(secrets)
    }

    /// The password of an account.
    ///
    /// # Panics
    /// If the component names no such account.
    pub fn password(&self, component: &str, account: &str) -> &str {
        let found = super::find(component).and_then(|it| find(&self.file, it, account));
        found.unwrap_or_else(|| panic!("{component} has no account {account}"))
    }

    /// Accounts and passwords of a component, its administrator first.
    pub fn of(&self, component: &Component) -> Vec<(&'static str, &str)> {
        let accounts = (component.accounts)().into_iter();
        accounts
            .map(|account| (account, self.password(component.name, account)))
            .collect()
    }

    /// Those that are kept, with a new password for every account that has none: it may have come
    /// with a newer version. Those of a component that this program does not have stay.
    fn completing(kept: &Map<String, Value>) -> Self {
        let mut file = kept.clone();
        for component in super::all() {
            let accounts = (component.accounts)();
            let of = |account: &str| {
                let kept = find(kept, component, account);
                Value::from(kept.map_or_else(password, str::to_owned))
            };
            if let Some((root, users)) = accounts.split_first() {
                let known = kept.get(&users_key(component)).and_then(Value::as_object);
                let mut all = known.cloned().unwrap_or_default();
                all.extend(users.iter().map(|user| ((*user).to_owned(), of(user))));
                file.insert(root_key(component), of(root));
                file.insert(users_key(component), all.into());
            }
        }
        Self { file }
    }
}

fn root_key(component: &Component) -> String {
    format!("{}_root_password", component.name)
}

fn users_key(component: &Component) -> String {
    format!("{}_users", component.name)
}

/// The password of an account, the first of which is the administrator's.
fn find<'a>(file: &'a Map<String, Value>, component: &Component, account: &str) -> Option<&'a str> {
    let is_root = (component.accounts)().first() == Some(&account);
    let password = match is_root {
        true => file.get(&root_key(component)),
        false => file.get(&users_key(component))?.get(account),
    };
    password?.as_str()
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
    use crate::state::write_private;
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;

    /// One that has users beside its administrator.
    fn with_users() -> &'static Component {
        let mut all = super::super::all().iter();
        all.find(|one| (one.accounts)().contains(&"cli")).unwrap()
    }

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
        let all: Vec<_> = super::super::all()
            .iter()
            .flat_map(|component| made.of(component))
            .map(|(_, password)| password)
            .collect();
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
    fn passwords_of_a_component_or_account_that_this_program_does_not_have_stay() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        let users = users_key(with_users());
        let file =
            json!({"gone_root_password": "a", "gone_users": {"b": "c"}, &users: {"old": "d"}});
        write_private(&path(&state), &serde_json::to_vec(&file).unwrap()).unwrap();
        let kept = Secrets::load_or_create(&state).unwrap().file;
        assert_eq!(kept["gone_root_password"], "a");
        assert_eq!(kept["gone_users"], json!({"b": "c"}));
        assert_eq!(kept[&users]["old"], "d");
        assert!(kept[&users]["cli"].is_string());
    }

    #[test]
    fn passwords_outlive_an_account_that_comes_later() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        let made = Secrets::load_or_create(&state).unwrap();
        let text = std::fs::read_to_string(path(&state)).unwrap();
        let mut file: Map<String, Value> = serde_json::from_str(&text).unwrap();
        let component = with_users();
        let users = &mut file[&users_key(component)];
        users.as_object_mut().unwrap().remove("cli").unwrap();
        write_private(&path(&state), &serde_json::to_vec(&file).unwrap()).unwrap();
        let again = Secrets::load(&state).unwrap().unwrap();
        for ((account, before), (_, now)) in made.of(component).iter().zip(again.of(component)) {
            assert_eq!(*before == now, *account != "cli", "{account}");
        }
    }
}
