//! The versions: listed, read and checked, and a new one put in so that it is there whole or not at
//! all. A version is there once its card is; the model is written before, and who writes it has its
//! number.

use super::{Champion, Registry, RegistryError};
use crate::clock;
use crate::storage::Key;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::path::Path;
use wikisentry_core::features::TextWeights;
use wikisentry_core::model::{Card, ModelError, Scorer};
use wikisentry_core::scoring::FEATURE_SPEC;

const VERSIONS: &str = "versions";
const MODEL: &str = "model.json";
const CARD: &str = "card.json";
const TEXT: &str = "text_risk.bin";

/// Longest file of the registry that is read, in bytes, by its name. A model of 600 trees has some
/// 3 MB, its card 100 kB, weights of `text_risk` 128 KiB, an alias 200 bytes.
pub fn most_bytes(name: &str) -> u64 {
    match name.rsplit('/').next() {
        Some(MODEL) => 256 << 20,
        Some(CARD) => 16 << 20,
        _ => 1 << 20,
    }
}

/// The files of a version by their names.
pub type Files = Vec<(&'static str, Bytes)>;

/// A version as it was found.
#[derive(Debug)]
pub struct Version {
    /// Its number, from 1.
    pub number: u32,
    /// Its card, if that can be read.
    pub card: Option<Card>,
    /// Why it cannot be used; `None` if it can.
    pub fault: Option<RegistryError>,
}

impl Registry {
    /// All versions in the order of their numbers, each checked as [`Registry::load`] does. A
    /// damaged one is among them; one whose writer was killed is not.
    ///
    /// # Errors
    /// If the versions cannot be listed.
    pub fn versions(&self) -> Result<Vec<Version>, RegistryError> {
        let numbers = self.numbers()?.into_iter();
        Ok(numbers.filter_map(|number| self.version(number)).collect())
    }

    /// One version as it is found; `None` if there is none of that number.
    pub fn version(&self, number: u32) -> Option<Version> {
        let (card, fault) = match self.read(&card_key(number)) {
            Ok(None) => return None,
            Ok(Some(card)) => (Card::from_json(&card.bytes).ok(), self.load(number).err()),
            Err(error) => (None, Some(error)),
        };
        Some(Version {
            number,
            card,
            fault,
        })
    }

    /// The names of all classes that versions give, those of the newest first and of each the highest
    /// first; those of the bootstrap model if there is no version yet. Cards that cannot be read have
    /// none.
    ///
    /// # Errors
    /// If the versions cannot be listed.
    pub fn classes(&self) -> Result<Vec<String>, RegistryError> {
        let numbers = self.numbers()?.into_iter().rev();
        let mut cards: Vec<Card> = numbers
            .filter_map(|number| self.card(number).ok())
            .collect();
        if cards.is_empty() {
            cards.push(Self::bootstrap_champion()?.scorer.card().clone());
        }
        let mut names: Vec<String> = Vec::new();
        for class in cards.into_iter().flat_map(|card| card.classes) {
            if !names.contains(&class.name) {
                names.push(class.name);
            }
        }
        Ok(names)
    }

    /// The card of a version. The model beside it is not looked at.
    ///
    /// # Errors
    /// If there is no such version, or the card is refused or that of another version.
    pub fn card(&self, number: u32) -> Result<Card, RegistryError> {
        let key = card_key(number);
        let bytes = self.card_bytes(number)?;
        let card = Card::from_json(&bytes).map_err(|error| RegistryError::Model {
            path: self.path(&key),
            error: ModelError::Card(error),
        })?;
        check_identity(&self.path(&key), &self.name, number, &card)?;
        Ok(card)
    }

    /// One version, checked in full: card, checksum, features, model.
    ///
    /// # Errors
    /// If there is no such version, a file cannot be read, or a check fails.
    pub fn load(&self, number: u32) -> Result<Champion, RegistryError> {
        let (champion, _) = self.load_files(number)?;
        Ok(champion)
    }

    /// The files of a version by their names, checked in full as [`Registry::load`] does.
    ///
    /// # Errors
    /// As [`Registry::load`].
    pub fn files(&self, number: u32) -> Result<Files, RegistryError> {
        let (champion, files) = self.load_files(number)?;
        let has_text = champion.scorer.card().text_risk_sha256.is_some();
        let of_version = files
            .into_iter()
            .filter(|(name, _)| *name != TEXT || has_text);
        Ok(of_version.collect())
    }

    /// The same with weights of `text_risk` that the card does not name, too.
    fn load_files(&self, number: u32) -> Result<(Champion, Files), RegistryError> {
        let (card, model) = (self.card_bytes(number)?, self.model_bytes(number)?);
        let text = self.read(&text_key(number))?.map(|text| text.bytes);
        let folder = self.path(&format!("{VERSIONS}/{number}"));
        let champion = check(&folder, &model, &card, text.as_deref())?;
        let path = self.path(&card_key(number));
        check_identity(&path, &self.name, number, champion.scorer.card())?;
        let mut files = vec![(MODEL, model), (CARD, card)];
        files.extend(text.map(|text| (TEXT, text)));
        Ok((champion, files))
    }

    /// Adds a version that has the files of another, as [`Registry::files`] gives them, wherever that
    /// was; `change` may say on its card where it comes from.
    ///
    /// # Errors
    /// As [`Registry::publish`], and if a file is missing, damaged, or not of this model, or there are
    /// weights of `text_risk` that the card does not name.
    pub fn adopt(
        &self,
        folder: &Path,
        file: impl Fn(&str) -> std::io::Result<Option<Vec<u8>>>,
        change: impl FnOnce(&mut Card),
    ) -> Result<u32, RegistryError> {
        let read = |name: &str| {
            let path = folder.join(name);
            match file(name) {
                Ok(bytes) => bytes.ok_or(RegistryError::Absent { path }),
                Err(error) => Err(RegistryError::Io { path, error }),
            }
        };
        let (model, card) = (read(MODEL)?, read(CARD)?);
        let named = Card::from_json(&card).map_err(|error| RegistryError::Model {
            path: folder.join(CARD),
            error: ModelError::Card(error),
        })?;
        let text = match named.text_risk_sha256 {
            Some(_) => Some(read(TEXT)?),
            None => match read(TEXT) {
                Err(RegistryError::Absent { .. }) => None,
                // Without them the model would score as something else than it was judged as.
                found => {
                    found?;
                    let path = folder.join(TEXT);
                    return Err(RegistryError::Unnamed { path });
                }
            },
        };
        let found = check(folder, &model, &card, text.as_deref())?;
        let mut card = found.scorer.card().clone();
        if card.name != self.name {
            return Err(RegistryError::Identity {
                path: folder.join(CARD),
                expected: self.name.clone(),
                found: format!("{}/{}", card.name, card.version),
            });
        }
        let text = card
            .text_risk_sha256
            .is_some()
            .then(|| found.scorer.text().clone());
        change(&mut card);
        // Its number 1 is the bootstrap model's.
        self.bootstrap()?;
        self.publish_with_text(&model, text.as_ref(), card)
    }

    /// Adds a version and gives its number, the next that is free. Name, version and checksums of
    /// the card are set here. The aliases stay as they are.
    ///
    /// # Errors
    /// If model and card fail the checks of [`Registry::load`], in which case nothing was written,
    /// or a file cannot be written; what is left then is no version, and its number is passed over.
    pub fn publish(&self, model: &[u8], card: Card) -> Result<u32, RegistryError> {
        self.publish_with_text(model, None, card)
    }

    /// The same for a model with weights of `text_risk` of its own instead of the program's.
    ///
    /// # Errors
    /// As [`Registry::publish`].
    pub fn publish_with_text(
        &self,
        model: &[u8],
        text: Option<&TextWeights>,
        mut card: Card,
    ) -> Result<u32, RegistryError> {
        let text = text.map(TextWeights::to_bytes);
        card.name.clone_from(&self.name);
        card.model_sha256 = model_sha256(model);
        card.text_risk_sha256 = text.as_deref().map(model_sha256);
        card.version = 1;
        let candidate = self.path("(candidate)");
        check(&candidate, model, &self.json(&card)?, text.as_deref())?;
        let mut number = self.numbers()?.last().copied().unwrap_or(0);
        loop {
            number = number
                .checked_add(1)
                .ok_or_else(|| RegistryError::NoNumber {
                    name: self.name.clone(),
                })?;
            if self.put_new(&model_key(number), model)? {
                break;
            }
        }
        card.version = number;
        if let Some(text) = text {
            self.put_own(&text_key(number), &text)?;
        }
        self.put_own(&card_key(number), &self.json(&card)?)?;
        Ok(number)
    }

    /// Puts a file of a version whose number was taken here.
    fn put_own(&self, key: &str, bytes: &[u8]) -> Result<(), RegistryError> {
        if self.put_new(key, bytes)? {
            return Ok(());
        }
        let path = self.path(key);
        Err(RegistryError::Foreign { path })
    }

    /// The numbers that are taken, in order, with or without a card.
    pub(super) fn numbers(&self) -> Result<Vec<u32>, RegistryError> {
        let names = self.storage.names(&Key::from(VERSIONS))?;
        let mut numbers: Vec<u32> = names.iter().filter_map(|name| number(name)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn card_bytes(&self, number: u32) -> Result<Bytes, RegistryError> {
        let card = self.read(&card_key(number))?.map(|card| card.bytes);
        card.ok_or_else(|| RegistryError::NoVersion {
            name: self.name.clone(),
            version: number,
        })
    }

    pub(super) fn model_bytes(&self, number: u32) -> Result<Bytes, RegistryError> {
        let key = model_key(number);
        let model = self.read(&key)?.map(|model| model.bytes);
        model.ok_or_else(|| RegistryError::Absent {
            path: self.path(&key),
        })
    }

    fn json(&self, card: &Card) -> Result<Vec<u8>, RegistryError> {
        serde_json::to_vec_pretty(card).map_err(|error| RegistryError::Card {
            path: self.path(&card_key(card.version)),
            error,
        })
    }
}

/// Checks the files of a version that was read elsewhere, as [`Registry::load`] does. `text` is
/// `text_risk.bin`, if that is there.
///
/// # Errors
/// As [`Registry::load`].
pub fn check_version(
    name: &str,
    number: u32,
    model: &[u8],
    card: &[u8],
    text: Option<&[u8]>,
) -> Result<Champion, RegistryError> {
    let folder = Path::new(name).join(VERSIONS).join(number.to_string());
    let champion = check(&folder, model, card, text)?;
    check_identity(&folder.join(CARD), name, number, champion.scorer.card())?;
    Ok(champion)
}

/// Checks that a card, which lies at `path`, is that of a version.
///
/// # Errors
/// [`RegistryError::Identity`] if it is of another name or number.
pub fn check_identity(
    path: &Path,
    name: &str,
    number: u32,
    card: &Card,
) -> Result<(), RegistryError> {
    if card.name == name && card.version == number {
        return Ok(());
    }
    Err(RegistryError::Identity {
        path: path.to_owned(),
        expected: format!("{name}/{number}"),
        found: format!("{}/{}", card.name, card.version),
    })
}

/// Checks a model and its weights of `text_risk` against its card, and all against this build.
/// `folder` is where the files come from, as messages name it. Engines that fetch the files themselves
/// call this and [`check_identity`]; [`Registry::load`] does both.
///
/// # Errors
/// [`RegistryError`] names the file that is refused, and why.
pub fn check(
    folder: &Path,
    model: &[u8],
    card: &[u8],
    text: Option<&[u8]>,
) -> Result<Champion, RegistryError> {
    let scorer = Scorer::load(model, card, FEATURE_SPEC).map_err(|error| RegistryError::Model {
        path: folder.to_owned(),
        error,
    })?;
    check_sha256(&folder.join(MODEL), model, &scorer.card().model_sha256)?;
    let scorer = match scorer.card().text_risk_sha256.clone() {
        // What lies there without a word on the card is not this version's.
        None => scorer,
        Some(expected) => {
            let path = folder.join(TEXT);
            let text = text.ok_or_else(|| RegistryError::Absent { path: path.clone() })?;
            check_sha256(&path, text, &expected)?;
            let text = TextWeights::from_bytes(text)
                .map_err(|error| RegistryError::Text { path, error })?;
            scorer.with_text(text)
        }
    };
    Ok(Champion {
        scorer,
        loaded_at: clock::now(),
    })
}

fn check_sha256(path: &Path, bytes: &[u8], expected: &str) -> Result<(), RegistryError> {
    let found = model_sha256(bytes);
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(RegistryError::Damaged {
        path: path.to_owned(),
        expected: expected.to_owned(),
        found,
    })
}

/// The number that a folder's name is, written the one way it is written here.
fn number(name: &str) -> Option<u32> {
    let number: u32 = name.parse().ok()?;
    (number > 0 && number.to_string() == name).then_some(number)
}

pub(super) fn model_key(number: u32) -> String {
    format!("{VERSIONS}/{number}/{MODEL}")
}

fn text_key(number: u32) -> String {
    format!("{VERSIONS}/{number}/{TEXT}")
}

pub(super) fn card_key(number: u32) -> String {
    format!("{VERSIONS}/{number}/{CARD}")
}

/// SHA-256 in hexadecimal, as cards hold it.
pub fn model_sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
