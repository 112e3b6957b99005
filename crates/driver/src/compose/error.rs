//! What can be wrong with a compose file. No message repeats the value of a variable: it may be a
//! password.

/// Why a compose file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The text is not YAML.
    #[error("the compose file is not valid YAML: {0}")]
    Yaml(String),
    /// A setting that the model does not know.
    #[error("{place} is not supported")]
    Unsupported {
        /// The setting, such as `services.kafka.privileged`.
        place: String,
    },
    /// A setting with a value that cannot be meant, or without one that is needed.
    #[error("{place}: {reason}")]
    Invalid {
        /// The setting, such as `services.kafka.ports[0]`; `.` is the whole file.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ComposeError {
    /// What serde said of a place. It puts the value between what is wrong and what it expected.
    pub(super) fn of_serde(place: String, message: &str) -> Self {
        if message.starts_with("unknown field") {
            return Self::Unsupported { place };
        }
        if let Some(field) = message.strip_prefix("missing field ") {
            let field = field.trim_matches('`');
            let place = match place.as_str() {
                "." => field.to_owned(),
                place => format!("{place}.{field}"),
            };
            let reason = "it is missing".to_owned();
            return Self::Invalid { place, reason };
        }
        let reason = match message.rsplit_once(", expected ") {
            Some((_, expected)) => format!("{expected} is expected"),
            None => message.to_owned(),
        };
        Self::Invalid { place, reason }
    }
}
