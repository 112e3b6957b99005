//! A classified edit on its way through Flink: what the job routes by, in front of the record's key and
//! JSON. The layout is the one that `Native.java` documents.

use super::WorkError;
use wikisentry_core::anomaly::{page_fingerprint, user_fingerprint};
use wikisentry_core::classified::ClassifiedEdit;
use wikisentry_core::time::EventTime;
use wikisentry_core::user::UserType;
use xxhash_rust::xxh3::xxh3_128;

/// First byte of an edit; another layout gets another one.
pub const EDIT: u8 = 1;
/// First byte of a dead letter, -1 in Java.
pub const DEAD_LETTER: u8 = 255;

const EVENT_TIME: usize = 2;
const INGEST_TIME: usize = 10;
const USER: usize = 34;
const SCORE: usize = 50;
const KEY_LENGTH: usize = 58;
/// Bytes before the key.
const KEY: usize = 62;

/// Bytes of JSON that most edits stay below.
const MOST_JSON: usize = 1_400;

/// The envelope of an edit.
pub fn seal(classified: &ClassifiedEdit<'_>) -> Vec<u8> {
    let edit = &classified.edit;
    let key = edit.key();
    let mut out = Vec::with_capacity(KEY + key.len() + MOST_JSON);
    out.push(EDIT);
    out.push(number(edit.user_type));
    out.extend(edit.event_time.as_millis().to_be_bytes());
    out.extend(
        classified
            .classification
            .ingest_time
            .as_millis()
            .to_be_bytes(),
    );
    out.extend(xxh3_128(edit.meta_id.as_bytes()).to_be_bytes());
    out.extend(user_fingerprint(edit).unwrap_or(0).to_be_bytes());
    out.extend(page_fingerprint(edit).to_be_bytes());
    let score = classified.classification.score.unwrap_or(f64::NAN);
    out.extend(score.to_be_bytes());
    // Texts of an event are shorter: the JSON they are read from is a Java array.
    out.extend((key.len() as u32).to_be_bytes());
    out.extend(key.as_bytes());
    serde_json::to_writer(&mut out, classified).expect("a record of named fields is always JSON");
    out
}

fn number(user_type: UserType) -> u8 {
    let mut types = UserType::ALL.into_iter();
    let number = types.position(|one| one == user_type);
    number.expect("all user types are in the list of all") as u8
}

/// An envelope that was looked at.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    bytes: &'a [u8],
    json: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// # Errors
    /// [`WorkError::Envelope`] for bytes that [`seal`] did not make.
    pub fn open(bytes: &'a [u8]) -> Result<Self, WorkError> {
        let wrong = |reason: &str| Err(WorkError::Envelope(reason.to_owned()));
        match bytes.first() {
            Some(&EDIT) => {}
            Some(&DEAD_LETTER) => return wrong("it is a dead letter"),
            Some(other) => return wrong(&format!("its first byte is {other}")),
            None => return wrong("it is empty"),
        }
        let Some((_, rest)) = bytes.split_at_checked(KEY) else {
            return wrong("it ends within its header");
        };
        let key_length = u32::from_be_bytes(part(bytes, KEY_LENGTH)) as usize;
        let Some((_, json)) = rest.split_at_checked(key_length) else {
            return wrong("it ends within its key");
        };
        Ok(Self { bytes, json })
    }

    pub fn event_time(self) -> EventTime {
        EventTime::nearest(self.number(EVENT_TIME))
    }

    pub fn ingest_time(self) -> EventTime {
        EventTime::nearest(self.number(INGEST_TIME))
    }

    /// Where windows and cooldowns stand after this edit, see [`ClassifiedEdit::clock`].
    pub fn clock(self) -> EventTime {
        self.event_time().min(self.ingest_time())
    }

    /// Hash of wiki and user; `None` for edits that are in no burst.
    pub fn user(self) -> Option<u64> {
        Some(u64::from_be_bytes(part(self.bytes, USER))).filter(|user| *user != 0)
    }

    pub fn is_bot(self) -> bool {
        self.bytes[1] == number(UserType::Bot)
    }

    pub fn score(self) -> Option<f64> {
        Some(f64::from_be_bytes(part(self.bytes, SCORE))).filter(|score| !score.is_nan())
    }

    /// The value of the record in `edits.classified`.
    pub fn json(self) -> &'a [u8] {
        self.json
    }

    /// # Errors
    /// [`WorkError::Envelope`] if the JSON is not that of an edit.
    pub fn classified(self) -> Result<ClassifiedEdit<'a>, WorkError> {
        ClassifiedEdit::from_json(self.json).map_err(|error| WorkError::Envelope(error.to_string()))
    }

    fn number(self, at: usize) -> i64 {
        i64::from_be_bytes(part(self.bytes, at))
    }
}

/// Bytes of a header, whose length was looked at.
pub(super) fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&bytes[at..at + N]);
    part
}
