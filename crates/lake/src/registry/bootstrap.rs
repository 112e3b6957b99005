//! The model inside the binary, with which the first edit is scored: used as it is, and made the
//! first version of a registry that has no champion.

use super::versions::{card_key, check, model_key};
use super::{Champion, Registry, RegistryError};
use std::path::Path;
use std::sync::OnceLock;
use wikisentry_core::model::Card;

const NAME: &str = "edit-risk";
const VERSION: u32 = 1;
pub(super) const MODEL: &[u8] =
    include_bytes!("../../../../models/edit-risk/versions/1/model.json");
const CARD: &[u8] = include_bytes!("../../../../models/edit-risk/versions/1/card.json");

/// Whether a card is of the model inside the binary, under whatever number.
pub fn is_bootstrap(card: &Card) -> bool {
    static CHECKSUM: OnceLock<String> = OnceLock::new();
    let checksum = CHECKSUM.get_or_init(|| super::versions::model_sha256(MODEL));
    card.model_sha256.eq_ignore_ascii_case(checksum)
}

/// `model.json` and `card.json` of the model inside the binary.
pub const fn bootstrap_files() -> (&'static [u8], &'static [u8]) {
    (MODEL, CARD)
}

impl Registry {
    /// The model inside the binary.
    ///
    /// # Errors
    /// None, unless the binary was built with a model that does not fit it.
    pub fn bootstrap_champion() -> Result<Champion, RegistryError> {
        check(Path::new("(bootstrap)"), MODEL, CARD, None)
    }

    /// Makes the bootstrap model the champion of a registry that has none: as version 1, or where
    /// another has that number as the next.
    ///
    /// # Errors
    /// If the registry cannot be read or written.
    pub fn bootstrap(&self) -> Result<(), RegistryError> {
        if self.champion_version()?.is_some() {
            self.settle();
            return Ok(());
        }
        if self.name != NAME {
            return Ok(());
        }
        let version = self.put_bootstrap()?;
        self.put_first_champion(version)
    }

    fn put_bootstrap(&self) -> Result<u32, RegistryError> {
        let (model, card) = (model_key(VERSION), card_key(VERSION));
        let is_ours = self.put_new(&model, MODEL)?
            || self.read(&model)?.is_some_and(|there| there.bytes == MODEL);
        if is_ours {
            self.put_new(&card, CARD)?;
        }
        let bootstrap = Self::bootstrap_champion()?;
        for number in self.numbers()? {
            let found = self.load(number);
            if found.is_ok_and(|found| is_put_here(found.scorer.card(), bootstrap.scorer.card())) {
                return Ok(number);
            }
        }
        self.publish(MODEL, bootstrap.scorer.card().clone())
    }
}

/// Whether a version is the bootstrap model as a start puts it here. A copy that came from elsewhere
/// says so on its card, and only a person makes it the champion.
fn is_put_here(card: &Card, bootstrap: &Card) -> bool {
    let is_own_number = card.version == VERSION;
    let renumbered = || Card {
        version: bootstrap.version,
        ..card.clone()
    };
    is_bootstrap(card) && (is_own_number || renumbered() == *bootstrap)
}
