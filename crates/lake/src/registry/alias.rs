//! The aliases: which version is in use, and which was before it. Promotion and rollback are one
//! conditional write of `aliases/champion`, which names both; `aliases/previous` is a copy for
//! those who want only that, brought in line after it. See `docs/contracts/registry.md`.

use super::{Registry, RegistryError};
use crate::clock;
use crate::storage::{Key, Seen};
use serde::{Deserialize, Serialize};
use wikisentry_core::time::EventTime;

const CHAMPION: &str = "aliases/champion";
const PREVIOUS: &str = "aliases/previous";

/// How many times a copy is tried to be brought in line while others promote.
const SETTLE_TRIES: usize = 16;

/// What an alias file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Alias {
    version: u32,
    /// Of the champion: the one before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<u32>,
    updated_at: EventTime,
}

/// The versions that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Aliases {
    /// The version in use; none before the first start: the bootstrap model inside the binary is.
    pub champion: Option<u32>,
    /// The version in use before it.
    pub previous: Option<u32>,
}

/// What a promotion has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promotion {
    /// The aliases after it.
    pub aliases: Aliases,
    /// Whether it changed them; not if the version was the champion already.
    pub changed: bool,
}

impl Registry {
    /// The versions that have a name, as of one moment.
    ///
    /// # Errors
    /// If the alias cannot be read or is none.
    pub fn aliases(&self) -> Result<Aliases, RegistryError> {
        Ok(self.read_champion()?.1)
    }

    /// The version that the champion alias names; `None` before the first.
    ///
    /// # Errors
    /// As [`Registry::aliases`].
    pub fn champion_version(&self) -> Result<Option<u32>, RegistryError> {
        Ok(self.aliases()?.champion)
    }

    /// Makes a version the champion and the champion the previous one, if `expected` is still the
    /// champion. A version that is the champion already changes nothing, whatever is expected. An alias
    /// that cannot be read names none: it is replaced where none is expected.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] if another version is the champion by now, and whatever
    /// [`Registry::load`] finds wrong with the version: the aliases are as they were then.
    pub fn promote(&self, version: u32, expected: Option<u32>) -> Result<Promotion, RegistryError> {
        self.load(version)?;
        let (seen, aliases) = match expected {
            None => self.read_champion_or_copy()?,
            Some(_) => self.read_champion()?,
        };
        if aliases.champion == Some(version) {
            self.settle();
            return Ok(Promotion {
                aliases,
                changed: false,
            });
        }
        if aliases.champion != expected {
            return Err(self.conflict(expected, aliases.champion));
        }
        // Of an alias that cannot be read only the one before it is known.
        let before = aliases.champion.or(aliases.previous);
        let before = before.filter(|before| *before != version);
        self.point_to(version, seen.as_ref(), before)
    }

    /// Exchanges the champion and the one before it; doing it twice changes nothing. An alias that
    /// cannot be read is replaced by what its copy says was before.
    ///
    /// # Errors
    /// [`RegistryError::NoPrevious`] if there was none before, [`RegistryError::Conflict`] if
    /// another process moved the champion meanwhile, and whatever [`Registry::load`] finds wrong
    /// with the previous version: the aliases are as they were then.
    pub fn rollback(&self) -> Result<Aliases, RegistryError> {
        let (seen, aliases) = self.read_champion_or_copy()?;
        let Some(previous) = aliases.previous else {
            // One that cannot be read says so.
            self.read_champion()?;
            return Err(RegistryError::NoPrevious {
                name: self.name.clone(),
                champion: aliases.champion,
            });
        };
        self.load(previous)?;
        let done = self.point_to(previous, seen.as_ref(), aliases.champion)?;
        Ok(done.aliases)
    }

    /// Gives a registry without champion its first; another process may be faster.
    pub(super) fn put_first_champion(&self, version: u32) -> Result<(), RegistryError> {
        self.put_new(CHAMPION, &alias(version, None)).map(|_| ())
    }

    /// Brings `aliases/previous` in line with what the champion alias says was before it, which a
    /// crash may have prevented. Nothing here relies on it, so that a failure is only logged.
    pub(super) fn settle(&self) {
        for _ in 0..SETTLE_TRIES {
            match self.settle_once() {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!("{error}; the champion's own alias holds");
                    return;
                }
            }
        }
    }

    /// Whether the copy is in line. It is only ever moved from what was seen before the champion
    /// was read, and looked at once more after, so that the last of several to write has it right.
    fn settle_once(&self) -> Result<bool, RegistryError> {
        let copy = self.read_alias(PREVIOUS)?;
        let Some(previous) = self.aliases()?.previous else {
            return Ok(true);
        };
        let (seen, named) = match copy {
            Some((seen, named)) => (Some(seen), Some(named.version)),
            None => (None, None),
        };
        if named == Some(previous) {
            return Ok(true);
        }
        self.replace(PREVIOUS, seen.as_ref(), &alias(previous, None))?;
        Ok(false)
    }

    fn point_to(
        &self,
        version: u32,
        seen: Option<&Seen>,
        previous: Option<u32>,
    ) -> Result<Promotion, RegistryError> {
        if !self.replace(CHAMPION, seen, &alias(version, previous))? {
            return Err(self.conflict(previous, self.champion_version()?));
        }
        self.settle();
        let champion = Some(version);
        Ok(Promotion {
            aliases: Aliases { champion, previous },
            changed: true,
        })
    }

    fn replace(&self, key: &str, seen: Option<&Seen>, bytes: &[u8]) -> Result<bool, RegistryError> {
        Ok(self.storage.replace(&Key::from(key), seen, bytes)?)
    }

    fn conflict(&self, expected: Option<u32>, found: Option<u32>) -> RegistryError {
        RegistryError::Conflict {
            name: self.name.clone(),
            expected,
            found,
        }
    }

    fn read_champion(&self) -> Result<(Option<Seen>, Aliases), RegistryError> {
        Ok(match self.read_alias(CHAMPION)? {
            None => (None, Aliases::default()),
            Some((seen, alias)) => {
                let aliases = Aliases {
                    champion: Some(alias.version),
                    previous: alias.previous,
                };
                (Some(seen), aliases)
            }
        })
    }

    /// As [`Self::read_champion`]; where the alias cannot be read, the copy says what was before.
    fn read_champion_or_copy(&self) -> Result<(Option<Seen>, Aliases), RegistryError> {
        match self.read_champion() {
            Err(RegistryError::Alias { .. }) => {
                let copy = self.read_alias(PREVIOUS).ok().flatten();
                let aliases = Aliases {
                    champion: None,
                    previous: copy.map(|(_, alias)| alias.version),
                };
                Ok((self.read(CHAMPION)?, aliases))
            }
            read => read,
        }
    }

    fn read_alias(&self, key: &str) -> Result<Option<(Seen, Alias)>, RegistryError> {
        let Some(seen) = self.read(key)? else {
            return Ok(None);
        };
        match serde_json::from_slice(&seen.bytes) {
            Ok(alias) => Ok(Some((seen, alias))),
            Err(error) => {
                let path = self.path(key);
                Err(RegistryError::Alias { path, error })
            }
        }
    }
}

fn alias(version: u32, previous: Option<u32>) -> Vec<u8> {
    let updated_at = clock::now();
    let alias = Alias {
        version,
        previous,
        updated_at,
    };
    serde_json::to_vec(&alias).expect("numbers and a time are always JSON")
}
