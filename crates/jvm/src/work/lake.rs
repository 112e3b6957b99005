//! Files of the lake, and the folders they lie in.

use super::WorkError;
use super::envelope::Envelope;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{FileWriter, Partition};

/// The folder of edits of a user type, by its number in an envelope, and of an event time.
///
/// # Errors
/// [`WorkError::UserType`] if there is no such type.
pub fn partition(user_type: i32, event_time: i64) -> Result<String, WorkError> {
    let number = usize::try_from(user_type).ok();
    let known = number.and_then(|number| UserType::ALL.get(number));
    let user_type = known.ok_or(WorkError::UserType(user_type))?;
    Ok(Partition::of(*user_type, EventTime::nearest(event_time)).to_string())
}

/// Adds an edit to a file.
///
/// # Errors
/// If it is not an edit, or cannot be encoded.
pub fn push(file: &mut FileWriter, edit: &[u8]) -> Result<(), WorkError> {
    let envelope = Envelope::open(edit)?;
    Ok(file.push(&envelope.classified()?)?)
}
