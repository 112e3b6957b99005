//! Versions of a model, checked as the registry checks them.

use super::WorkError;
use wikisentry_core::model::Scorer;
use wikisentry_lake::registry::{Registry, check_version};

/// A version whose files were read from `<name>/versions/<version>/`; `text` is `text_risk.bin`, if
/// that is there.
///
/// # Errors
/// [`WorkError::Model`] as the registry refuses it.
pub fn load(
    name: &str,
    version: i32,
    model: &[u8],
    card: &[u8],
    text: Option<&[u8]>,
) -> Result<Scorer, WorkError> {
    // Below 1 there is none, and a card of version 0 is refused.
    let version = u32::try_from(version).unwrap_or(0);
    Ok(check_version(name, version, model, card, text)?.scorer)
}

/// The model inside the library.
///
/// # Errors
/// None, unless the library was built with a model that does not fit it.
pub fn bootstrap() -> Result<Scorer, WorkError> {
    Ok(Registry::bootstrap_champion()?.scorer)
}
