//! Files of the lake, and the folders they lie in.

use super::envelope::Envelope;
use super::{WorkError, facts};
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use wikisentry_lake::archive::{FileWriter, Partition};
use wikisentry_lake::label_facts::FactWriter;

/// A file in the making, of whichever kind.
pub enum OpenFile {
    Edits(Box<FileWriter>),
    Facts(FactWriter),
}

impl OpenFile {
    /// # Errors
    /// None, unless the schema cannot be written.
    pub fn of_edits() -> Result<Self, WorkError> {
        Ok(Self::Edits(Box::new(FileWriter::new()?)))
    }

    pub fn of_facts() -> Self {
        Self::Facts(FactWriter::default())
    }

    /// Adds an edit or a fact.
    ///
    /// # Errors
    /// If it is of another kind than the file, or the file is full.
    pub fn push(&mut self, row: &[u8]) -> Result<(), WorkError> {
        match self {
            Self::Edits(file) => push(file, row),
            Self::Facts(file) => facts::push(file, row),
        }
    }

    /// Bytes held, about: those of `take` too.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Self::Edits(file) => file.memory_bytes(),
            Self::Facts(file) => file.memory_bytes(),
        }
    }

    /// The bytes that are final and were not taken yet.
    pub fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Edits(file) => file.take(),
            Self::Facts(file) => file.take(),
        }
    }

    /// The last bytes.
    ///
    /// # Errors
    /// If the rest cannot be encoded.
    pub fn finish(self) -> Result<Vec<u8>, WorkError> {
        match self {
            Self::Edits(file) => Ok(file.finish()?),
            Self::Facts(file) => Ok(file.finish()),
        }
    }
}

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
