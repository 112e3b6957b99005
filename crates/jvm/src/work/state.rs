//! States of detectors as bytes: a version, then the value as postcard. Flink keeps them in checkpoints
//! and savepoints for as long as the job lives, over upgrades of this library. Who changes a type that
//! is kept raises [`VERSION`] and reads the one before it in [`read`]; `testdata` of the tests has
//! states of every version.

use super::WorkError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version that is written.
pub const VERSION: u8 = 1;

pub fn write(state: &impl Serialize) -> Vec<u8> {
    let bytes = vec![VERSION];
    postcard::to_extend(state, bytes).expect("numbers, texts and lists always have a form")
}

/// Reads a state of `what`, e.g. `a user's edits`.
///
/// # Errors
/// [`WorkError::StateVersion`] for one of a later version, [`WorkError::State`] for other bytes.
pub fn read<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, WorkError> {
    let damaged = |reason: String| WorkError::State { what, reason };
    match bytes.split_first() {
        Some((1, rest)) => match postcard::take_from_bytes(rest) {
            Ok((state, [])) => Ok(state),
            Ok((_, more)) => Err(damaged(format!("{} bytes too many", more.len()))),
            Err(error) => Err(damaged(error.to_string())),
        },
        Some((found, _)) => Err(WorkError::StateVersion {
            what,
            found: *found,
            newest: VERSION,
        }),
        None => Err(damaged("it is empty".to_owned())),
    }
}
