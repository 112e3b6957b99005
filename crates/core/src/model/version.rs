//! A version of a model as its files: read, and checked against each other and this build. What every
//! reader of a registry holds a version to (`docs/contracts/registry.md`), wherever the files are from.

use super::card::Card;
use super::scorer::{ModelError, Scorer};
use crate::features::{TextWeights, WrongTextWeights};
use crate::scoring::FEATURE_SPEC;
use sha2::{Digest, Sha256};

pub const MODEL_FILE: &str = "model.json";
pub const CARD_FILE: &str = "card.json";
pub const TEXT_FILE: &str = "text_risk.bin";

/// Why the files of a version cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// The model or its card is refused, or they do not fit this build.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// The bytes of a file are not those its card speaks of.
    #[error("{file}: SHA-256 is {found}, the card says {expected}")]
    Damaged {
        file: &'static str,
        expected: String,
        found: String,
    },
    /// The card names a file that is not there.
    #[error("{file}: it is not there")]
    Absent { file: &'static str },
    /// What the card names as weights of `text_risk` is none.
    #[error("{TEXT_FILE}: {0}")]
    Text(WrongTextWeights),
    /// The card is that of another version.
    #[error("{CARD_FILE}: it is the card of {found}, not of {expected}")]
    Identity {
        /// Name and version of its folder.
        expected: String,
        /// Name and version it speaks of.
        found: String,
    },
}

impl VersionError {
    /// The file that is at fault; `None` if it is one that the message names, or both.
    pub const fn file(&self) -> Option<&'static str> {
        match self {
            Self::Model(_) => None,
            Self::Damaged { file, .. } | Self::Absent { file } => Some(file),
            Self::Text(_) => Some(TEXT_FILE),
            Self::Identity { .. } => Some(CARD_FILE),
        }
    }
}

/// Checks a model and its weights of `text_risk` against its card, and all against this build. Weights
/// that the card does not name are not this version's, and are passed over.
///
/// # Errors
/// [`VersionError`] names the file that is refused, and why.
pub fn check_files(model: &[u8], card: &[u8], text: Option<&[u8]>) -> Result<Scorer, VersionError> {
    let scorer = Scorer::load(model, card, FEATURE_SPEC)?;
    check_sha256(MODEL_FILE, model, &scorer.card().model_sha256)?;
    let Some(expected) = scorer.card().text_risk_sha256.clone() else {
        return Ok(scorer);
    };
    let text = text.ok_or(VersionError::Absent { file: TEXT_FILE })?;
    check_sha256(TEXT_FILE, text, &expected)?;
    let text = TextWeights::from_bytes(text).map_err(VersionError::Text)?;
    Ok(scorer.with_text(text))
}

/// Checks that a card is that of a version.
///
/// # Errors
/// [`VersionError::Identity`] if it is of another name or number.
pub fn check_identity(name: &str, number: u32, card: &Card) -> Result<(), VersionError> {
    if card.name == name && card.version == number {
        return Ok(());
    }
    Err(VersionError::Identity {
        expected: format!("{name}/{number}"),
        found: format!("{}/{}", card.name, card.version),
    })
}

fn check_sha256(file: &'static str, bytes: &[u8], expected: &str) -> Result<(), VersionError> {
    let found = model_sha256(bytes);
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(VersionError::Damaged {
        file,
        expected: expected.to_owned(),
        found,
    })
}

/// SHA-256 in hexadecimal, as cards hold it.
pub fn model_sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
