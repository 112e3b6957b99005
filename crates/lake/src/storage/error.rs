//! What a storage refused, as the operating system would say it.

use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// A refusal: on what, and why.
#[derive(Debug)]
pub(crate) struct StorageError {
    /// What was tried, e.g. `create`.
    pub(crate) action: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) error: io::Error,
}

impl StorageError {
    pub(crate) fn is_not_found(&self) -> bool {
        self.error.kind() == ErrorKind::NotFound
    }
}

/// The system's own error where it is at the bottom of the library's, or else one that says as much.
pub(super) fn into_io(error: object_store::Error) -> io::Error {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(code) = inner
            .downcast_ref::<io::Error>()
            .and_then(io::Error::raw_os_error)
        {
            return io::Error::from_raw_os_error(code);
        }
        cause = inner.source();
    }
    let kind = match &error {
        object_store::Error::NotFound { .. } => ErrorKind::NotFound,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_the_system_is_found_and_an_absent_object_is_not_found_anywhere() {
        let full = io::Error::from_raw_os_error(28);
        let wrapped = object_store::Error::Generic {
            store: "test",
            source: Box::new(full),
        };
        assert_eq!(into_io(wrapped).kind(), ErrorKind::StorageFull);
        let absent = object_store::Error::NotFound {
            path: "a".to_owned(),
            source: "no such key".into(),
        };
        assert_eq!(into_io(absent).kind(), ErrorKind::NotFound);
    }
}
