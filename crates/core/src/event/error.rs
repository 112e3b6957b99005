//! Why a payload could not be read. The message is the reason in `deadletter`, so it names the field.

use serde::Deserialize;

/// Why a payload could not be read as an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    #[error("not UTF-8: invalid byte at {at}")]
    NotUtf8 {
        /// Index of the byte in the payload.
        at: usize,
    },
    /// Not JSON, cut off, or nested too deep.
    #[error("not JSON: {why}")]
    NotJson {
        /// The parser's message, with line and column.
        why: String,
    },
    #[error("field `{field}`: {why}")]
    WrongType {
        /// Path of the field, e.g. `revision.new`.
        field: String,
        /// The value found and the type expected.
        why: String,
    },
    /// A field that the event cannot do without is absent, null, empty or of another type.
    #[error("field `{field}` is missing or cannot be read")]
    Missing { field: &'static str },
    #[error("field `{field}`: `{value}` is no time")]
    BadTime { field: &'static str, value: String },
}

impl EventError {
    /// Reads `text` again, this time with the path of each field, to find the one at fault.
    pub(super) fn locate<'a, T: Deserialize<'a>>(text: &'a str) -> Self {
        let mut json = serde_json::Deserializer::from_str(text);
        let failed = match serde_path_to_error::deserialize::<_, T>(&mut json) {
            Err(error) => error,
            Ok(_) => {
                return EventError::NotJson {
                    why: json
                        .end()
                        .map_or_else(|e| e.to_string(), |()| "unreadable".to_owned()),
                };
            }
        };
        let field = failed.path().to_string();
        let error = failed.into_inner();
        let why = shortened(&error.to_string());
        if error.classify() != serde_json::error::Category::Data {
            return EventError::NotJson { why };
        }
        EventError::WrongType {
            field: match field.as_str() {
                "." => "(the event)".to_owned(),
                _ => field,
            },
            why,
        }
    }

    pub(super) fn bad_time(field: &'static str, value: &str) -> Self {
        EventError::BadTime {
            field,
            value: shortened(value),
        }
    }
}

/// Longest quotation of a payload in an error, in bytes: the payload is stored with the reason.
const MAX_QUOTED_BYTES: usize = 256;

/// The beginning and the end of a text: the parser's messages end with what was expected and where.
fn shortened(text: &str) -> String {
    if text.len() <= MAX_QUOTED_BYTES {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(MAX_QUOTED_BYTES / 2);
    let tail = text.ceil_char_boundary(text.len() - MAX_QUOTED_BYTES / 2);
    format!("{}…{}", &text[..head], &text[tail..])
}
