//! The aliases: which version is in use, and which was before it. Promotion, rollback and hold are
//! one conditional write of `aliases/champion`, which names both versions and what people have
//! ruled; `aliases/previous` is a copy for those who want only that, brought in line after it. See
//! `docs/contracts/registry.md`.

use super::ruling::{Hold, Ruling};
use super::{Registry, RegistryError, model_sha256};
use crate::clock;
use crate::storage::{Key, Seen};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
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
    #[serde(flatten)]
    ruling: Ruling,
    /// All other fields, kept as they are.
    #[serde(flatten)]
    other: Map<String, Value>,
}

/// The champion alias as it was read, with the bytes that a conditional write compares.
struct Read {
    seen: Option<Seen>,
    aliases: Aliases,
    ruling: Ruling,
    other: Map<String, Value>,
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
        Ok(self.read_champion()?.aliases)
    }

    /// The version that the champion alias names; `None` before the first.
    ///
    /// # Errors
    /// As [`Registry::aliases`].
    pub fn champion_version(&self) -> Result<Option<u32>, RegistryError> {
        Ok(self.aliases()?.champion)
    }

    /// What people have ruled on the models, as of one moment.
    ///
    /// # Errors
    /// As [`Registry::aliases`].
    pub fn ruling(&self) -> Result<Ruling, RegistryError> {
        Ok(self.read_champion()?.ruling)
    }

    /// Makes a version the champion and the champion the previous one, because a person says so, if
    /// `expected` is still the champion. A version that is the champion already changes nothing,
    /// whatever is expected. That the model was rolled back once no longer counts; a newer champion
    /// that makes room for an older version counts as rolled back. An alias that cannot be read names
    /// none, and no rulings: it is replaced where none is expected.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] if another version is the champion by now, and whatever
    /// [`Registry::load`] finds wrong with the version: the aliases are as they were then.
    pub fn promote(&self, version: u32, expected: Option<u32>) -> Result<Promotion, RegistryError> {
        let read = match expected {
            None => self.read_champion_or_copy()?,
            Some(_) => self.read_champion()?,
        };
        self.promote_if(version, expected, read, |read, model| {
            let back = read.aliases.champion.filter(|champion| version < *champion);
            let left = back.and_then(|champion| self.fingerprint(champion));
            if let (Some(sha256), Some(version)) = (left, back) {
                read.ruling.roll_back(sha256, version, clock::now());
            }
            read.ruling.restore(model);
            Ok(())
        })
    }

    /// As [`Registry::promote`], but nobody has asked for it: people's rulings stand in the way.
    ///
    /// # Errors
    /// Besides [`RegistryError::Held`] if the champion is held, [`RegistryError::RolledBack`] if
    /// this very model was rolled back.
    pub fn promote_unattended(
        &self,
        version: u32,
        expected: Option<u32>,
    ) -> Result<Promotion, RegistryError> {
        let read = self.read_champion()?;
        self.promote_if(version, expected, read, |read, model| {
            let name = || self.name.clone();
            if let Some(hold) = read.ruling.hold.clone() {
                return Err(RegistryError::Held { name: name(), hold });
            }
            match read.ruling.rolled_back(model).cloned() {
                Some(before) => Err(RegistryError::RolledBack {
                    name: name(),
                    version,
                    before,
                }),
                None => Ok(()),
            }
        })
    }

    fn promote_if(
        &self,
        version: u32,
        expected: Option<u32>,
        mut read: Read,
        rule: impl FnOnce(&mut Read, &str) -> Result<(), RegistryError>,
    ) -> Result<Promotion, RegistryError> {
        let loaded = self.load(version)?;
        if read.aliases.champion == Some(version) {
            self.settle();
            return Ok(Promotion {
                aliases: read.aliases,
                changed: false,
            });
        }
        if read.aliases.champion != expected {
            return Err(self.conflict(expected, read.aliases.champion));
        }
        rule(&mut read, &loaded.scorer.card().model_sha256)?;
        self.point_to(version, read)
    }

    /// Exchanges the champion and the one before it. The model that was the champion is not promoted
    /// again unattended; a second rollback takes the first one back, and that with it.
    /// An alias that cannot be read is replaced by what its copy says was before.
    ///
    /// # Errors
    /// [`RegistryError::NoPrevious`] if there was none before, [`RegistryError::Conflict`] if
    /// another process moved the champion meanwhile, and whatever [`Registry::load`] finds wrong
    /// with the previous version: the aliases are as they were then.
    pub fn rollback(&self) -> Result<Aliases, RegistryError> {
        let mut read = self.read_champion_or_copy()?;
        let champion = read.aliases.champion;
        let Some(previous) = read.aliases.previous else {
            // One that cannot be read says so.
            self.read_champion()?;
            return Err(RegistryError::NoPrevious {
                name: self.name.clone(),
                champion,
            });
        };
        let restored = self.load(previous)?;
        let takes_back = read.ruling.restore(&restored.scorer.card().model_sha256);
        if !takes_back
            && let Some(left) = champion
            && let Some(sha256) = self.fingerprint(left)
        {
            read.ruling.roll_back(sha256, left, clock::now());
        }
        Ok(self.point_to(previous, read)?.aliases)
    }

    /// Keeps the champion from being replaced unattended; answers `false` if it was held for the
    /// same reason already.
    ///
    /// # Errors
    /// [`RegistryError::NoChampion`] if there is none to hold, [`RegistryError::Conflict`] if
    /// another process changed the alias meanwhile.
    pub fn hold(&self, reason: Option<String>) -> Result<bool, RegistryError> {
        self.rule(|ruling| {
            let is_same = |hold: &Hold| hold.reason == reason;
            if ruling.hold.as_ref().is_some_and(is_same) {
                return false;
            }
            let since = clock::now();
            ruling.hold = Some(Hold { since, reason });
            true
        })
    }

    /// Ends [`Registry::hold`]; answers what it was, `None` if the champion was not held.
    ///
    /// # Errors
    /// As [`Registry::hold`].
    pub fn release(&self) -> Result<Option<Hold>, RegistryError> {
        let mut hold = None;
        self.rule(|ruling| {
            hold = ruling.hold.take();
            hold.is_some()
        })?;
        Ok(hold)
    }

    /// Changes the ruling and leaves the aliases; nothing is written if `change` answers `false`.
    fn rule(&self, change: impl FnOnce(&mut Ruling) -> bool) -> Result<bool, RegistryError> {
        let mut read = self.read_champion()?;
        let Aliases { champion, previous } = read.aliases;
        let Some(version) = champion else {
            let name = self.name.clone();
            return Err(RegistryError::NoChampion { name });
        };
        if !change(&mut read.ruling) {
            return Ok(false);
        }
        let bytes = alias(version, previous, read.ruling, read.other);
        match self.replace(CHAMPION, read.seen.as_ref(), &bytes)? {
            true => Ok(true),
            false => Err(self.conflict(champion, self.champion_version()?)),
        }
    }

    /// The checksum by which a model is known again, whether it is whole or not.
    fn fingerprint(&self, version: u32) -> Option<String> {
        let of_card = self.card(version).map(|card| card.model_sha256);
        let of_model = || self.model_bytes(version).map(|bytes| model_sha256(&bytes));
        of_card.or_else(|_| of_model()).ok()
    }

    /// Gives a registry without champion its first; another process may be faster.
    pub(super) fn put_first_champion(&self, version: u32) -> Result<(), RegistryError> {
        let first = alias(version, None, Ruling::default(), Map::new());
        self.put_new(CHAMPION, &first).map(|_| ())
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
        let copy = alias(previous, None, Ruling::default(), Map::new());
        self.replace(PREVIOUS, seen.as_ref(), &copy)?;
        Ok(false)
    }

    /// Points the champion alias to a version; what it pointed to is the previous one then. Of an
    /// alias that cannot be read only the one before it is known.
    fn point_to(&self, version: u32, read: Read) -> Result<Promotion, RegistryError> {
        let Aliases { champion, previous } = read.aliases;
        let expected = champion;
        let previous = champion.or(previous).filter(|before| *before != version);
        let bytes = alias(version, previous, read.ruling, read.other);
        if !self.replace(CHAMPION, read.seen.as_ref(), &bytes)? {
            return Err(self.conflict(expected, self.champion_version()?));
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

    fn read_champion(&self) -> Result<Read, RegistryError> {
        let read = self.read_alias(CHAMPION)?;
        let (seen, alias) = read.unzip();
        let aliases = Aliases {
            champion: alias.as_ref().map(|alias| alias.version),
            previous: alias.as_ref().and_then(|alias| alias.previous),
        };
        let (ruling, other) = alias.map(|it| (it.ruling, it.other)).unwrap_or_default();
        Ok(Read {
            seen,
            aliases,
            ruling,
            other,
        })
    }

    /// As [`Self::read_champion`]; where the alias cannot be read, the copy says what was before.
    fn read_champion_or_copy(&self) -> Result<Read, RegistryError> {
        match self.read_champion() {
            Err(RegistryError::Alias { .. }) => {
                let copy = self.read_alias(PREVIOUS).ok().flatten();
                let aliases = Aliases {
                    champion: None,
                    previous: copy.map(|(_, alias)| alias.version),
                };
                Ok(Read {
                    seen: self.read(CHAMPION)?,
                    aliases,
                    ruling: Ruling::default(),
                    other: Map::new(),
                })
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

fn alias(
    version: u32,
    previous: Option<u32>,
    ruling: Ruling,
    other: Map<String, Value>,
) -> Vec<u8> {
    let alias = Alias {
        version,
        previous,
        updated_at: clock::now(),
        ruling,
        other,
    };
    serde_json::to_vec(&alias).expect("texts, numbers and times are always JSON")
}
