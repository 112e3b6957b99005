//! Why a payload is no event. The text goes to `deadletter` as the reason, so it names the field.

use serde::Deserialize;

/// Why a payload could not be read as an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The payload is not UTF-8.
    #[error("not UTF-8: invalid byte at {at}")]
    NotUtf8 {
        /// Index of the first byte that is not.
        at: usize,
    },
    /// The payload is not JSON, or ends early, or nests too deep.
    #[error("not JSON: {why}")]
    NotJson {
        /// What the parser met, with line and column.
        why: String,
    },
    /// A field has the wrong type.
    #[error("field `{field}`: {why}")]
    WrongType {
        /// Path of the field, e.g. `revision.new`.
        field: String,
        /// What was met and what was expected.
        why: String,
    },
    /// A field without which the event means nothing is absent or null.
    #[error("field `{field}` is missing")]
    Missing {
        /// Path of the field.
        field: &'static str,
    },
    /// A time that is none.
    #[error("field `{field}`: `{value}` is no time")]
    BadTime {
        /// Path of the field.
        field: &'static str,
        /// What it holds.
        value: String,
    },
}

impl EventError {
    /// Reads `text` again, now keeping track of the path, and says where it goes wrong.
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
        // serde has no other sign for it; `meta` is the one field no form does without.
        if why.starts_with("missing field `meta`") {
            return EventError::Missing { field: "meta" };
        }
        EventError::WrongType {
            field: match field.as_str() {
                "." => "(the event)".to_owned(),
                _ => field,
            },
            why,
        }
    }

    /// A time that cannot be read.
    pub(super) fn bad_time(field: &'static str, value: &str) -> Self {
        EventError::BadTime {
            field,
            value: shortened(value),
        }
    }
}

/// Longest quotation of a payload in an error, in bytes: reasons are kept beside the payload.
const MAX_QUOTED_BYTES: usize = 256;

/// Its beginning and end, as the end says where and what was expected.
fn shortened(text: &str) -> String {
    if text.len() <= MAX_QUOTED_BYTES {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(MAX_QUOTED_BYTES / 2);
    let tail = text.ceil_char_boundary(text.len() - MAX_QUOTED_BYTES / 2);
    format!("{}…{}", &text[..head], &text[tail..])
}
