//! What can go wrong with the object store.

/// A failure of the object store or on the way to it. Never holds a secret key.
#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    #[error("no object store answers at {endpoint}: {reason}")]
    Unreachable {
        endpoint: String,
        /// What the attempt said.
        reason: String,
    },
    /// The access key is unknown or switched off, or the secret key is another one.
    #[error("the object store at {endpoint} does not accept the access key `{access_key}`: {code}")]
    Credentials {
        endpoint: String,
        access_key: String,
        /// The store's code for it.
        code: String,
    },
    /// The store answered with an error.
    #[error("the object store did not {what}: {code}: {message}")]
    Refused {
        /// What was asked, after "did not".
        what: String,
        /// The store's code, such as `AccessDenied`.
        code: String,
        message: String,
    },
    /// The answer cannot be read.
    #[error("the object store's answer to `{what}` cannot be read: {reason}")]
    Answer {
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl S3Error {
    pub(super) fn answer(what: &str, reason: impl ToString) -> Self {
        Self::Answer {
            what: what.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// Whether the store refused with this code.
    pub(super) fn is_code(&self, wanted: &[&str]) -> bool {
        matches!(self, Self::Refused { code, .. } if wanted.contains(&code.as_str()))
    }
}
