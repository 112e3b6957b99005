//! What can be wrong with a compose file or a `.env`. No message repeats the value of a variable:
//! it may be a password.

/// Why a compose file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The text is not YAML, or is YAML that no compose file can be.
    #[error("the compose file is not valid YAML: {0}")]
    Yaml(String),
    /// A setting that compose knows or does not know, and that WikiSentry cannot carry out.
    #[error("{place} is not supported{}", hint.map(|hint| format!(": {hint}")).unwrap_or_default())]
    Unsupported {
        /// The setting, such as `services.kafka.privileged`.
        place: String,
        /// What can be written instead.
        hint: Option<&'static str>,
    },
    /// A supported setting with a value that cannot be meant.
    #[error("{place}: {reason}")]
    Invalid {
        /// The setting, such as `services.kafka.ports[0]`.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `${NAME:?message}` and the variable has no value.
    #[error("{place}: the variable {name} must be set{}", suffix(message))]
    MissingVariable {
        /// Where it is used.
        place: String,
        /// The variable's name.
        name: String,
        /// The message the file gives; may be empty.
        message: String,
    },
}

fn suffix(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

/// Why a `.env` file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct DotenvError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: &'static str,
}
