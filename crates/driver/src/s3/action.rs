//! What has to be done for a bucket or a user.

/// What has to be done, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum S3Action {
    /// It does not exist.
    Create,
    /// It exists and differs: in what, in words for people.
    Change(Vec<&'static str>),
    /// It is as wanted.
    Keep,
}

impl S3Action {
    /// Keeps if there are no differences.
    pub(super) fn of(differences: Vec<&'static str>) -> Self {
        if differences.is_empty() {
            Self::Keep
        } else {
            Self::Change(differences)
        }
    }
}
